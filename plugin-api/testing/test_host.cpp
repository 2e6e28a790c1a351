#include "paynamed/testing/test_host.hpp"

#include <paynamed/plugin/v1/secret.pb.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>

namespace paynamed::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How long the strand may be held, and how long a test waits for a plugin's threads, both in real time.
constexpr milliseconds kStrandLimit{2'000};
constexpr milliseconds kIdleWait{50};
constexpr int kIdleWaits = 200;

pn_call_info to_abi(std::uint64_t id, const CallOptions& options) {
  return {sizeof(pn_call_info),
          static_cast<std::uint32_t>(options.timeout.count()),
          id,
          detail::borrow(options.idempotency_key),
          detail::borrow(options.correlation_id),
          detail::borrow(options.traceparent),
          options.background ? PN_BACKGROUND : PN_INTERACTIVE,
          0};
}

}  // namespace

struct PendingCall::State {
  std::shared_ptr<TestHost::Core> core;
  Instance* instance = nullptr;
  std::uint64_t id = 0;
  std::string method;
  std::optional<Result<std::string>> result;
};

class Instance {
 public:
  Instance(TestHost::Core& given, const pn_module& with) : core(given), module(with) {}

  TestHost::Core& core;
  const pn_module module;
  pn_host host{};
  pn_instance* plugin = nullptr;
  bool stopped = false;
};

// Everything behind the mutex except `instances`, which only the strand's thread changes.
class TestHost::Core : public std::enable_shared_from_this<TestHost::Core> {
 public:
  struct Timer {
    Instance* instance;
    std::function<void(bool due)> run;
    bool waited_for;  // a waiting call() may move the clock for it
  };

  void post(std::string what, std::function<void()> job) {
    const std::lock_guard lock(mutex);
    ready.push_back({std::move(what), std::move(job)});
    changed.notify_all();
  }

  void violation(std::string line) {
    const std::lock_guard lock(mutex);
    violations.push_back(std::move(line));
  }

