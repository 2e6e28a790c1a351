// Makes no instance and does not say why.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("fails_silently");
    made.create = [](const pn_host*, pn_bytes, pn_done, void*) -> pn_instance* { return nullptr; };
    return made;
  }();
  return &module;
}
