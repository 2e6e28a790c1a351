// Result<T>: a value or the Status that says why there is none.
//
// Threads: a value type; distinct objects are independent.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/status.hpp"

namespace paynamed::base {

template <class T>
using Result = tl::expected<T, Status>;

// return fail(not_found("there is no run 17"));
inline tl::unexpected<Status> fail(Status status) { return tl::unexpected<Status>(std::move(status)); }

}  // namespace paynamed::base
