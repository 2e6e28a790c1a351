// A contract of the future.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("unknown_contract");
    made.contract = "paynamed.plugin.v9.Oracle";
    return made;
  }();
  return &module;
}
