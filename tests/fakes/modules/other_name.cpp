// Calls itself otherwise than its file.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = fault::module("acme");
  return &module;
}
