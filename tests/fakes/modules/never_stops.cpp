// Its stop is never done.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("never_stops");
    made.stop = [](pn_instance*, pn_done, void*) {};
    return made;
  }();
  return &module;
}
