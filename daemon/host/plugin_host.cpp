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

#include "host/instance_core.hpp"
#include "host/module.hpp"
#include "host/registry.hpp"
#include "host/text.hpp"
#include "host/thread_pool.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kDestructorPatience{10};

// The module of a table and the mistakes in it.
struct Checked {
  const Module* module = nullptr;
  std::optional<InstanceProblem> problem;
};

Checked check_instance(const HostSettings& settings, const InstanceConfig& config) {
  const auto failed = [&](base::Status status, std::vector<SchemaProblem> problems = {}) {
    return Checked{nullptr, InstanceProblem{config.id, std::move(status), std::move(problems)}};
  };
  const auto file = find_module(config.module, settings.module_directories);
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
    auto checked = check_instance(settings, config);
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
                                                          settings.on_observation})) {}

  ~State() {
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
    for (const auto& core : all) {
      if (core->info().state != InstanceInfo::State::kStopped) running.push_back(core);
    }
    return running;
  }

  const HostSettings settings;
  const std::shared_ptr<ThreadPool> pool;
  const std::shared_ptr<ThreadPool> supervisor;
  const std::shared_ptr<HostContext> context;
  std::vector<std::shared_ptr<InstanceCore>> all;  // also those whose create failed or did not return
  std::map<std::string, Entry, std::less<>> instances;
};

std::unique_ptr<PluginHost> PluginHost::create(HostSettings settings, base::Clock& clock, observe::Log log,
                                               observe::Metrics& metrics) {
  return std::unique_ptr<PluginHost>(
      new PluginHost(std::make_shared<State>(std::move(settings), clock, std::move(log), metrics)));
}

PluginHost::PluginHost(std::shared_ptr<State> state) : state_(std::move(state)) {}
PluginHost::~PluginHost() = default;

asio::awaitable<std::vector<InstanceProblem>> PluginHost::load(std::vector<InstanceConfig> configs) {
  const auto state = state_;
  auto problems = check_ids(configs);
  for (auto& config : configs) {
    if (state->instances.contains(config.id)) continue;  // told by check_ids
    auto checked = check_instance(state->settings, config);
    if (checked.problem) {
      problems.push_back(std::move(*checked.problem));
      continue;
    }
    const auto core = InstanceCore::make(state->context, config.id, *checked.module, config.retired);
    state->all.push_back(core);
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
      problems.push_back(
          {config.id,
           base::deadline_exceeded(who + " did not return from create in " +
                                   base::to_string(state->settings.create_timeout) + "; ask its author."),
           {}});
    } else if (!status->ok()) {
      problems.push_back(
          {config.id,
           base::Status(status->code(), who + " refused its table: " + status->message(), status->detail()),
           {}});
    } else {
      state->context->log.info("an instance runs", {{"instance", config.id},
                                                    {"module", checked.module->name()},
                                                    {"version", checked.module->version()},
                                                    {"contract", checked.module->contract()},
                                                    {"retired", config.retired}});
      state->instances.emplace(config.id, State::Entry{core, std::make_unique<Instance>(core)});
    }
  }
  co_return problems;
}

Instance* PluginHost::find(std::string_view id) {
  const auto found = state_->instances.find(id);
  return found == state_->instances.end() ? nullptr : found->second.instance.get();
}

std::vector<Instance*> PluginHost::list() {
  std::vector<Instance*> list;
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
