// Answers with bytes that are no protobuf.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("malformed_bytes");
    made.call = [](pn_instance*, const pn_call_info*, const char*, pn_bytes, pn_done done, void* ctx) {
      fault::answer(done, ctx, "\xFF\xFF\xFF\xFF");
    };
    return made;
  }();
  return &module;
}
