#include "pipeline/saga_engine.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <utility>

#include "base/failpoint.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/node_tenants.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
using base::Result;
using Kind = Driver::Rest::Kind;

namespace {

constexpr std::uint32_t kRecoveryPage = 500;
// How long cancel() waits for the step in progress to end.
constexpr base::Duration kCancelPatience{15'000};
// Why a run was turned back that a DELETE found paused.
constexpr std::string_view kDeleted = "the name was deleted while the run was paused";

// Runs of one lane hang together when an instance hangs: those that need a node share its backend, or, where
// one backend reaches many, the node. Those of one domain, a group of lanes, share its DnsProvider.
std::string lane_of(const Run& run) {
  if (run.input.source.kind == state::SourceKind::kExternal) return {};
  for (const CompiledStep& step : run.pipeline.steps) {
    if (!step.instance.empty()) return step.instance + ' ' + run.input.source.node;
  }
  return {};
}

Lanes::Kind kind_of(const Run& run) {
  return run.input.bulk ? Lanes::Kind::kBulk : Lanes::Kind::kInteractive;
}

Lanes::Progress progress_of(const Run& run) {
  const bool fresh = run.progress.phase() == Phase::kForward && run.progress.current() == 0;
  return fresh ? Lanes::Progress::kFresh : Lanes::Progress::kBegun;
}

}  // namespace

SagaEngine::SagaEngine(Settings settings, Dependencies dependencies, ActionTable actions)
    : settings_(settings),
      dependencies_(std::move(dependencies)),
      actions_(std::move(actions)),
      driver_(dependencies_.store, actions_, dependencies_.clock, dependencies_.random,
              dependencies_.refusal),
      networks_(dependencies_.clock, dependencies_.network_of),
      idle_(dependencies_.clock),
      lanes_(settings_.max_active_runs) {}

SagaEngine::~SagaEngine() = default;

Result<void> SagaEngine::recover() {
  state::RunKey after = 0;
  for (;;) {
    auto page = dependencies_.store.open_runs(after, kRecoveryPage);
    if (!page) return base::fail(page.error());
    for (const state::OpenRun& stored : *page) {
      after = stored.row.key;
      auto run = Run::load(dependencies_.clock, stored);
      if (run) {
        take_up(*std::move(run));
      } else if (dependencies_.on_trouble) {
        dependencies_.on_trouble(stored.row.id, "an open run cannot be read; its name stays reserved",
                                 run.error());
      }
    }
    if (page->size() < kRecoveryPage) return {};
  }
}

asio::awaitable<bool> SagaEngine::stop(base::Duration deadline) {
  stopping_ = true;
  const base::MonotonicTime end = dependencies_.clock.monotonic() + deadline;
  for (;;) {
    const auto seen = idle_.count();
    {
      const std::lock_guard lock(mutex_);
      lanes_.clear();
      for (auto& [id, slot] : slots_) {
        slot.timer.reset();
        slot.run->changed.notify();  // who waits for a run is told how it stands
      }
      if (lanes_.at_work() == 0) co_return true;
    }
    const auto left = std::chrono::ceil<base::Duration>(end - dependencies_.clock.monotonic());
    if (left.count() <= 0 || !co_await idle_.wait(seen, left)) co_return false;
  }
}

asio::awaitable<Result<Accepted>> SagaEngine::submit(Command command) {
  if (stopping_) {
    co_return base::fail(base::unavailable("the daemon is stopping; send the request again in a moment"));
  }
  // Held until the run is on disk: a new configuration is then checked against it.
  std::shared_ptr<const Runtime> runtime;
  if (dependencies_.lease) {
    runtime = co_await dependencies_.lease();
  } else {
    runtime = dependencies_.runtime();
  }
  auto before = replay(command, *runtime);
  if (!before) co_return base::fail(before.error());
  if (*before) co_return **std::move(before);
  if (command.verb == state::Verb::kRemove) {
    auto taken_back = co_await take_back(command);
    if (!taken_back) co_return base::fail(taken_back.error());
    if (*taken_back) co_return **std::move(taken_back);
  }
  auto fits = co_await check_named_node(command, *runtime);
  if (!fits) co_return base::fail(fits.error());
  Result<Admitted> admitted = admit(command, *runtime, pipelines_, dependencies_.store, dependencies_.clock,
                                    dependencies_.random, dependencies_.moves, dependencies_.node_reference);
  if (!admitted) co_return base::fail(admitted.error());

  state::NewRun new_run = std::move(admitted->run);
  const auto shared = std::move(admitted->pipeline);
  Progress fresh{shared->pipeline};
  auto run = std::make_shared<Run>(dependencies_.clock, std::move(admitted->input),
                                   std::shared_ptr<const CompiledPipeline>{shared, &shared->pipeline},
                                   std::move(fresh));
  run->id = new_run.id;
  run->tenant = command.tenant;
  run->correlation_id = std::move(command.correlation_id);
  run->traceparent = std::move(command.traceparent);
  new_run.journal = co_await driver_.begin(*run);
  PAYNAMED_FAILPOINT("engine.accept.before");
  Result<state::AcceptedRun> accepted = co_await dependencies_.store.accept_run(std::move(new_run));
  PAYNAMED_FAILPOINT("engine.accept.after");
  if (!accepted) co_return base::fail(accepted.error());
  Accepted answer{accepted->id, accepted->replayed, std::move(admitted->warnings)};
  if (accepted->replayed) co_return answer;

  run->key = accepted->key;
  take_up(std::move(run));
  co_return answer;
}

// Of an instance that the caller named. One that does not answer is no reason to refuse: the run waits for
// it, and what must not be published is refused before it is.
asio::awaitable<Result<void>> SagaEngine::check_named_node(const Command& command, const Runtime& runtime) {
  const config::Domain* domain = runtime.config.find_domain(command.name.domain());
  const std::string& instance = command.source.instance;
  const bool asks = dependencies_.network_of && domain != nullptr && !domain->test &&
                    may_use_node(runtime, instance, command.tenant);
  if (instance.empty() || !asks) co_return Result<void>{};
  const auto network = co_await networks_.of(instance, runtime.generation);
  if (!network) co_return Result<void>{};
  co_return check_network(instance, *network, *domain);
}

// What was accepted once stays accepted, whatever became of the configuration or of the source since. Two
// that arrive together are told apart by the store.
Result<std::optional<Accepted>> SagaEngine::replay(const Command& command, const Runtime& runtime) {
  if (command.idempotency_key.empty()) return std::nullopt;
  const auto use = dependencies_.store.find_key_use(command.tenant, command.idempotency_key);
  if (!use) return base::fail(use.error());
  if (!*use) return std::nullopt;
  if ((*use)->request_hash != command.request_hash) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  Accepted answer{(*use)->run, true, {}};
  auto again = admit(command, runtime, pipelines_, dependencies_.store, dependencies_.clock,
                     dependencies_.random, dependencies_.moves, dependencies_.node_reference);
  if (again) answer.warnings = std::move(again->warnings);
  return answer;
}

// A DELETE that needs no run of its own: the name's paused run is turned back instead. Such a DELETE has no
// place where its key could be stored, so its repetition is known by what it did.
asio::awaitable<Result<std::optional<Accepted>>> SagaEngine::take_back(const Command& command) {
  using Answer = Result<std::optional<Accepted>>;
  state::Store& store = dependencies_.store;
  const auto found = store.find_name(command.tenant, command.name.text());
  if (!found) co_return base::fail(found.error());
  const std::optional<state::NameRow>& name = *found;
  const bool repeats = !command.idempotency_key.empty();
  if (!name || (name->state == state::NameState::kQuarantined && !name->open_run)) {
    if (!repeats) co_return Answer{std::nullopt};
    const auto last = store.list_runs(command.tenant, command.name.text(), std::nullopt, {}, 1);
    if (!last) co_return base::fail(last.error());
    if (last->empty() || last->front().state != state::RunState::kCompensated ||
        last->front().reason != kDeleted) {
      co_return Answer{std::nullopt};
    }
    co_return Answer{Accepted{last->front().id, true, {}}};
  }
  if (!name->open_run) co_return Answer{std::nullopt};
  const auto open = store.find_run(command.tenant, *name->open_run);
  if (!open) co_return base::fail(open.error());
  const bool registers = *open && (*open)->verb == state::Verb::kRegister;
  const auto phase = phase_at_rest(*name->open_run);
  const bool compensating =
      phase == Phase::kCompensating || (*open && (*open)->state == state::RunState::kCompensating);
  if (registers && compensating) {
    Accepted going{*name->open_run, repeats, {"the name's registration is being taken back already"}};
    co_return Answer{std::move(going)};
  }
  if (phase != Phase::kForward) co_return Answer{std::nullopt};
  if (command.expected_revision != 0 && command.expected_revision != name->revision) {
    co_return base::fail(
        base::aborted(fmt::format("{} has revision {}, expected {}; read it again and decide anew",
                                  command.name.text(), name->revision, command.expected_revision)));
  }
  Result<void> turned = co_await turn_back(command.tenant, *name->open_run, std::string{kDeleted});
  if (!turned) co_return base::fail(turned.error());
  Accepted answer{*name->open_run,
                  false,
                  {"the name's paused run is taken back; the name is removed with it if it "
                   "was only being registered"}};
  co_return Answer{std::move(answer)};
}

// Which way a paused run goes; nothing when it is not paused or cannot be turned back any more.
std::optional<Phase> SagaEngine::phase_at_rest(const base::Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.driven) return std::nullopt;
  const Run& run = *found->second.run;
  if (run.progress.phase() != Phase::kPaused || driver_.beyond_return(run)) return std::nullopt;
  return run.progress.phase_below_pause();
}

