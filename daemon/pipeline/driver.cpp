#include "pipeline/driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/failpoint.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace json = boost::json;
namespace asio = boost::asio;
using base::Code;
using base::Result;
using base::Status;
using Kind = Driver::Rest::Kind;

namespace {

constexpr config::Retry kUndoRetry{
    .attempts = 0, .first = base::Duration{1'000}, .max = base::Duration{3'600'000}};

constexpr base::Duration kWaitsWrittenEvery{600'000};

// Who had no turn does not come again sooner, whatever the instance says.
constexpr base::Duration kLeastTurnAway{1'000};

// The instance had no room within the limits that it keeps and says when to come again: it tried nothing.
bool is_turned_away(const Failure& failure) {
  return failure.status.code() == Code::kResourceExhausted && failure.status.retry_after_ms() > 0 &&
         !failure.pause;
}

// Not all who wait for the same thing come back at once.
base::Duration held_for(const base::Status& status, base::Random& random) {
  const base::Duration asked{std::max<std::uint32_t>(status.retry_after_ms(), 1'000)};
  return asked + random.jitter(asked / 4);
}

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

Consequence consequence_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kNotFound:
    case Code::kPermissionDenied:
      return Consequence::kCompensate;
    case Code::kUnauthenticated:
      return Consequence::kPause;
    default:
      return Consequence::kRetry;
  }
}

base::Duration backoff(const config::Retry& retry, std::uint32_t tries, base::Random& random) {
  const std::int64_t doubled = retry.first.count() << std::min<std::uint32_t>(tries > 0 ? tries - 1 : 0, 30);
  const base::Duration most{std::min<std::int64_t>(doubled, retry.max.count())};
  const base::Duration half{most.count() / 2};
  return half + random.jitter(most - half);
}

asio::awaitable<std::vector<state::JournalEntry>> Driver::begin(Run& run) {
  Draft draft = draft_of(run);
  if (run.progress.step_count() == 0) co_return std::move(draft.journal);
  // It never fails: what goes wrong in prepare() shows again when the step's turn comes.
  [[maybe_unused]] const auto added = co_await add_what_follows(run, draft);
  co_return std::move(draft.journal);
}

asio::awaitable<Driver::Rest> Driver::drive(Run& run, const std::atomic<bool>& stopping) {
  for (;;) {
    if (stopping) co_return Rest{Kind::kStopped, {}, {}};
    MaybeRest rest;
    switch (run.progress.phase()) {
      case Phase::kForward:
        if (run.cancel_requested.exchange(false) && !beyond_return(run)) {
          auto turned = co_await turn_back(run, "cancelled by the caller");
          if (!turned) co_return Rest{Kind::kStopped, {}, turned.error()};
        } else {
          rest = co_await forward(run);
        }
        break;
      case Phase::kCompensating:
        rest = co_await backward(run);
        break;
      case Phase::kPaused:
        // Asked for while the step was at work, before it paused the run.
        if (run.cancel_requested.exchange(false) && run.progress.phase_below_pause() == Phase::kForward &&
            !beyond_return(run)) {
          auto turned = co_await turn_back(run, "cancelled by the caller");
          if (!turned) co_return Rest{Kind::kStopped, {}, turned.error()};
          break;
        }
        co_return Rest{Kind::kPaused, {}, {}};
      case Phase::kCompleted:
      case Phase::kCompensated:
        co_return Rest{Kind::kFinal, {}, {}};
    }
    if (rest) co_return *std::move(rest);
  }
}

asio::awaitable<Driver::MaybeRest> Driver::forward(Run& run) {
  const std::size_t index = run.progress.current();
  if (index == run.progress.step_count()) {  // an empty pipeline, or the end was not written yet
    Draft draft = draft_of(run);
    if (auto added = co_await add_what_follows(run, draft); !added) {
      co_return Rest{Kind::kStopped, {}, added.error()};
    }
    co_return co_await commit(run, std::move(draft));
  }
  const StepProgress& step = run.progress.step(index);
  const CompiledStep& compiled = run.pipeline.steps[index];
  const base::WallTime now = clock_.wall();
  // After a restart the step gets one attempt whatever the time: nobody tried while the daemon was down.
  const bool recovered = std::exchange(run.recovered, false);
  if (!recovered && !step.held_since && now >= step.due(compiled.deadline, now)) {
    Failure late{base::deadline_exceeded(fmt::format("step '{}' did not end within {}{}{}", compiled.id,
                                                     base::to_string(compiled.deadline),
                                                     step.message.empty() ? "" : ": ", step.message)),
                 step.attempt_open, false};
    co_return co_await fail_step(run, index, std::move(late));
  }
  // Whoever refused to be called knows nothing of that after a restart.
  if (step.rests(now) && !(recovered && step.held_since)) {
    run.recovered = recovered;
    co_return Rest{Kind::kUntil, *step.until, {}};
  }

  if (MaybeRest held = stay_held(run, index)) co_return held;

  const auto action = actions_.find(compiled.kind);
  if (action == actions_.end()) {
    Failure missing{
        base::unimplemented(fmt::format("this version of paynamed has no step kind '{}'", compiled.kind)),
        false, false};
    co_return co_await fail_step(run, index, std::move(missing));
  }
  if (action->second->has_effect() && !run.intent_fresh) {
    MaybeRest rest = co_await write_intent(run, index);
    if (rest || !run.intent_fresh) co_return rest;
  }
  run.intent_fresh = false;
  PAYNAMED_FAILPOINT("engine.effect.before");
  const StepContext context = context_of(run, index);
  StepResult result = co_await action->second->perform(context);
  PAYNAMED_FAILPOINT("engine.effect.after");
  co_return co_await finish_step(run, index, std::move(result));
}

asio::awaitable<Driver::MaybeRest> Driver::write_intent(Run& run, std::size_t index) {
  const StepProgress& step = run.progress.step(index);
  Result<json::object> prepared = step.intent;
  const bool anew = !step.intended || step.must_prepare;
  if (anew) {
    const StepContext context = context_of(run, index);
    prepared = co_await actions_.find(run.pipeline.steps[index].kind)->second->prepare(context);
  }
  if (!prepared) {
    Failure failure{prepared.error(), false, false};
    co_return co_await fail_step(run, index, std::move(failure));
  }
  Draft draft = draft_of(run);
  const std::uint32_t attempt = step.attempts + 1;
  add(run, draft,
      entry::intent(static_cast<std::uint32_t>(index), attempt, anew ? step.generation + 1 : step.generation,
                    clock_.wall(), *std::move(prepared)));
  run.intent_fresh = true;
  PAYNAMED_FAILPOINT("engine.intent.before");
  MaybeRest rest = co_await commit(run, std::move(draft));
  PAYNAMED_FAILPOINT("engine.intent.after");
  co_return rest;
}

asio::awaitable<Driver::MaybeRest> Driver::finish_step(Run& run, std::size_t index, StepResult result) {
  if (auto* failure = std::get_if<Failure>(&result)) {
    co_return co_await fail_step(run, index, std::move(*failure));
  }
  if (const auto* done = std::get_if<Done>(&result)) {
    if (auto status = check_size(*done); !status.ok()) {
      Failure too_large{std::move(status), true, false};
      co_return co_await fail_step(run, index, std::move(too_large));
    }
  }
  const auto number = static_cast<std::uint32_t>(index);
  const StepProgress& step = run.progress.step(index);
  if (auto* wait = std::get_if<Wait>(&result); wait && stays_in_memory(run, index, *wait)) {
    entry::Written again =
        entry::wait(number, clock_.wall(), wait->until, wait->message, std::move(wait->state));
    [[maybe_unused]] const auto applied = run.progress.apply_unwritten(again);
    co_return std::nullopt;
  }
  const std::uint32_t attempt = step.state == StepView::State::kRunning ? step.attempts : step.attempts + 1;
  Draft draft = draft_of(run);
  std::visit(
      Overloaded{
          [&](Done& done) {
            add(run, draft,
                entry::done(number, attempt, clock_.wall(), std::move(done.outputs), done.message));
            add_events(draft, std::move(done.events));
            draft.proof = std::move(done.proof);
          },
          [&](Skipped& skipped) { add(run, draft, entry::skipped(number, clock_.wall(), skipped.message)); },
          [&](Wait& wait) {
            run.wait_written = clock_.wall();
            add(run, draft,
                entry::wait(number, clock_.wall(), wait.until, wait.message, std::move(wait.state)));
          },
          [](Failure&) {},
      },
      result);
  if (!std::holds_alternative<Wait>(result)) {
    if (auto added = co_await add_what_follows(run, draft); !added) {
      co_return Rest{Kind::kStopped, {}, added.error()};
    }
  }
  PAYNAMED_FAILPOINT("engine.outcome.before");
  MaybeRest rest = co_await commit(run, std::move(draft));
  PAYNAMED_FAILPOINT("engine.outcome.after");
  co_return rest;
}

// A poll that found what the one before it found is not worth a commit: after a restart the step looks at
// once.
bool Driver::stays_in_memory(const Run& run, std::size_t index, const Wait& wait) const {
  const StepProgress& step = run.progress.step(index);
  return step.state == StepView::State::kWaiting && !step.attempt_open && step.message == wait.message &&
         run.wait_written && clock_.wall() >= *run.wait_written &&
         clock_.wall() - *run.wait_written < kWaitsWrittenEvery;
}

bool Driver::beyond_return(const Run& run) const {
  for (std::size_t i = 0; i < run.progress.step_count(); ++i) {
    const StepProgress& step = run.progress.step(i);
    if (step.state != StepView::State::kDone && !step.effect_possible()) continue;
    const auto action = actions_.find(run.pipeline.steps[i].kind);
    if (action != actions_.end() && action->second->is_final()) return true;
  }
  return false;
}

asio::awaitable<Result<void>> Driver::add_what_follows(Run& run, Draft& draft) {
  const std::size_t next = run.progress.current();
  if (next == run.progress.step_count()) {
    add(run, draft,
        entry::note(entry::Note::kCompleted, static_cast<std::uint32_t>(next), clock_.wall(), {}));
    std::vector<state::NewEvent> events;
    events.push_back(event_of("run.completed", run.id, run.input));
    add_events(draft, std::move(events));
    co_return Result<void>{};
  }
  if (run.cancel_requested && !beyond_return(run)) co_return Result<void>{};
  const auto action = actions_.find(run.pipeline.steps[next].kind);
  if (action == actions_.end() || !action->second->has_effect() || action->second->reads_before()) {
    co_return Result<void>{};
  }
  const StepContext context = context_of(run, next);
  Result<json::object> prepared = co_await action->second->prepare(context);
  // A failure shows again, and is handled, when the step's turn comes.
  if (prepared) {
    add(run, draft,
        entry::intent(static_cast<std::uint32_t>(next), 1, 1, clock_.wall(), *std::move(prepared)));
    run.intent_fresh = true;
  }
  co_return Result<void>{};
}

// Nothing was begun: the run waits until it may be, which is no part of the step's budget.
asio::awaitable<Driver::MaybeRest> Driver::hold_step(Run& run, std::size_t index, Failure failure) {
  const StepProgress& step = run.progress.step(index);
  const base::WallTime now = clock_.wall();
  const std::uint32_t attempt = step.state == StepView::State::kRunning ? step.attempts : step.attempts + 1;
  Draft draft = draft_of(run);
  add(run, draft,
      entry::held(static_cast<std::uint32_t>(index), attempt, now, now + held_for(failure.status, random_),
                  failure.status, failure.effect_unknown));
  run.held_by = failure.status.deferred_by();
  PAYNAMED_FAILPOINT("engine.outcome.before");
  MaybeRest rest = co_await commit(run, std::move(draft));
  PAYNAMED_FAILPOINT("engine.outcome.after");
  co_return rest;
}

Driver::MaybeRest Driver::stay_held(Run& run, std::size_t index) const {
  const std::string by = std::exchange(run.held_by, {});
  if (by.empty() || !refusal_) return std::nullopt;
  const std::optional<Status> refused = refusal_(by);
  if (!refused) return std::nullopt;
  run.held_by = by;
  const auto number = static_cast<std::uint32_t>(index);
  const StepProgress& step = run.progress.step(index);
  const base::WallTime now = clock_.wall();
  const base::WallTime until = now + held_for(*refused, random_);
  entry::Written again =
      run.progress.phase() == Phase::kCompensating
          ? entry::undo_again(number, now, until, refused->message(), step.wait_state, false)
          : entry::held(number, step.attempts + 1, now, until, *refused, false);
  [[maybe_unused]] const auto applied = run.progress.apply_unwritten(again);
  return Rest{Kind::kUntil, until, {}};
}

asio::awaitable<Driver::MaybeRest> Driver::fail_step(Run& run, std::size_t index, Failure failure) {
  const auto number = static_cast<std::uint32_t>(index);
  const StepProgress& step = run.progress.step(index);
  const CompiledStep& compiled = run.pipeline.steps[index];
  const base::WallTime now = clock_.wall();
  const std::uint32_t attempt = step.state == StepView::State::kRunning ? step.attempts : step.attempts + 1;
  if (failure.status.deferred()) co_return co_await hold_step(run, index, std::move(failure));
  const base::WallTime due = step.due(compiled.deadline, now);
  const bool late = failure.status.code() == Code::kDeadlineExceeded && now >= due;

  Consequence consequence = failure.pause ? Consequence::kPause : consequence_of(failure.status.code());
  const bool turned_away = is_turned_away(failure);
  std::optional<base::WallTime> until;
  bool exhausted = late;
  if (consequence == Consequence::kRetry && !late) {
    base::Duration delay = backoff(compiled.retry, step.tries + 1, random_);
    delay = std::max(delay, base::Duration{failure.status.retry_after_ms()});
    if (turned_away) delay = std::max(delay, kLeastTurnAway);
    until = now + delay;
    const bool last_try = !turned_away && step.tries + 1 >= compiled.retry.attempts;
    exhausted = last_try || *until >= due;
  }
  // Credentials that are refused will be refused again: the budget counts as spent. While an earlier call may
  // still act there is nothing to choose: nothing else may be started, not even an undo.
  if (!failure.pause && (exhausted || consequence == Consequence::kPause)) {
    until.reset();
    consequence = compiled.on_exhausted == config::Step::OnExhausted::kCompensate ? Consequence::kCompensate
                                                                                  : Consequence::kPause;
  }

  Draft draft = draft_of(run);
  add(run, draft,
      entry::failed(number, attempt, now, failure.status, failure.effect_unknown, until, !turned_away));
  if (consequence == Consequence::kCompensate && beyond_return(run)) consequence = Consequence::kPause;
  const std::string reason = fmt::format("step '{}': {}", compiled.id, failure.status.message());
  if (consequence == Consequence::kPause) add_pause(run, draft, index, reason);
  if (consequence == Consequence::kCompensate) add_turn_back(run, draft, index, reason);
  PAYNAMED_FAILPOINT("engine.outcome.before");
  MaybeRest rest = co_await commit(run, std::move(draft));
  PAYNAMED_FAILPOINT("engine.outcome.after");
  co_return rest;
}

asio::awaitable<Driver::MaybeRest> Driver::backward(Run& run) {
  const std::optional<std::size_t> index = run.progress.next_undo();
  if (!index) {
    Draft draft = draft_of(run);
    add_compensated(run, draft);
    co_return co_await commit(run, std::move(draft));
  }
  const StepProgress& step = run.progress.step(*index);
  if (step.rests(clock_.wall())) co_return Rest{Kind::kUntil, *step.until, {}};
  if (MaybeRest held = stay_held(run, *index)) co_return held;
  const auto action = actions_.find(run.pipeline.steps[*index].kind);
  UndoResult result = UndoDone{{}, "nothing to take back"};
  PAYNAMED_FAILPOINT("engine.undo.before");
  if (!step.effect_possible()) {
    result = UndoDone{{}, "nothing had been done"};
  } else if (action != actions_.end()) {
    const StepContext context = context_of(run, *index);
    result = co_await action->second->undo(context);
  }
  PAYNAMED_FAILPOINT("engine.undo.after");
  co_return co_await finish_undo(run, *index, std::move(result));
}

asio::awaitable<Driver::MaybeRest> Driver::finish_undo(Run& run, std::size_t index, UndoResult result) {
  const auto number = static_cast<std::uint32_t>(index);
  const base::WallTime now = clock_.wall();
  Draft draft = draft_of(run);
  std::visit(
      Overloaded{
          [&](UndoDone& done) {
            add(run, draft, entry::undo_done(number, now, done.message));
            add_events(draft, std::move(done.events));
            if (!run.progress.next_undo()) add_compensated(run, draft);
          },
          [&](Wait& wait) {
            add(run, draft,
                entry::undo_again(number, now, wait.until, wait.message, std::move(wait.state), false));
          },
          [&](Failure& failure) {
            const Status& status = failure.status;
            const bool again = !failure.pause && consequence_of(status.code()) == Consequence::kRetry;
            const std::uint32_t tries = run.progress.step(index).undo_tries + 1;
            base::Duration delay = again ? backoff(kUndoRetry, tries, random_) : base::Duration{0};
            delay = status.deferred() ? held_for(status, random_)
                                      : std::max(delay, base::Duration{status.retry_after_ms()});
            run.held_by = status.deferred_by();
            add(run, draft,
                entry::undo_again(number, now, now + delay, status.message(),
                                  run.progress.step(index).wait_state, !status.deferred()));
            if (!again) {
              add_pause(
                  run, draft, index,
                  fmt::format("taking back step '{}': {}", run.pipeline.steps[index].id, status.message()));
            }
          },
      },
      result);
  PAYNAMED_FAILPOINT("engine.undo_outcome.before");
  MaybeRest rest = co_await commit(run, std::move(draft));
  PAYNAMED_FAILPOINT("engine.undo_outcome.after");
  co_return rest;
}

asio::awaitable<Result<void>> Driver::resume(Run& run) {
  const bool back = run.progress.phase_below_pause() == Phase::kCompensating;
  const std::size_t index = back ? run.progress.next_undo().value_or(0) : run.progress.current();
  Draft draft = draft_of(run);
  add(run, draft, entry::note(entry::Note::kResumed, static_cast<std::uint32_t>(index), clock_.wall(), {}));
  json::object data;
  data["compensating"] = back;
  std::vector<state::NewEvent> events;
  events.push_back(event_of("run.resumed", run.id, run.input, std::move(data)));
  add_events(draft, std::move(events));
  const MaybeRest rest = co_await commit(run, std::move(draft));
  if (rest) co_return base::fail(rest->failure);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Driver::turn_back(Run& run, std::string reason) {
  Draft draft = draft_of(run);
  add_turn_back(run, draft, std::min(run.progress.current(), run.progress.step_count()), reason);
  const MaybeRest rest = co_await commit(run, std::move(draft));
  if (rest) co_return base::fail(rest->failure);
  co_return Result<void>{};
}

asio::awaitable<Driver::MaybeRest> Driver::commit(Run& run, Draft draft) {
  state::RunUpdate update;
  update.run = run.key;
  update.expected_entries = draft.expected_entries;
  update.journal = std::move(draft.journal);
  update.events = std::move(draft.events);
  update.proof = std::move(draft.proof);
  PAYNAMED_FAILPOINT("engine.commit.before");
  Result<void> recorded = co_await store_.record(std::move(update));
  PAYNAMED_FAILPOINT("engine.commit.after");
  // The progress is ahead of the disk now: the run must not go on in this process.
  if (!recorded) co_return Rest{Kind::kStopped, {}, recorded.error()};
  co_return std::nullopt;
}

Driver::Draft Driver::draft_of(const Run& run) const {
  return {run.progress.entries(), {}, {}};
}

void Driver::add(Run& run, Draft& draft, entry::Written written) const {
  // Our own entry always fits; replay is where entries are doubted.
  [[maybe_unused]] const auto applied = run.progress.apply(written);
  draft.journal.push_back(std::move(written.entry));
}

void Driver::add_pause(Run& run, Draft& draft, std::size_t index, const std::string& reason) const {
  add(run, draft,
      entry::note(entry::Note::kPaused, static_cast<std::uint32_t>(index), clock_.wall(), reason));
  json::object data;
  data["step"] = run.pipeline.steps[index].id;
  data["reason"] = reason;
  std::vector<state::NewEvent> events;
  events.push_back(event_of("run.paused", run.id, run.input, std::move(data)));
  add_events(draft, std::move(events));
}

void Driver::add_turn_back(Run& run, Draft& draft, std::size_t index, const std::string& reason) const {
  run.held_by.clear();
  add(run, draft,
      entry::note(entry::Note::kCompensating, static_cast<std::uint32_t>(index), clock_.wall(), reason));
  json::object data;
  if (index < run.pipeline.steps.size()) data["step"] = run.pipeline.steps[index].id;
  data["reason"] = reason;
  std::vector<state::NewEvent> events;
  events.push_back(event_of("run.compensating", run.id, run.input, std::move(data)));
  if (!run.progress.next_undo()) {
    add_events(draft, std::move(events));
    add_compensated(run, draft);
    return;
  }
  add_events(draft, std::move(events));
}

void Driver::add_compensated(Run& run, Draft& draft) const {
  add(run, draft, entry::note(entry::Note::kCompensated, 0, clock_.wall(), run.progress.reason()));
  json::object data;
  data["reason"] = run.progress.reason();
  std::vector<state::NewEvent> events;
  events.push_back(event_of("run.compensated", run.id, run.input, std::move(data)));
  add_events(draft, std::move(events));
}

void Driver::add_events(Draft& draft, std::vector<state::NewEvent> events) const {
  for (state::NewEvent& event : events) {
    event.time = clock_.wall();
    event.id = base::Uuid::v7(event.time, random_);
    draft.events.push_back(std::move(event));
  }
}

StepContext Driver::context_of(const Run& run, std::size_t index) const {
  return {run.id,
          run.input,
          run.pipeline,
          run.progress,
          index,
          clock_.wall(),
          fmt::format("{}/{}/{}", run.id.to_string(), run.pipeline.steps[index].id,
                      std::max(1U, run.progress.step(index).generation)),
          run.correlation_id,
          run.traceparent};
}

}  // namespace paynamed::pipeline
