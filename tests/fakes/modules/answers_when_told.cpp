// Never answers by itself, not even when cancelled: the method Release answers all that is open.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("answers_when_told");
    made.call = [](pn_instance* instance, const pn_call_info*, const char* method, pn_bytes, pn_done done,
                   void* ctx) {
      auto& self = fault::of(instance);
      self.kept.push_back({done, ctx});
      fault::tell(self);
      if (std::strcmp(method, "Release") != 0) return;
      for (const auto& kept : self.kept) fault::answer(kept.done, kept.ctx);
      self.kept.clear();
    };
    return made;
  }();
  return &module;
}
