// Built for another major version of the ABI.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("wrong_major");
    made.abi_major = PN_ABI_MAJOR + 1;
    return made;
  }();
  return &module;
}
