// Holds its strand until a byte can be read from the socket.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("blocks");
    made.call = [](pn_instance* instance, const pn_call_info*, const char*, pn_bytes, pn_done done,
                   void* ctx) {
      auto& self = fault::of(instance);
      fault::tell(self);
      char byte = 0;
      if (::read(self.fd, &byte, 1) != 1) std::perror("blocks");
      fault::answer(done, ctx);
    };
    return made;
  }();
  return &module;
}
