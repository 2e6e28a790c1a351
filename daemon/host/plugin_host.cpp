#include "host/plugin_host.hpp"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/broadcast.hpp"
#include "host/instance_core.hpp"
#include "host/module.hpp"
#include "host/registry.hpp"
#include "host/text.hpp"
#include "host/thread_pool.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kDestructorPatience{10};
constexpr base::Duration kLook{1'000};

// The module of a table and the mistakes in it.
struct Checked {
  const Module* module = nullptr;
  std::optional<InstanceProblem> problem;
};

Checked check_instance(const std::vector<std::filesystem::path>& module_directories,
                       const InstanceConfig& config) {
  const auto failed = [&](base::Status status, std::vector<SchemaProblem> problems = {}) {
    return Checked{nullptr, InstanceProblem{config.id, std::move(status), std::move(problems)}};
  };
  const auto file = find_module(config.module, module_directories);
  if (!file) return failed(file.error());
  const auto module = load_module(*file);
  if (!module) return failed(module.error());
  auto problems = (*module)->schema().check(config.table);
  if (!problems.empty()) {
    const auto count = problems.size();
    return failed(base::invalid_argument("The table of the plugin instance " + config.id + " has " +
                                         (count == 1 ? "a mistake." : std::to_string(count) + " mistakes.")),
                  std::move(problems));
  }
  return Checked{*module, std::nullopt};
}

std::vector<InstanceProblem> check_ids(const std::vector<InstanceConfig>& configs) {
  std::vector<InstanceProblem> problems;
  std::set<std::string> seen;
  for (const auto& config : configs) {
    if (!seen.insert(config.id).second) {
      problems.push_back(
          {config.id, base::invalid_argument("There are two plugin instances " + config.id + "."), {}});
    }
  }
  return problems;
}

// Waits for a number of things that end on other threads, at most for a time.
class Countdown : public std::enable_shared_from_this<Countdown> {
 public:
  explicit Countdown(std::size_t count) : left_(count) {}

  void down() {
    std::function<void()> then;
    {
      const std::lock_guard lock(mutex_);
      if (--left_ > 0) return;
      then = take();
    }
    changed_.notify_all();
    if (then) then();
  }

  // Calls `then` once, when all is done or the time has passed.
  void when_done(base::Clock& clock, base::Duration most, const asio::any_io_executor& supervisor,
                 std::function<void()> then) {
    {
      const std::lock_guard lock(mutex_);
      if (left_ > 0) {
        then_ = std::move(then);
        timer_ = clock.at(clock.monotonic() + most, supervisor, [weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->time_passed();
        });
        return;
      }
    }
    then();
  }

  // Blocks for at most a real time.
  void wait(std::chrono::seconds most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [this] { return left_ == 0; });
  }

 private:
  void time_passed() {
    std::function<void()> then;
    {
      const std::lock_guard lock(mutex_);
      then = take();
    }
    if (then) then();
  }
  std::function<void()> take() { return std::exchange(then_, nullptr); }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t left_;
  std::function<void()> then_;
  std::unique_ptr<base::Clock::Timer> timer_;
};

asio::awaitable<void> wait_for(std::shared_ptr<Countdown> countdown, base::Clock& clock, base::Duration most,
                               asio::any_io_executor supervisor) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [&](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        const auto kept = countdown;  // the coroutine may end on another thread before this returns
        kept->when_done(clock, most, supervisor, [shared = std::move(shared), executor]() mutable {
          asio::post(executor, [taken = std::move(shared)]() mutable { std::move (*taken)(); });
        });
      },
      asio::use_awaitable);
}

}  // namespace

std::vector<InstanceProblem> check_instances(const HostSettings& settings,
                                             const std::vector<InstanceConfig>& configs) {
  auto problems = check_ids(configs);
  for (const auto& config : configs) {
    auto checked = check_instance(settings.module_directories, config);
    if (checked.problem) problems.push_back(std::move(*checked.problem));
  }
  return problems;
}

class PluginHost::State {
 public:
  struct Entry {
    std::shared_ptr<InstanceCore> core;
    std::unique_ptr<Instance> instance;
  };

  State(HostSettings given, base::Clock& clock, observe::Log log, observe::Metrics& metrics)
      : settings(std::move(given)),
        pool(std::make_shared<ThreadPool>(settings.threads, settings.most_threads)),
        supervisor(std::make_shared<ThreadPool>(1, 1)),
        context(std::make_shared<HostContext>(HostContext{clock, log.area("plugin"), metrics, pool,
                                                          supervisor, settings.directory, settings.services,
                                                          settings.added_secrets, settings.on_observation})),
        breakers(settings.breakers),
        ended(clock),
        refresh(metrics.before_text([this] { show_breakers(); })) {}

  ~State() {
    refresh.reset();
    auto running = cores_not_stopped();
    std::erase_if(running, [](const auto& core) { return core->info().state == InstanceInfo::State::kLeft; });
    if (!running.empty()) {
      const auto countdown = std::make_shared<Countdown>(running.size());
      for (const auto& core : running) core->stop([countdown] { countdown->down(); });
      countdown->wait(kDestructorPatience);
    }
    bool left = false;
    for (const auto& core : cores_not_stopped()) {
      core->leave();
      left = true;
    }
    if (left) {
      Registry::get().leave(pool);
      Registry::get().leave(supervisor);
    } else {
      pool->join();
      supervisor->join();
    }
  }

