// Needs a library that is not installed.
#include "fault.hpp"

extern "C" int paynamed_gone();

const pn_module* paynamed_module() {
  static const pn_module module = fault::module("missing_library");
  return paynamed_gone() == 0 ? &module : nullptr;
}