void SagaEngine::take_up(std::shared_ptr<Run> run) {
  const base::Uuid id = run->id;
  const bool paused = run->progress.phase() == Phase::kPaused;
  const std::string lane = lane_of(*run);
  const std::string domain = run->input.name.domain();
  {
    const std::lock_guard lock(mutex_);
    slots_[id] = Slot{std::move(run), &lanes_.named(lane, domain), false, nullptr};
  }
  if (!paused) make_ready(id);
}

void SagaEngine::make_ready(const base::Uuid& id) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(id);
    if (found == slots_.end() || found->second.driven || stopping_) return;
    found->second.driven = true;
    run = found->second.run;
    if (!lanes_.take(*found->second.lane, id, kind_of(*run), progress_of(*run))) return;
  }
  spawn(std::move(run));
}

void SagaEngine::spawn(std::shared_ptr<Run> run) {
  asio::co_spawn(dependencies_.executor, drive(std::move(run)), asio::detached);
}

asio::awaitable<void> SagaEngine::drive(std::shared_ptr<Run> run) {
  Driver::Rest rest;
  try {
    rest = co_await driver_.drive(*run, stopping_);
  } catch (const std::exception& error) {
    rest = {Kind::kStopped, {}, base::internal("the step failed in an unforeseen way", error.what())};
  }
  rested(run, rest);
}

