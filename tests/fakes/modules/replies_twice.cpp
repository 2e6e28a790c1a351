// Answers each call twice.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("replies_twice");
    made.call = [](pn_instance*, const pn_call_info*, const char*, pn_bytes, pn_done done, void* ctx) {
      fault::answer(done, ctx);
      fault::answer(done, ctx);
    };
    return made;
  }();
  return &module;
}
