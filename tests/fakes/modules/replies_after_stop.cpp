// Answers its calls when it is destroyed, after stop was done.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("replies_after_stop");
    made.call = [](pn_instance* instance, const pn_call_info*, const char*, pn_bytes, pn_done done,
                   void* ctx) {
      fault::of(instance).kept.push_back({done, ctx});
      fault::tell(fault::of(instance));
    };
    made.destroy = [](pn_instance* instance) {
      for (const auto& kept : fault::of(instance).kept) fault::answer(kept.done, kept.ctx);
      fault::destroy(instance);
    };
    return made;
  }();
  return &module;
}
