// must(): the value of a Result, or an exception with its message; a benchmark that cannot measure ends.
//
// Threads: any thread.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/result.hpp"

namespace paynamed::bench {

template <class Value>
Value must(base::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

}  // namespace paynamed::bench
