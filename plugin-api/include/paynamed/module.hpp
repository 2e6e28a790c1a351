// PAYNAMED_MODULE: makes a shared object out of a plugin class. The frame around the class lives here: it
// turns the C of abi.h into C++, lets no exception out, and keeps the calls that are open.
//
// Threads: the frame's functions run on the strand, replies come from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "paynamed/config.hpp"
#include "paynamed/plugin.hpp"

// PAYNAMED_MODULE(Acme, "acme", "1.0.0", kConfigSchema): once in a module, outside any namespace. Acme has a
// constructor Acme(paynamed::Host, const paynamed::Config&), which does no I/O and may throw paynamed::Error.
#define PAYNAMED_MODULE(Class, name, version, config_schema)                                              \
  extern "C" const pn_module* paynamed_module(void) {                                                     \
    static const pn_module module = ::paynamed::detail::module_of<Class>(name, version, (config_schema)); \
    return &module;                                                                                       \
  }

namespace paynamed::detail {

// The calls that wait for an answer, so that cancel() finds them.
class OpenCalls {
 public:
  void add(const Call& call) {
    const std::lock_guard lock(mutex_);
    calls_.emplace(call.id(), call);
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    calls_.erase(id);
  }
  void cancel(std::uint64_t id) {
    std::vector<Call> found;
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = calls_.find(id); at != calls_.end()) found.push_back(at->second);
    }
    for (const auto& call : found) call.cancel();
  }
  void cancel_all() {
    std::vector<Call> found;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, call] : calls_) found.push_back(call);
    }
    for (const auto& call : found) call.cancel();
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Call> calls_;
};

template <class Class>
class Frame {
 public:
  static pn_instance* create(const pn_host* abi, pn_bytes config, pn_done failed, void* failed_ctx) noexcept {
    try {
      if (!PN_HAS(pn_host, abi, call) || abi->abi_major != PN_ABI_MAJOR) {
        throw Error(Code::kFailedPrecondition,
                    "The daemon is of another ABI than this plugin; install matching versions.");
      }
      const OnStrand on_strand(abi);
      Host host(abi);
      // Owned by the daemon from here on, until destroy().
      return to_instance(std::make_unique<Frame>(host, Config(host, view(config))).release());
    } catch (...) {
      const auto error = current_error();
      const auto status = to_abi(error);
      failed(failed_ctx, &status, {nullptr, 0});
      return nullptr;
    }
  }

  static void call(pn_instance* instance, const pn_call_info* info, const char* method, pn_bytes request,
                   pn_done done, void* done_ctx) noexcept {
    auto& frame = of(instance);
    const OnStrand on_strand(&frame.host_.abi());
    Call::Info known;
    known.id = info->call_id;
    known.method = method;
    if (PN_HAS(pn_call_info, info, idempotency_key)) known.idempotency_key = view(info->idempotency_key);
    if (PN_HAS(pn_call_info, info, correlation_id)) known.correlation_id = view(info->correlation_id);
    if (PN_HAS(pn_call_info, info, traceparent)) known.traceparent = view(info->traceparent);
    known.background = PN_HAS(pn_call_info, info, priority) && info->priority == PN_BACKGROUND;
    if (info->timeout_ms != 0) {
      known.deadline = frame.host_.monotonic() + std::chrono::milliseconds(info->timeout_ms);
    }
    const Call call(std::move(known));
    frame.open_->add(call);
    const auto open = frame.open_;
    const auto reply =
        std::make_shared<OpenCall>(done, done_ctx, call, [open](std::uint64_t id) { open->remove(id); });
    try {
      frame.plugin_.dispatch(method, view(request), reply);
    } catch (...) {
      reply->fail(current_error());
    }
  }

  static void cancel(pn_instance* instance, std::uint64_t call_id) noexcept {
    const OnStrand on_strand(&of(instance).host_.abi());
    of(instance).open_->cancel(call_id);
  }

  static void stop(pn_instance* instance, pn_done done, void* done_ctx) noexcept {
    auto& frame = of(instance);
    const OnStrand on_strand(&frame.host_.abi());
    // Answered once, also if the plugin's stop throws, or calls its `done` twice, or drops it.
    const auto answer =
        std::make_shared<OpenCall>(done, done_ctx, Call({.id = 0, .method = "stop"}), [](std::uint64_t) {});
    try {
      frame.open_->cancel_all();
      frame.plugin_.stop([answer] { answer->ok({}); });
    } catch (...) {
      answer->fail(current_error());
    }
  }

  static void destroy(pn_instance* instance) noexcept {
    const OnStrand on_strand(&of(instance).host_.abi());
    const std::unique_ptr<Frame> taken_back(&of(instance));
  }

  Frame(Host host, const Config& config) : host_(host), plugin_(std::move(host), config) {}

 private:
  static pn_instance* to_instance(Frame* frame) { return reinterpret_cast<pn_instance*>(frame); }
  static Frame& of(pn_instance* instance) { return *reinterpret_cast<Frame*>(instance); }

  Host host_;
  std::shared_ptr<OpenCalls> open_ = std::make_shared<OpenCalls>();
  Class plugin_;
};

template <class Class>
pn_module module_of(const char* name, const char* version, const char* config_schema) {
  using F = Frame<Class>;
  return {sizeof(pn_module), PN_ABI_MAJOR, PN_ABI_MINOR, name,       version,  Class::kContract,
          config_schema,     &F::create,   &F::call,     &F::cancel, &F::stop, &F::destroy};
}

}  // namespace paynamed::detail
