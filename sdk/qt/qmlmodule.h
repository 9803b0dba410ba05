// The QML module `Skein` for programs that link the SDK statically.
#pragma once

namespace Skein
{

/// Registers the QML module `Skein` (types AccountList, Client, Diagnostics, ReceiptsModel,
/// RoomListModel, TimelineModel). Call once before the first QQmlEngine loads anything; a static
/// library's registration would be dropped by the linker otherwise. Thread: GUI.
void registerQmlModule();

} // namespace Skein
