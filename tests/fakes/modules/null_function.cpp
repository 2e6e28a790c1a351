// No call().
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("null_function");
    made.call = nullptr;
    return made;
  }();
  return &module;
}
