// Lets an exception out of call.
#include "fault.hpp"

#include <stdexcept>

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("throws_in_call");
    made.call = [](pn_instance*, const pn_call_info*, const char*, pn_bytes, pn_done, void*) {
      throw std::runtime_error("boom");
    };
    return made;
  }();
  return &module;
}
