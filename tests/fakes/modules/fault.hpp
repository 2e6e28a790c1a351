// A module that works, in plain C terms, for fakes to break in one place.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "paynamed/abi.h"

namespace fault {

struct Call {
  pn_done done;
  void* ctx;
};

// The instance: its table may say {"fd": 7}, a socket on which each call writes a byte.
struct Instance {
  int fd = -1;
  std::vector<Call> kept;
};

inline const pn_status kOk{sizeof(pn_status), PN_OK, 0, 0, {nullptr, 0}, {nullptr, 0}};
constexpr const char* kSchema = R"({"properties": {"fd": {"type": "integer"}}})";

inline Instance& of(pn_instance* instance) {
  return *reinterpret_cast<Instance*>(instance);
}

inline pn_instance* create(const pn_host*, pn_bytes config, pn_done, void*) {
  auto* instance = new Instance;  // released by destroy
  const std::string text(config.data, config.size);
  if (const auto at = text.find("\"fd\":"); at != std::string::npos)
    instance->fd = std::stoi(text.substr(at + 5));
  return reinterpret_cast<pn_instance*>(instance);
}

inline void tell(Instance& instance) {
  if (instance.fd >= 0 && ::write(instance.fd, "c", 1) != 1) std::perror("fault::tell");
}

inline void answer(pn_done done, void* ctx, const char* bytes = "") {
  done(ctx, &kOk, {bytes, std::strlen(bytes)});
}

inline void call(pn_instance* instance, const pn_call_info*, const char*, pn_bytes, pn_done done, void* ctx) {
  tell(of(instance));
  answer(done, ctx);
}
inline void cancel(pn_instance*, std::uint64_t) {}
inline void stop(pn_instance*, pn_done done, void* ctx) {
  answer(done, ctx);
}
inline void destroy(pn_instance* instance) {
  delete &of(instance);
}

inline pn_module module(const char* name) {
  return {sizeof(pn_module), PN_ABI_MAJOR, PN_ABI_MINOR, name,    "1.0.0", "paynamed.plugin.v1.DnsProvider",
          kSchema,           &create,      &call,        &cancel, &stop,   &destroy};
}

}  // namespace fault