  std::vector<std::shared_ptr<InstanceCore>> cores_not_stopped() const {
    std::vector<std::shared_ptr<InstanceCore>> running;
    const std::lock_guard lock(mutex);
    for (const auto& core : all) {
      if (core->info().state != InstanceInfo::State::kStopped) running.push_back(core);
    }
    return running;
  }

  observe::Gauge breaker_gauge(const std::string& id) const {
    return context->metrics.gauge("paynamed_breaker_state",
                                  "Whether an instance is called: 0 closed, 1 half open, 2 open.",
                                  {{"instance", id}});
  }
  // A gauge is that of whoever has the place of its id.
  void show_breakers() const {
    const std::lock_guard lock(mutex);
    for (const auto& [id, entry] : instances) {
      breaker_gauge(id).set(static_cast<double>(entry.core->info().breaker));
    }
  }

  // Makes one instance, which nobody can find yet.
  static asio::awaitable<std::optional<InstanceProblem>> make(
      std::shared_ptr<State> state, InstanceConfig config,
      std::vector<std::filesystem::path> module_directories, std::vector<Entry>& made);

  const HostSettings settings;
  const std::shared_ptr<ThreadPool> pool;
  const std::shared_ptr<ThreadPool> supervisor;
  const std::shared_ptr<HostContext> context;

  mutable std::mutex mutex;
  // Also those whose create failed or did not return, and those that lost their place. Guarded by mutex.
  std::vector<std::shared_ptr<InstanceCore>> all;
  std::map<std::string, Entry, std::less<>> instances;  // guarded by mutex
  std::vector<Entry> replaced;                          // guarded by mutex
  std::multiset<std::string> ending;                    // ids of those in end(); guarded by mutex
  BreakerSettings breakers;                             // guarded by mutex
  base::Broadcast ended;
  std::shared_ptr<void> refresh;
};

class PluginHost::Prepared {
 public:
  std::vector<State::Entry> made;
  std::vector<InstanceProblem> problems;
};

std::unique_ptr<PluginHost> PluginHost::create(HostSettings settings, base::Clock& clock, observe::Log log,
                                               observe::Metrics& metrics) {
  return std::unique_ptr<PluginHost>(
      new PluginHost(std::make_shared<State>(std::move(settings), clock, std::move(log), metrics)));
}

PluginHost::PluginHost(std::shared_ptr<State> state) : state_(std::move(state)) {}
PluginHost::~PluginHost() = default;

asio::awaitable<std::optional<InstanceProblem>> PluginHost::State::make(
    std::shared_ptr<State> state, InstanceConfig config,
    std::vector<std::filesystem::path> module_directories, std::vector<Entry>& made_entries) {
  auto checked = check_instance(module_directories, config);
  if (checked.problem) co_return std::move(checked.problem);
  std::shared_ptr<InstanceCore> core;
  {
    // With the lock, so that use_breakers() finds it, or it gets what use_breakers() left.
    const std::lock_guard lock(state->mutex);
    core = InstanceCore::make(state->context, config.id, *checked.module, config.retired, state->breakers);
    state->all.push_back(core);
  }
  const auto table = checked.module->schema().replace_secrets(
      config.table, [&](const std::string& path, SecretSource source) {
        return core->secrets().add(path, std::move(source));
      });
  struct Made {
    std::mutex mutex;
    std::optional<base::Status> status;
  };
  const auto made = std::make_shared<Made>();
  const auto countdown = std::make_shared<Countdown>(1);
  core->create(boost::json::serialize(table), [made, countdown](base::Status status) {
    {
      const std::lock_guard lock(made->mutex);
      made->status = std::move(status);
    }
    countdown->down();
  });
  co_await wait_for(countdown, state->context->clock, state->settings.create_timeout, core->supervisor());
  std::optional<base::Status> status;
  {
    const std::lock_guard lock(made->mutex);
    status = made->status;
  }
  const auto who = "The plugin " + checked.module->name() + " for the instance " + config.id;
  if (!status) {
    core->stop([] {});
    co_return InstanceProblem{
        config.id,
        base::deadline_exceeded(who + " did not return from create in " +
                                base::to_string(state->settings.create_timeout) + "; ask its author."),
        {}};
  }
  if (!status->ok()) {
    co_return InstanceProblem{
        config.id,
        base::Status(status->code(), who + " refused its table: " + status->message(), status->detail()),
        {}};
  }
  state->context->log.info("an instance runs", {{"instance", config.id},
                                                {"module", checked.module->name()},
                                                {"version", checked.module->version()},
                                                {"contract", checked.module->contract()},
                                                {"retired", config.retired}});
  made_entries.push_back(Entry{core, std::make_unique<Instance>(core)});
  co_return std::nullopt;
}

