// Registers the QML module Skein.Native: a static library's own registration would be dropped by
// the linker. Call once before the first QQmlEngine loads anything.
#pragma once

class QQmlEngine;

namespace Skein
{

void registerNativeModule();

/// What every engine of ours gets: our modules' import path, the icons, and a network that refuses.
void prepareEngine(QQmlEngine& engine);

/// Requests that QML made and that were refused, over all engines of this process.
[[nodiscard]] int refusedRequests();

} // namespace Skein