void SagaEngine::rested(const std::shared_ptr<Run>& run, const Driver::Rest& rest) {
  if (rest.kind == Kind::kStopped && !rest.failure.ok() && dependencies_.on_trouble) {
    dependencies_.on_trouble(run->id, "the run cannot go on in this process; a restart takes it up again",
                             rest.failure);
  }
  if (dependencies_.on_rest) dependencies_.on_rest(*run);

  std::shared_ptr<Run> next;
  std::unique_ptr<base::Clock::Timer> dropped;  // outside the lock: it may be the last to hold a coroutine
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(run->id);
    if (found != slots_.end()) {
      Slot& slot = found->second;
      lanes_.give_back(*slot.lane, kind_of(*run));
      dropped = std::move(slot.timer);
      slot.driven = false;
      if (rest.kind == Kind::kFinal || (rest.kind == Kind::kStopped && !stopping_)) {
        slots_.erase(found);
      } else if (rest.kind == Kind::kUntil && !stopping_) {
        const auto delay = std::max(rest.until - dependencies_.clock.wall(), base::Duration{0});
        slot.timer = dependencies_.clock.at(dependencies_.clock.monotonic() + delay, dependencies_.executor,
                                            [this, id = run->id] { make_ready(id); });
      }
    }
    next = next_ready();
  }
  run->changed.notify();
  idle_.notify();
  while (next) {
    spawn(std::move(next));
    const std::lock_guard lock(mutex_);
    next = next_ready();
  }
}