asio::awaitable<std::vector<InstanceProblem>> PluginHost::load(std::vector<InstanceConfig> configs) {
  auto prepared = co_await prepare(std::move(configs), state_->settings.module_directories);
  adopt(prepared, {});
  co_return std::move(prepared->problems);
}

asio::awaitable<std::shared_ptr<PluginHost::Prepared>> PluginHost::prepare(
    std::vector<InstanceConfig> configs, std::vector<std::filesystem::path> module_directories) {
  const auto state = state_;
  const auto prepared = std::make_shared<Prepared>();
  prepared->problems = check_ids(configs);
  std::set<std::string> seen;
  for (auto& config : configs) {
    if (!seen.insert(config.id).second) continue;  // told by check_ids
    auto problem = co_await State::make(state, std::move(config), module_directories, prepared->made);
    if (problem) prepared->problems.push_back(std::move(*problem));
  }
  co_return prepared;
}

const std::vector<InstanceProblem>& PluginHost::problems(const Prepared& prepared) {
  return prepared.problems;
}

void PluginHost::discard(const std::shared_ptr<Prepared>& prepared) {
  for (const auto& entry : prepared->made) entry.core->stop([] {});
  prepared->made.clear();
}

std::vector<Instance*> PluginHost::adopt(const std::shared_ptr<Prepared>& prepared,
                                         const std::vector<std::string>& removed) {
  std::vector<Instance*> without_place;
  const std::lock_guard lock(state_->mutex);
  const auto displace = [&](const std::string& id) {
    const auto found = state_->instances.find(id);
    if (found == state_->instances.end()) return;
    without_place.push_back(found->second.instance.get());
    state_->ending.insert(id);
    state_->breaker_gauge(id).set(0);
    state_->replaced.push_back(std::move(found->second));
    state_->instances.erase(found);
  };
  for (const std::string& id : removed) displace(id);
  for (auto& entry : prepared->made) {
    const std::string id = entry.core->id();
    displace(id);
    state_->instances.emplace(id, std::move(entry));
  }
  prepared->made.clear();
  return without_place;
}

asio::awaitable<bool> PluginHost::end(Instance* instance, base::Duration drain, base::Duration stop) {
  const auto state = state_;
  std::shared_ptr<InstanceCore> core;
  {
    const std::lock_guard lock(state->mutex);
    for (const auto& entry : state->replaced) {
      if (entry.instance.get() == instance) core = entry.core;
    }
  }
  if (!core) co_return true;
  base::Clock& clock = state->context->clock;
  const base::MonotonicTime limit = clock.monotonic() + drain;
  for (;;) {
    const auto open = core->oldest_open_call();
    const auto left = std::chrono::ceil<base::Duration>(limit - clock.monotonic());
    if (!open || left.count() <= 0 || !co_await instance->settled(*open, left)) break;
  }
  const auto countdown = std::make_shared<Countdown>(1);
  core->stop([countdown] { countdown->down(); });
  co_await wait_for(countdown, clock, stop, core->supervisor());
  const bool stopped = core->info().state == InstanceInfo::State::kStopped;
  if (!stopped) core->leave();
  {
    const std::lock_guard lock(state->mutex);
    state->ending.erase(state->ending.find(core->id()));
  }
  state->ended.notify();
  co_return stopped;
}

Instance* PluginHost::find(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->instances.find(id);
  return found == state_->instances.end() ? nullptr : found->second.instance.get();
}

asio::awaitable<Instance*> PluginHost::find_alone(std::string id, std::stop_token stop) {
  const auto state = state_;
  const std::stop_callback wake(stop, [state] { state->ended.notify(); });
  for (;;) {
    const auto seen = state->ended.count();
    if (stop.stop_requested()) co_return nullptr;
    {
      const std::lock_guard lock(state->mutex);
      const auto found = state->instances.find(id);
      if (found == state->instances.end()) co_return nullptr;
      if (!state->ending.contains(id)) co_return found->second.instance.get();
    }
    co_await state->ended.wait(seen, kLook);
  }
}

void PluginHost::set_retired(std::string_view id, bool retired) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->instances.find(id);
  if (found != state_->instances.end()) found->second.core->set_retired(retired);
}

void PluginHost::use_breakers(BreakerSettings settings) {
  const std::lock_guard lock(state_->mutex);
  state_->breakers = settings;
  for (const auto& core : state_->all) core->use_breaker(settings);
}

std::vector<Instance*> PluginHost::list() {
  std::vector<Instance*> list;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [id, entry] : state_->instances) list.push_back(entry.instance.get());
  return list;
}

asio::awaitable<std::vector<std::string>> PluginHost::stop(base::Duration deadline) {
  const auto state = state_;
  const auto running = state->cores_not_stopped();
  if (!running.empty()) {
    const auto countdown = std::make_shared<Countdown>(running.size());
    for (const auto& core : running) core->stop([countdown] { countdown->down(); });
    co_await wait_for(countdown, state->context->clock, deadline, state->supervisor->executor());
  }
  std::vector<std::string> left;
  for (const auto& core : state->cores_not_stopped()) {
    core->leave();
    left.push_back(core->id());
  }
  co_return left;
}

}  // namespace paynamed::host
