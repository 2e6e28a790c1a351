// Needs a function that no library has; linked without -z defs.
#include "fault.hpp"

extern "C" int paynamed_function_that_is_nowhere();

const pn_module* paynamed_module() {
  static const pn_module module = fault::module("undefined_symbol");
  return paynamed_function_that_is_nowhere() == 0 ? &module : nullptr;
}