std::shared_ptr<Run> SagaEngine::next_ready() {
  const auto id = lanes_.next();
  // It is there: who waits is marked as driven, and such a run stays.
  return id ? slots_.at(*id).run : nullptr;
}

asio::awaitable<Result<state::RunRow>> SagaEngine::wait(std::string tenant, base::Uuid id,
                                                        base::Duration most) {
  const base::MonotonicTime end = dependencies_.clock.monotonic() + most;
  for (;;) {
    std::shared_ptr<Run> run;
    {
      const std::lock_guard lock(mutex_);
      const auto found = slots_.find(id);
      if (found != slots_.end()) run = found->second.run;
    }
    const auto seen = run ? run->changed.count() : 0;
    auto row = dependencies_.store.find_run(tenant, id);
    if (!row) co_return base::fail(row.error());
    if (!*row) co_return base::fail(base::not_found(fmt::format("there is no run {}", id.to_string())));
    const bool at_rest =
        stopping_ || (*row)->state == state::RunState::kPaused || !state::is_open((*row)->state);
    const auto left = std::chrono::ceil<base::Duration>(end - dependencies_.clock.monotonic());
    if (at_rest || !run || left.count() <= 0) co_return **std::move(row);
    co_await run->changed.wait(seen, left);
  }
}

Result<std::shared_ptr<Run>> SagaEngine::claim(std::string_view tenant, const base::Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.run->tenant != tenant) return base::fail(not_open(tenant, id));
  if (found->second.driven) {
    return base::fail(base::failed_precondition("the run is at work; wait until it is paused, or cancel it"));
  }
  found->second.driven = true;
  return found->second.run;
}

// After a failed write the memory is ahead of the disk: such a run is dropped, and a restart takes it up.
void SagaEngine::give_back(const std::shared_ptr<Run>& run, const Result<void>& written) {
  const bool paused = run->progress.phase() == Phase::kPaused;
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(run->id);
    if (found != slots_.end()) {
      found->second.driven = false;
      if (!written) slots_.erase(found);
    }
  }
  run->changed.notify();
  if (!written && dependencies_.on_trouble) {
    dependencies_.on_trouble(run->id, "the run cannot go on in this process; a restart takes it up again",
                             written.error());
  }
  // Also one that waited: its timer may have fired while it was claimed.
  if (written && !paused) make_ready(run->id);
}

base::Status SagaEngine::not_open(std::string_view tenant, const base::Uuid& id) const {
  auto row = dependencies_.store.find_run(tenant, id);
  if (row && *row && !state::is_open((*row)->state)) {
    return base::failed_precondition(
        fmt::format("the run ended already: it is {}", state::to_string((*row)->state)));
  }
  if (row && *row) {
    return base::unavailable("the run cannot go on in this process; restart the daemon to take it up again");
  }
  return base::not_found(fmt::format("there is no run {}", id.to_string()));
}

bool SagaEngine::has_turned_back(std::string_view tenant, const base::Uuid& id) const {
  auto row = dependencies_.store.find_run(tenant, id);
  return row && *row && (*row)->state == state::RunState::kCompensated;
}

asio::awaitable<Result<void>> SagaEngine::resume(std::string tenant, base::Uuid id) {
  Result<std::shared_ptr<Run>> run = claim(tenant, id);
  if (!run) co_return base::fail(run.error());
  if ((*run)->progress.phase() != Phase::kPaused) {
    give_back(*run);
    co_return base::fail(
        base::failed_precondition("the run is not paused: it waits for its time and goes on by itself"));
  }
  Result<void> resumed = co_await driver_.resume(**run);
  give_back(*run, resumed);
  co_return resumed;
}

