// Result<T>: a value or an Error. No exceptions pass through Skein's own code; they are caught
// where a third-party call can throw and turned into one of these.
#pragma once

#include "core/error.h"

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace skein
{

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::NotFound, "room");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string detail = {})
{
    return tl::unexpected<Error>(makeError(code, std::move(detail)));
}

/// Passes an error on unchanged: `if (!r) return fail(r.error());`
[[nodiscard]] inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

} // namespace skein
