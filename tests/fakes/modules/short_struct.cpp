// A table that ends before destroy().
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("short_struct");
    made.size = offsetof(pn_module, destroy);
    return made;
  }();
  return &module;
}
