// The C functions that plugins call. Their context is a number, not a pointer: a plugin that calls in late,
// or twice, finds its instance gone or its call answered, never freed memory.
#include <algorithm>

#include "host/instance_core.hpp"
#include "host/registry.hpp"

namespace paynamed::host {
namespace {

// 20 bits of instance, 44 bits of call: a million instances, and a call every microsecond for half a year.
constexpr unsigned kCallBits = 44;
static_assert(sizeof(void*) == 8, "tokens need 64 bits");
constexpr std::size_t kMostLabels = 64;

std::string_view view(pn_bytes bytes) {
  return bytes.data == nullptr ? std::string_view() : std::string_view(bytes.data, bytes.size);
}

std::uint64_t number_in(void* token) {
  return reinterpret_cast<std::uintptr_t>(token);
}

std::shared_ptr<InstanceCore> instance_of(void* token) {
  return Registry::get().find(static_cast<std::uint32_t>(number_in(token) >> kCallBits));
}

void log(void* ctx, std::int32_t level, std::uint64_t call_id, pn_bytes message) noexcept {
  if (const auto core = instance_of(ctx)) core->from_plugin_log(level, call_id, view(message));
}

void metric(void* ctx, std::int32_t kind, pn_bytes name, const pn_label* labels, std::size_t label_count,
            double value) noexcept {
  const auto core = instance_of(ctx);
  if (!core) return;
  observe::Labels copied;
  for (std::size_t i = 0; labels != nullptr && i < std::min(label_count, kMostLabels); ++i) {
    copied.emplace(view(labels[i].name), view(labels[i].value));
  }
  core->from_plugin_metric(kind, view(name), std::move(copied), value);
}

void now(void* ctx, pn_time* out) noexcept {
  if (const auto core = instance_of(ctx)) core->from_plugin_now(*out);
}

void after(void* ctx, std::uint32_t delay_ms, void (*run)(void*, std::int32_t), void* arg) noexcept {
  if (const auto core = instance_of(ctx)) return core->from_plugin_after(delay_ms, run, arg);
  run(arg, 0);
}

void observe_(void* ctx, pn_bytes type, pn_bytes json) noexcept {
  if (const auto core = instance_of(ctx)) core->from_plugin_observe(view(type), view(json));
}

void call(void* ctx, const pn_call_info* info, const char* service, const char* method, pn_bytes request,
          pn_done done, void* done_ctx) noexcept {
  const auto core = instance_of(ctx);
  if (!core) {
    constexpr std::string_view kGone = "The instance has stopped.";
    const pn_status status{sizeof(pn_status), PN_UNAVAILABLE, 0, 0, {kGone.data(), kGone.size()},
                           {nullptr, 0}};
    return done(done_ctx, &status, {nullptr, 0});
  }
  ServiceCall known;
  known.instance = core->id();
  known.module = core->module().name();
  known.method = method == nullptr ? "" : method;
  known.request = view(request);
  if (PN_HAS(pn_call_info, info, timeout_ms)) known.timeout = base::Duration(info->timeout_ms);
  if (PN_HAS(pn_call_info, info, idempotency_key)) known.idempotency_key = view(info->idempotency_key);
  if (PN_HAS(pn_call_info, info, correlation_id)) known.correlation_id = view(info->correlation_id);
  if (PN_HAS(pn_call_info, info, traceparent)) known.traceparent = view(info->traceparent);
  known.background = PN_HAS(pn_call_info, info, priority) && info->priority == PN_BACKGROUND;
  core->from_plugin_call(service == nullptr ? "" : service, std::move(known), done, done_ctx);
}

}  // namespace

pn_host host_table(std::uint32_t instance_number) {
  return {sizeof(pn_host), PN_ABI_MAJOR, PN_ABI_MINOR, call_token(instance_number, 0), &log, &metric, &now,
          &after,          &observe_,    &call};
}

void* call_token(std::uint32_t instance_number, std::uint64_t call_id) {
  const auto number = (static_cast<std::uint64_t>(instance_number) << kCallBits) | call_id;
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

void done_by_token(void* token, const pn_status* status, pn_bytes reply) {
  const auto core = instance_of(token);
  if (core) core->from_plugin_done(number_in(token) & ((1ULL << kCallBits) - 1), status, reply);
}

}  // namespace paynamed::host
