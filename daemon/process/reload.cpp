#include "process/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>
#include <utility>

#include "base/run_on.hpp"
#include "process/configuration_rules.hpp"
#include "process/plugin_change.hpp"
#include "process/reload_text.hpp"

namespace paynamed::process {
namespace asio = boost::asio;
using api::ReloadReport;
using base::Result;
using Outcome = api::ReloadReport::Outcome;
using RuntimePointer = std::shared_ptr<const pipeline::Runtime>;

namespace {

constexpr base::Duration kTurn{60'000};
constexpr base::Duration kLook{1'000};
// New runs wait so long for those that are being accepted.
constexpr base::Duration kDoor{10'000};
// Calls of an instance that was replaced; the timeout of a step's attempt is 10 s by default.
constexpr base::Duration kDrain{30'000};
constexpr base::Duration kStop{10'000};
// Those who follow events at it.
constexpr base::Duration kLeave{5'000};
constexpr std::size_t kMostLogged = 20;

asio::awaitable<CheckedConfig> read(std::filesystem::path file) {
  co_return check_config(file);
}

// What has to be made anew when these settings are others.
bool asks_otherwise(const std::vector<config::Change>& changes) {
  return std::ranges::any_of(changes, [](const config::Change& change) {
    return change.key.starts_with("dns.") || change.key.starts_with("tls.");
  });
}

}  // namespace

// Whose turn it is. Shared with those who hold it.
struct Reload::Turn {
  explicit Turn(base::Clock& clock) : free(clock) {}
  std::mutex mutex;
  bool taken = false;     // guarded by mutex
  bool stopping = false;  // guarded by mutex
  base::Broadcast free;

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
};

Reload::Reload(Dependencies dependencies)
    : with_(std::move(dependencies)),
      turn_(std::make_shared<Turn>(with_.clock)),
      instance_ended_(with_.clock),
      failures_(with_.metrics.counter("paynamed_config_reload_failures_total",
                                      "Reloads of the configuration that were refused.")),
      stale_(with_.metrics.gauge("paynamed_config_stale",
                                 "1 while the configuration file could not be taken up.")),
      loaded_(with_.metrics.gauge("paynamed_config_loaded_timestamp",
                                  "When the configuration that counts was loaded, in seconds since 1970.")),
      generation_(with_.metrics.gauge("paynamed_config_generation",
                                      "Which configuration counts, from 1 at the start of the process.")) {
  took_up(*with_.live.current());
}

asio::awaitable<Reload::Lease> Reload::take_turn(base::Duration most) {
  const auto turn = turn_;
  const base::MonotonicTime end = with_.clock.monotonic() + most;
  for (;;) {
    const auto seen = turn->free.count();
    {
      const std::lock_guard lock(turn->mutex);
      if (!turn->taken) {
        turn->taken = true;
        Lease lease(turn.get(), [turn](void*) {
          {
            const std::lock_guard inner(turn->mutex);
            turn->taken = false;
          }
          turn->free.notify();
        });
        co_return lease;
      }
    }
    const auto left = std::chrono::ceil<base::Duration>(end - with_.clock.monotonic());
    if (left.count() <= 0) co_return Lease{};
    co_await turn->free.wait(seen, std::min(left, kLook));
  }
}

asio::awaitable<ReloadReport> Reload::reload(bool only_check) {
  ReloadReport report;
  Lease turn = co_await take_turn(kTurn);
  report.generation = with_.live.current()->generation;
  if (!turn || turn_->is_stopping()) {
    report.refusal = base::unavailable(turn ? "the daemon stops; start it with the new configuration"
                                            : "another reload is under way; try again when it has ended");
    report.text = text_of(report, {});
    co_return report;
  }
  const RuntimePointer before = with_.live.current();
  std::filesystem::path file = before->config.file;
  CheckedConfig checked = co_await base::run_on(files_.get_executor(), read(std::move(file)));
  report.hash = checked.runtime->hash;
  report.diagnostics = config::render_json(checked.diagnostics, before->config.file.string());
  const std::string rendered =
      config::render(checked.diagnostics, before->config.file.string(), checked.runtime->config.source);
  base::Status refusal = co_await consider(before, std::move(checked), only_check, report, std::move(turn));
  if (!refusal.ok()) refuse(report, std::move(refusal), only_check);
  report.generation = with_.live.current()->generation;
  report.text = text_of(report, rendered);
  if (!only_check) tell(report);
  co_return report;
}

// OK when the outcome is in the report.
asio::awaitable<base::Status> Reload::consider(RuntimePointer before, CheckedConfig checked, bool only_check,
                                               ReloadReport& report, Lease turn) {
  const config::Config& after = checked.runtime->config;
  if (checked.diagnostics.has_errors()) co_return mistakes_of(checked.diagnostics, after.file.string());
  report.changes = config::difference(before->config, after);
  if (auto restart = needs_restart(report.changes)) co_return *std::move(restart);
  if (auto fits = check_uses(before->config, after); !fits) co_return fits.error();
  if (only_check) {
    report.outcome = Outcome::kChecked;
    co_return base::Status{};
  }
  if (report.hash == before->hash && with_.failed.all().empty()) {
    report.outcome = Outcome::kUnchanged;
    took_up(*before);
    co_return base::Status{};
  }
  Made made;
  made.next = std::make_shared<pipeline::Runtime>(*checked.runtime);
  made.next->generation = before->generation + 1;
  auto done = co_await make(before->config, made);
  if (done) done = co_await apply(before, made, std::move(turn));
  if (!done) {
    if (made.plugins) with_.host.discard(made.plugins);
    co_return done.error();
  }
  report.outcome = Outcome::kApplied;
  took_up(*made.next);
  co_return base::Status{};
}

Result<void> Reload::check_uses(const config::Config& before, const config::Config& after) const {
  const auto uses = with_.store.in_use();
  if (!uses) return base::fail(uses.error());
  if (auto fits = check_in_use(after, *uses); !fits) return fits;
  if (with_.check_nodes) {
    if (auto fits = with_.check_nodes(after); !fits) return fits;
  }
  return check_modules_stay(before, after, *uses);
}

asio::awaitable<Result<void>> Reload::make(const config::Config& before, Made& made) {
  const config::Config& after = made.next->config;
  if (asks_otherwise(config::difference(before, after))) {
    auto dns = DnsChecks::create(after.dns, after.tls, with_.executor, with_.clock, with_.random);
    if (!dns) co_return base::fail(dns.error());
    made.dns = *std::move(dns);
  }
  PluginChange change =
      plugin_change(before, after, [this](const std::string& id) { return with_.host.find(id) != nullptr; });
  made.removed = std::move(change.remove);
  made.retired = std::move(change.retired);
  made.plugins = co_await with_.host.prepare(std::move(change.make), host_settings(after).module_directories);
  for (const host::InstanceProblem& problem : host::PluginHost::problems(*made.plugins)) {
    // What failed before and is as it was keeps nobody from changing something else.
    if (std::ranges::find(change.retry, problem.id) != change.retry.end()) {
      made.problems.push_back(problem);
      continue;
    }
    co_return base::fail(base::failed_precondition(
        fmt::format("[plugins.{}] cannot be used: {}", problem.id, problem.status.message()),
        problem.status.detail()));
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Reload::apply(RuntimePointer before, Made& made, Lease turn) {
  const config::Config& after = made.next->config;
  std::vector<host::Instance*> displaced;
  std::function<Result<void>()> agree = [&]() -> Result<void> {
    // What was accepted since the first look.
    if (auto fits = check_uses(before->config, after); !fits) return fits;
    displaced = with_.host.adopt(made.plugins, made.removed);
    for (const auto& [id, retired] : made.retired) with_.host.set_retired(id, retired);
    with_.failed.replace(std::move(made.problems));
    if (made.dns) with_.dns.replace(made.dns);
    with_.host.use_breakers(breaker_settings(after.breakers));
    with_.keys.use(after);
    return {};
  };
  RuntimePointer next = made.next;
  auto replaced = co_await with_.live.replace(std::move(next), std::move(agree), kDoor);
  if (!replaced) co_return replaced;
  with_.log.set_level(observe::level_from_string(after.log.level).value_or(observe::Level::kInfo));
  // It counts from here on, whatever becomes of what follows.
  auto limited = co_await with_.store.limit_open_runs(after.daemon.max_open_runs);
  if (!limited) with_.log.warning("max_open_runs stays as it was", {{"why", limited.error()}});
  for (host::Instance* instance : displaced) end_later(instance);
  RuntimePointer now = made.next;
  asio::co_spawn(with_.executor, follow(*this, std::move(before), std::move(now), std::move(turn)),
                 asio::detached);
  co_return Result<void>{};
}

void Reload::end_later(host::Instance* instance) {
  {
    const std::lock_guard lock(mutex_);
    ++ending_;
  }
  asio::co_spawn(with_.executor, end(*this, instance), asio::detached);
}

asio::awaitable<void> Reload::end(Reload& self, host::Instance* instance) {
  if (self.with_.before_end) {
    auto leaving = self.with_.before_end(instance, kLeave);
    co_await std::move(leaving);
  }
  const bool stopped = co_await self.with_.host.end(instance, kDrain, kStop);
  if (stopped) self.with_.log.info("an instance that was replaced has ended", {{"instance", instance->id()}});
  {
    const std::lock_guard lock(self.mutex_);
    --self.ending_;
  }
  self.instance_ended_.notify();
}

asio::awaitable<void> Reload::follow(Reload& self, RuntimePointer before, RuntimePointer now, Lease turn) {
  // Held to the end: the next reload finds everything as this one meant it.
  const Lease held = std::move(turn);
  const auto shared = self.turn_;
  while (!shared->is_stopping()) {
    if (co_await self.with_.follow(before, now)) co_return;
  }
}

void Reload::took_up(const pipeline::Runtime& runtime) {
  const std::lock_guard lock(mutex_);
  if (standing_.generation != runtime.generation || standing_.hash != runtime.hash) {
    standing_.loaded = with_.clock.wall();
    loaded_.set(std::chrono::duration<double>(standing_.loaded.time_since_epoch()).count());
  }
  standing_.generation = runtime.generation;
  standing_.hash = runtime.hash;
  standing_.stale_since.reset();
  standing_.stale_reason.clear();
  stale_.set(0);
  generation_.set(static_cast<double>(runtime.generation));
}

void Reload::refuse(ReloadReport& report, base::Status why, bool only_check) {
  report.outcome = Outcome::kRefused;
  report.refusal = std::move(why);
  if (only_check) return;
  failures_.add();
  stale_.set(1);
  const std::lock_guard lock(mutex_);
  if (!standing_.stale_since) standing_.stale_since = with_.clock.wall();
  standing_.stale_reason = report.refusal.message();
}

void Reload::tell(const ReloadReport& report) const {
  if (report.outcome == Outcome::kRefused) {
    with_.log.error("the configuration file is not taken up; the one before stays",
                    {{"generation", report.generation}, {"hash", report.hash}, {"why", report.refusal}});
    return;
  }
  if (report.outcome == Outcome::kUnchanged) {
    with_.log.info("the configuration file says nothing new",
                   {{"generation", report.generation}, {"hash", report.hash}});
    return;
  }
  with_.log.info(
      "the configuration is reloaded",
      {{"generation", report.generation}, {"hash", report.hash}, {"changes", report.changes.size()}});
  for (std::size_t i = 0; i < std::min(report.changes.size(), kMostLogged); ++i) {
    const config::Change& change = report.changes[i];
    with_.log.info(config::to_string(change.kind),
                   {{"key", change.key}, {"before", change.before}, {"after", change.after}});
  }
}

api::ConfigStanding Reload::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

asio::awaitable<bool> Reload::stop(base::Duration most) {
  {
    const std::lock_guard lock(turn_->mutex);
    turn_->stopping = true;
  }
  const Lease turn = co_await take_turn(most);
  co_return turn != nullptr;
}

asio::awaitable<bool> Reload::ended(base::Duration most) {
  const base::MonotonicTime end = with_.clock.monotonic() + most;
  for (;;) {
    const auto seen = instance_ended_.count();
    {
      const std::lock_guard lock(mutex_);
      if (ending_ == 0) co_return true;
    }
    const auto left = std::chrono::ceil<base::Duration>(end - with_.clock.monotonic());
    if (left.count() <= 0 || !co_await instance_ended_.wait(seen, left)) co_return false;
  }
}

}  // namespace paynamed::process
