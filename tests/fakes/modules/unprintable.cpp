// Fails with a code that does not exist, and text that nobody should print.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("unprintable");
    made.call = [](pn_instance*, const pn_call_info*, const char*, pn_bytes, pn_done done, void* ctx) {
      const auto text = "line\n\x1b[31m\xFF" + std::string(100'000, 'x');
      const pn_status status{sizeof(pn_status),         99, 5, 0, {text.data(), text.size()},
                             {text.data(), text.size()}};
      done(ctx, &status, {nullptr, 0});
    };
    return made;
  }();
  return &module;
}
