// Text as it crosses the binary contract (abi.h): borrowed bytes.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "paynamed/abi.h"

namespace paynamed::host {

inline std::string_view view(pn_bytes bytes) {
  return bytes.data == nullptr ? std::string_view() : std::string_view(bytes.data, bytes.size);
}

inline pn_bytes borrow(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace paynamed::host