asio::awaitable<Result<void>> SagaEngine::cancel(std::string tenant, base::Uuid id) {
  return turn_back(std::move(tenant), id, "cancelled by the caller");
}

asio::awaitable<Result<void>> SagaEngine::turn_back(std::string tenant, base::Uuid id, std::string reason) {
  const base::MonotonicTime end = dependencies_.clock.monotonic() + kCancelPatience;
  // Whether the run was told; if it turned back then, it did what was asked, however far it has come since.
  bool asked = false;
  for (;;) {
    std::shared_ptr<Run> driven;
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto found = slots_.find(id);
      if (found == slots_.end() || found->second.run->tenant != tenant) {
        if (asked && has_turned_back(tenant, id)) co_return Result<void>{};
        co_return base::fail(not_open(tenant, id));
      }
      if (found->second.driven) {
        driven = found->second.run;
        seen = driven->changed.count();
        driven->cancel_requested = true;
        asked = true;
      }
    }
    if (driven) {
      const auto left = std::chrono::ceil<base::Duration>(end - dependencies_.clock.monotonic());
      if (left.count() > 0 && co_await driven->changed.wait(seen, left)) continue;
      co_return base::fail(
          base::unavailable("the step in progress has not ended yet; the run turns back after it: look at "
                            "the run again in a moment"));
    }
    Result<std::shared_ptr<Run>> run = claim(tenant, id);
    if (!run) {
      if (run.error().code() == base::Code::kFailedPrecondition) continue;
      co_return base::fail(run.error());
    }
    if (driver_.beyond_return(**run)) {
      give_back(*run);
      co_return base::fail(
          base::failed_precondition("the record is proven or withdrawn already, so the run only goes "
                                    "forward; resume it, then change or delete "
                                    "the name"));
    }
    if ((*run)->progress.phase_below_pause() == Phase::kCompensating) {
      (*run)->cancel_requested = false;
      give_back(*run);
      if (asked) co_return Result<void>{};
      co_return base::fail(base::failed_precondition("the run is being compensated already"));
    }
    (*run)->cancel_requested = false;
    Result<void> turned = co_await driver_.turn_back(**run, std::move(reason));
    give_back(*run, turned);
    co_return turned;
  }
}

Result<RunView> SagaEngine::view(std::string_view tenant, base::Uuid id) {
  auto row = dependencies_.store.find_run(tenant, id);
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::not_found(fmt::format("there is no run {}", id.to_string())));
  auto stored = dependencies_.store.load_run((*row)->key);
  if (!stored) return base::fail(stored.error());
  if (!*stored) return base::fail(base::not_found(fmt::format("there is no run {}", id.to_string())));

  auto pipeline = CompiledPipeline::from_json((*stored)->pipeline);
  if (!pipeline) return base::fail(pipeline.error());
  auto progress = Progress::replay(*pipeline, (*stored)->journal);
  if (!progress) return base::fail(progress.error());
  RunView view{**std::move(row), {}};
  for (std::size_t i = 0; i < pipeline->steps.size(); ++i) {
    const StepProgress& step = progress->step(i);
    view.steps.push_back({pipeline->steps[i].id, pipeline->steps[i].kind, step.state, step.attempts,
                          step.started, step.finished, step.until, step.message,
                          boost::json::serialize(step.outputs)});
  }
  // When a held step is tried again changes without being written. Nobody touches a run that is not driven.
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.driven || found->second.run->held_by.empty()) return view;
  const Progress& now = found->second.run->progress;
  const bool back = now.phase() == Phase::kCompensating;
  const std::size_t held = back ? now.next_undo().value_or(now.step_count()) : now.current();
  if (held < view.steps.size()) {
    view.steps[held].until = now.step(held).until;
    view.steps[held].message = now.step(held).message;
  }
  return view;
}

}  // namespace paynamed::pipeline
