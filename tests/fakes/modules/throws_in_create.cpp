// Lets an exception out of create.
#include "fault.hpp"

#include <stdexcept>

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("throws_in_create");
    made.create = [](const pn_host*, pn_bytes, pn_done, void*) -> pn_instance* {
      throw std::runtime_error("boom");
    };
    return made;
  }();
  return &module;
}