  // Runs a piece of work as the strand does, and minds how long it takes.
  void on_strand(const std::string& what, const std::function<void()>& work) {
    const auto before = std::chrono::steady_clock::now();
    work();
    const auto held = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - before);
    if (held > kStrandLimit) {
      violation(what + " held the strand for " + std::to_string(held.count()) +
                " ms; it must not wait: use Blocking<> or answer later.");
    }
  }

  bool run_ready() {
    bool any = false;
    while (true) {
      std::unique_lock lock(mutex);
      if (ready.empty()) return any;
      auto [what, job] = std::move(ready.front());
      ready.pop_front();
      lock.unlock();
      on_strand(what, job);
      any = true;
    }
  }

  // Moves the clock to `target` and runs each timer at its own time.
  void advance_to(nanoseconds target) {
    run_ready();
    while (true) {
      std::unique_lock lock(mutex);
      if (timers.empty() || timers.begin()->first > target) {
        now = std::max(now, target);
        return;
      }
      now = std::max(now, timers.begin()->first);
      auto timer = std::move(timers.begin()->second);
      timers.erase(timers.begin());
      lock.unlock();
      on_strand("A timer", [&] { timer.run(true); });
      run_ready();
    }
  }

  // Runs the strand until `finished`; false when nothing happened for too long.
  bool run_until(const std::function<bool()>& finished) {
    for (int idle = 0; idle < kIdleWaits;) {
      if (run_ready()) idle = 0;
      std::unique_lock lock(mutex);
      if (finished()) return true;
      if (changed.wait_for(lock, kIdleWait, [&] { return !ready.empty() || finished(); })) continue;
      ++idle;
      for (const auto& [due, timer] : timers) {
        if (!timer.waited_for) continue;
        const auto target = due;
        lock.unlock();
        advance_to(target);
        idle = 0;
        break;
      }
    }
    return false;
  }

  void answer(PendingCall::State& call, const pn_status* status, pn_bytes reply) {
    const std::lock_guard lock(mutex);
    if (call.instance->stopped) {
      violations.push_back(call.method + " was answered after stop was done.");
    } else if (call.result) {
      violations.push_back(call.method + " was answered twice.");
    } else if (status->code == PN_OK) {
      call.result.emplace(std::string(detail::view(reply)));
    } else {
      call.result.emplace(detail::from_abi(*status));
    }
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<std::string, std::function<void()>>> ready;
  std::multimap<nanoseconds, Timer> timers;
  nanoseconds now{1'000'000'000};
  nanoseconds wall_offset = std::chrono::seconds(1'767'225'600);  // 2026-01-01T00:00:00Z
  std::uint64_t next_call_id = 1;
  std::vector<std::shared_ptr<PendingCall::State>> calls;
  std::vector<std::unique_ptr<Instance>> instances;
  std::map<std::string, std::string> secrets;
  std::map<std::pair<std::string, std::string>, Service> services;
  std::vector<LogLine> logs;
  std::vector<MetricSample> metrics;
  std::vector<Observation> observations;
  std::vector<std::string> violations;
};

namespace {

TestHost::Service read_secret(const std::map<std::string, std::string>& secrets, std::mutex& mutex) {
  return [&secrets, &mutex](std::string_view bytes, const Call::Info&) -> Result<std::string> {
    plugin::v1::ReadSecretRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Error(Code::kInvalidArgument, "The request could not be decoded.");
    }
    const std::lock_guard lock(mutex);
    const auto found = secrets.find(request.handle());
    if (found == secrets.end()) {
      return Error(Code::kNotFound, "There is no secret \"" + request.handle() + "\"; call set_secret.");
    }
    plugin::v1::ReadSecretReply reply;
    reply.set_value(found->second);
    return reply.SerializeAsString();
  };
}

}  // namespace

TestHost::TestHost() : core_(std::make_shared<Core>()) {
  set_service("pn.secret/1", "Read", read_secret(core_->secrets, core_->mutex));
}

TestHost::~TestHost() {
  for (const auto& instance : core_->instances) stop(instance.get());
  const auto violations = take_violations();
  for (const auto& line : violations) std::fprintf(stderr, "TestHost: %s\n", line.c_str());
  // Break the circle of calls that hold the core.
  core_->calls.clear();
  if (!violations.empty()) std::abort();
}

namespace {

pn_host make_host_table(Instance* instance);

}  // namespace

Result<Instance*> TestHost::create(const pn_module& module, std::string_view config_json) {
  auto made = std::make_unique<Instance>(*core_, module);
  auto* instance = made.get();
  instance->host = make_host_table(instance);
  core_->instances.push_back(std::move(made));
  std::optional<Error> error;
  core_->on_strand("create", [&] {
    instance->plugin = module.create(
        &instance->host, detail::borrow(config_json),
        [](void* ctx, const pn_status* status, pn_bytes) {
          static_cast<std::optional<Error>*>(ctx)->emplace(detail::from_abi(*status));
        },
        &error);
  });
  if (instance->plugin != nullptr) return instance;
  instance->stopped = true;
  if (!error) return Error(Code::kInternal, "create gave NULL without saying why.");
  return *error;
}

PendingCall TestHost::start(Instance* instance, std::string_view method,
                            const google::protobuf::MessageLite& request, const CallOptions& options) {
  const auto state = std::make_shared<PendingCall::State>();
  state->core = core_;
  state->instance = instance;
  state->method = method;
  {
    const std::lock_guard lock(core_->mutex);
    state->id = core_->next_call_id++;
    core_->calls.push_back(state);
    if (options.timeout.count() > 0) {
      core_->timers.emplace(core_->now + options.timeout,
                            Core::Timer{instance,
                                        [instance, weak = std::weak_ptr(state)](bool due) {
                                          const auto call = weak.lock();
                                          if (due && call && !call->result) {
                                            instance->module.cancel(instance->plugin, call->id);
                                          }
                                        },
                                        false});
    }
  }
  const auto bytes = request.SerializeAsString();
  core_->post(state->method, [state, bytes, options] {
    const auto info = to_abi(state->id, options);
    state->instance->module.call(
        state->instance->plugin, &info, state->method.c_str(), detail::borrow(bytes),
        [](void* ctx, const pn_status* status, pn_bytes reply) {
          auto& call = *static_cast<PendingCall::State*>(ctx);
          call.core->answer(call, status, reply);
        },
        state.get());
  });
  return PendingCall(state);
}

namespace {

// A request that is bytes already, for call_bytes.
class RawMessage final : public google::protobuf::MessageLite {
 public:
  explicit RawMessage(std::string_view bytes) : bytes_(bytes) {}
  std::string GetTypeName() const override { return "bytes"; }
  MessageLite* New(google::protobuf::Arena*) const override { return nullptr; }
  void Clear() override {}
  bool IsInitialized() const override { return true; }
  void CheckTypeAndMergeFrom(const MessageLite&) override {}
  std::size_t ByteSizeLong() const override { return bytes_.size(); }
  int GetCachedSize() const override { return static_cast<int>(bytes_.size()); }
  std::uint8_t* _InternalSerialize(std::uint8_t* target,
                                   google::protobuf::io::EpsCopyOutputStream* stream) const override {
    return stream->WriteRaw(bytes_.data(), static_cast<int>(bytes_.size()), target);
  }

 private:
  std::string bytes_;
};

}  // namespace

Result<std::string> TestHost::call_bytes(Instance* instance, std::string_view method,
                                         std::string_view request, const CallOptions& options) {
  return wait_bytes(start_bytes(instance, method, request, options));
}

PendingCall TestHost::start_bytes(Instance* instance, std::string_view method, std::string_view request,
                                  const CallOptions& options) {
  return start(instance, method, RawMessage(request), options);
}

Result<std::string> TestHost::wait_bytes(const PendingCall& call) {
  if (core_->run_until([&] { return call.state_->result.has_value(); })) return *call.state_->result;
  core_->violation(call.state_->method + " was not answered in 10 s.");
  return Error(Code::kDeadlineExceeded, "The plugin did not answer.");
}

void TestHost::cancel(Instance* instance, const PendingCall& call) {
  core_->on_strand("cancel", [&] { instance->module.cancel(instance->plugin, call.id()); });
}

void TestHost::stop(Instance* instance) {
  if (instance->stopped) return;
  core_->run_ready();
  struct Stopping {
    Core* core;
    bool done = false;
  } stopping{core_.get()};
  core_->on_strand("stop", [&] {
    instance->module.stop(
        instance->plugin,
        [](void* ctx, const pn_status*, pn_bytes) {
          auto* at = static_cast<Stopping*>(ctx);
          const std::lock_guard lock(at->core->mutex);
          at->done = true;
          at->core->changed.notify_all();
        },
        &stopping);
  });
  if (!core_->run_until([&] { return stopping.done; })) {
    // Its threads still use the instance; the process cannot go on.
    std::fprintf(stderr, "TestHost: stop was not done in 10 s.\n");
    std::abort();
  }
  core_->run_ready();
  std::vector<std::function<void(bool)>> dropped;
  {
    const std::lock_guard lock(core_->mutex);
    for (auto at = core_->timers.begin(); at != core_->timers.end();) {
      if (at->second.instance == instance) {
        dropped.push_back(std::move(at->second.run));
        at = core_->timers.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const auto& run : dropped) run(false);
  for (const auto& call : core_->calls) {
    if (call->instance == instance && !call->result) core_->violation(call->method + " was never answered.");
  }
  {
    const std::lock_guard lock(core_->mutex);
    instance->stopped = true;
  }
  core_->on_strand("destroy", [&] { instance->module.destroy(instance->plugin); });
}

void TestHost::run() {
  core_->run_ready();
}

void TestHost::advance(milliseconds by) {
  core_->run_ready();
  core_->advance_to(core_->now + by);
}

std::chrono::sys_time<milliseconds> TestHost::wall() const {
  const std::lock_guard lock(core_->mutex);
  return std::chrono::sys_time<milliseconds>(
      std::chrono::duration_cast<milliseconds>(core_->now + core_->wall_offset));
}

void TestHost::set_wall(std::chrono::sys_time<milliseconds> wall) {
  const std::lock_guard lock(core_->mutex);
  core_->wall_offset = wall.time_since_epoch() - core_->now;
}

void TestHost::set_secret(std::string handle, std::string value) {
  const std::lock_guard lock(core_->mutex);
  core_->secrets.insert_or_assign(std::move(handle), std::move(value));
}

void TestHost::set_service(std::string service, std::string method, Service script) {
  const std::lock_guard lock(core_->mutex);
  core_->services.insert_or_assign({std::move(service), std::move(method)}, std::move(script));
}

std::vector<LogLine> TestHost::logs() const {
  const std::lock_guard lock(core_->mutex);
  return core_->logs;
}

std::vector<MetricSample> TestHost::metrics() const {
  const std::lock_guard lock(core_->mutex);
  return core_->metrics;
}

std::vector<Observation> TestHost::observations() const {
  const std::lock_guard lock(core_->mutex);
  return core_->observations;
}

double TestHost::metric(std::string_view name) const {
  double value = 0;
  for (const auto& sample : metrics()) {
    if (sample.name == name) value = sample.kind == PN_COUNTER ? value + sample.value : sample.value;
  }
  return value;
}

bool TestHost::logged(std::string_view part) const {
  for (const auto& line : logs()) {
    if (line.message.find(part) != std::string::npos) return true;
  }
  return false;
}

std::vector<std::string> TestHost::take_violations() {
  const std::lock_guard lock(core_->mutex);
  return std::exchange(core_->violations, {});
}

std::uint64_t PendingCall::id() const {
  return state_->id;
}

bool PendingCall::done() const {
  const std::lock_guard lock(state_->core->mutex);
  return state_->result.has_value();
}

const Result<std::string>& PendingCall::bytes() const {
  return *state_->result;
}

namespace {

// The functions of pn_host; ctx is the Instance.
Instance& of(void* ctx) {
  return *static_cast<Instance*>(ctx);
}

void host_log(void* ctx, std::int32_t level, std::uint64_t call_id, pn_bytes message) {
  auto& core = of(ctx).core;
  const std::lock_guard lock(core.mutex);
  core.logs.push_back({static_cast<Level>(level), call_id, std::string(detail::view(message))});
}

void host_metric(void* ctx, std::int32_t kind, pn_bytes name, const pn_label* labels, std::size_t label_count,
                 double value) {
  MetricSample sample{kind, std::string(detail::view(name)), {}, value};
  for (std::size_t i = 0; i < label_count; ++i) {
    sample.labels.emplace(detail::view(labels[i].name), detail::view(labels[i].value));
  }
  auto& core = of(ctx).core;
  const std::lock_guard lock(core.mutex);
  core.metrics.push_back(std::move(sample));
}

void host_now(void* ctx, pn_time* out) {
  auto& core = of(ctx).core;
  const std::lock_guard lock(core.mutex);
  out->wall_ms = std::chrono::duration_cast<milliseconds>(core.now + core.wall_offset).count();
  out->monotonic_ns = core.now.count();
}

void host_after(void* ctx, std::uint32_t delay_ms, void (*run)(void*, std::int32_t), void* arg) {
  auto& core = of(ctx).core;
  if (delay_ms == 0) return core.post("A posted function", [run, arg] { run(arg, 1); });
  const std::lock_guard lock(core.mutex);
  core.timers.emplace(core.now + milliseconds(delay_ms),
                      TestHost::Core::Timer{&of(ctx), [run, arg](bool due) { run(arg, due ? 1 : 0); }, true});
  core.changed.notify_all();
}

void host_observe(void* ctx, pn_bytes type, pn_bytes json) {
  auto& core = of(ctx).core;
  const std::lock_guard lock(core.mutex);
  core.observations.push_back({std::string(detail::view(type)), std::string(detail::view(json))});
}

void host_call(void* ctx, const pn_call_info* info, const char* service, const char* method, pn_bytes request,
               pn_done done, void* done_ctx) {
  Call::Info known;
  known.id = info->call_id;
  known.method = method;
  known.idempotency_key = detail::view(info->idempotency_key);
  known.correlation_id = detail::view(info->correlation_id);
  known.traceparent = detail::view(info->traceparent);
  known.background = info->priority == PN_BACKGROUND;
  auto& core = of(ctx).core;
  if (info->timeout_ms != 0) {
    const std::lock_guard lock(core.mutex);
    known.deadline = core.now + milliseconds(info->timeout_ms);
  }
  core.post(std::string(service) + " " + method,
            [&core, key = std::pair(std::string(service), std::string(method)),
             bytes = std::string(detail::view(request)), known, done, done_ctx] {
              TestHost::Service script;
              {
                const std::lock_guard lock(core.mutex);
                if (const auto found = core.services.find(key); found != core.services.end())
                  script = found->second;
              }
              const auto result =
                  script ? script(bytes, known)
                         : Result<std::string>(Error(Code::kUnimplemented, "The test host has no service " +
                                                                               key.first + " " + key.second +
                                                                               "; call set_service."));
              if (result.ok()) {
                const auto status = detail::ok_status();
                done(done_ctx, &status, detail::borrow(result.value()));
              } else {
                const auto status = detail::to_abi(result.error());
                done(done_ctx, &status, {nullptr, 0});
              }
            });
}

pn_host make_host_table(Instance* instance) {
  return {sizeof(pn_host), PN_ABI_MAJOR, PN_ABI_MINOR, instance,      &host_log,
          &host_metric,    &host_now,    &host_after,  &host_observe, &host_call};
}

}  // namespace
}  // namespace paynamed::testing
