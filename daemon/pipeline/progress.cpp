#include "pipeline/progress.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace json = boost::json;
using base::Result;
using state::JournalEntry;
using Kind = JournalEntry::Kind;

namespace {

bool flag_of(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found && found->is_bool() && found->get_bool();
}

std::optional<base::WallTime> time_of(const json::object& object, std::string_view key) {
  return base::from_rfc3339(text_of(object, key));
}

json::object object_of(json::object& object, std::string_view key) {
  json::value* found = object.if_contains(key);
  return found && found->is_object() ? std::move(found->get_object()) : json::object{};
}

// Of a failed attempt; one of an earlier version says nothing of it, and counted.
bool counts_as_try(const json::object& payload) {
  const json::value* said = payload.if_contains("try");
  return !said || !said->is_bool() || said->get_bool();
}

// An attempt was made.
void end_hold(StepProgress& step, base::WallTime now) {
  if (!step.held_since) return;
  step.held += std::max(now - *step.held_since, base::Duration{0});
  step.held_since.reset();
}

}  // namespace

base::WallTime StepProgress::due(base::Duration deadline, base::WallTime now) const {
  const base::Duration now_held =
      held_since ? std::max(now - *held_since, base::Duration{0}) : base::Duration{0};
  return started.value_or(now) + deadline + held + now_held;
}

Result<Progress> Progress::replay(const CompiledPipeline& pipeline,
                                  const std::vector<JournalEntry>& journal) {
  Progress progress{pipeline};
  for (const JournalEntry& each : journal) {
    if (auto applied = progress.apply(each); !applied) return base::fail(applied.error());
  }
  return progress;
}

Result<void> Progress::apply(const JournalEntry& entry) {
  boost::system::error_code error;
  json::value parsed = json::parse(entry.payload, error);
  if (error || !parsed.is_object()) {
    return base::fail(
        base::data_loss("the run's journal has an unreadable entry; restore the state file from a backup"));
  }
  return apply(entry, std::move(parsed.get_object()));
}

Result<void> Progress::apply(entry::Written& written) {
  return apply(written.entry, std::move(written.payload));
}

Result<void> Progress::apply_unwritten(entry::Written& written) {
  Result<void> applied = apply(written);
  if (applied) --entries_;
  return applied;
}

Result<void> Progress::apply(const JournalEntry& entry, json::object payload) {
  if (entry.step >= steps_.size() && !(entry.kind == Kind::kNote && entry.step == steps_.size())) {
    return base::fail(
        base::data_loss("the run's journal names a step that its pipeline does not have; restore the "
                        "state file from a backup"));
  }
  ++entries_;
  if (entry.kind == Kind::kNote) return apply_note(entry, payload);

  StepProgress& step = steps_[entry.step];
  switch (entry.kind) {
    case Kind::kIntent:
      apply_intent(step, entry, std::move(payload));
      break;
    case Kind::kOutcome:
      apply_outcome(step, entry, std::move(payload));
      break;
    case Kind::kWait:
      end_hold(step, entry.time);
      step.state = StepView::State::kWaiting;
      step.tries = 0;
      if (!step.started) step.started = entry.time;
      step.until = time_of(payload, "until");
      step.since = entry.time;
      step.message = text_of(payload, "message");
      step.wait_state = object_of(payload, "state");
      break;
    case Kind::kUndoIntent:
      step.state = StepView::State::kUndoing;
      break;
    case Kind::kUndoOutcome:
      apply_undo_outcome(step, entry, std::move(payload));
      break;
    case Kind::kNote:
      break;
  }
  return {};
}

void Progress::apply_intent(StepProgress& step, const JournalEntry& entry, json::object payload) {
  end_hold(step, entry.time);
  step.state = StepView::State::kRunning;
  if (!step.started) step.started = entry.time;
  step.attempts = entry.attempt;
  if (step.attempt_open)
    step.effect_unknown = true;  // the process ended between that attempt and its outcome
  step.intended = true;
  step.attempt_open = true;
  step.last_code = base::Code::kOk;
  step.must_prepare = false;
  const auto generation = integer_of(payload, "generation").value_or(1);
  step.generation = static_cast<std::uint32_t>(std::clamp<std::int64_t>(generation, 1, UINT32_MAX));
  step.until.reset();
  step.intent = object_of(payload, "data");
}

void Progress::apply_outcome(StepProgress& step, const JournalEntry& entry, json::object payload) {
  if (!step.started) step.started = entry.time;
  step.message = text_of(payload, "message");
  step.attempts = std::max(step.attempts, entry.attempt);
  step.until.reset();
  const std::string result = text_of(payload, "result");
  if (result != "held") end_hold(step, entry.time);
  if (result == "done" || result == "skipped") {
    step.state = result == "done" ? StepView::State::kDone : StepView::State::kSkipped;
    step.attempt_open = false;
    step.effect_known = result == "done";
    step.finished = entry.time;
    step.outputs = object_of(payload, "outputs");
    step.last_code = base::Code::kOk;
    current_ = entry.step + 1U;
    return;
  }
  if (result == "held") {
    if (!step.held_since) step.held_since = entry.time;
    step.attempts = entry.attempt > 0 ? entry.attempt - 1 : 0;
    step.attempt_open = false;
    if (flag_of(payload, "effect_unknown")) step.effect_unknown = true;
    step.until = time_of(payload, "until");
    step.since = entry.time;
    step.state = StepView::State::kWaiting;
    return;
  }
  if (counts_as_try(payload)) ++step.tries;
  step.attempt_open = false;
  if (flag_of(payload, "effect_unknown")) step.effect_unknown = true;
  const json::value* code = payload.if_contains("code");
  step.last_code =
      base::code_from_number(code && code->is_int64() ? static_cast<std::int32_t>(code->get_int64()) : 2);
  if (step.last_code == base::Code::kAborted) step.must_prepare = true;
  step.until = time_of(payload, "until");
  step.since = entry.time;
  step.state = StepView::State::kFailed;
}

void Progress::apply_undo_outcome(StepProgress& step, const JournalEntry& entry, json::object payload) {
  step.message = text_of(payload, "message");
  if (text_of(payload, "result") == "done") {
    step.state = StepView::State::kUndone;
    step.finished = entry.time;
    step.until.reset();
    step.wait_state.clear();
    return;
  }
  step.state = StepView::State::kUndoing;
  if (flag_of(payload, "try")) ++step.undo_tries;
  step.until = time_of(payload, "until");
  step.since = entry.time;
  step.wait_state = object_of(payload, "state");
}

Result<void> Progress::apply_note(const JournalEntry& entry, const json::object& payload) {
  const std::string note = text_of(payload, "note");
  if (note == "paused") {
    paused_phase_ = phase_;
    phase_ = Phase::kPaused;
    reason_ = text_of(payload, "reason");
  } else if (note == "resumed") {
    phase_ = paused_phase_;
    if (entry.step < steps_.size()) {
      StepProgress& step = steps_[entry.step];
      step.tries = 0;
      step.undo_tries = 0;
      step.started.reset();
      step.held_since.reset();
      step.held = base::Duration{0};
      step.until.reset();
      if (phase_ == Phase::kForward) step.wait_state.clear();
    }
    if (phase_ == Phase::kForward) reason_.clear();
  } else if (note == "compensating") {
    reason_ = text_of(payload, "reason");
    phase_ = Phase::kCompensating;
    for (StepProgress& step : steps_) {
      step.until.reset();
      step.wait_state.clear();
    }
  } else if (note == "completed") {
    phase_ = Phase::kCompleted;
  } else if (note == "compensated") {
    phase_ = Phase::kCompensated;
  } else {
    return base::fail(
        base::data_loss("the run's journal has a note of an unknown kind: it was written by a newer "
                        "version; start that version"));
  }
  return {};
}

std::optional<std::size_t> Progress::next_undo() const {
  for (std::size_t i = steps_.size(); i-- > 0;) {
    if (steps_[i].intended && steps_[i].state != StepView::State::kUndone) return i;
  }
  return std::nullopt;
}

namespace entry {
namespace {

Written make(Kind kind, std::uint32_t step, std::uint32_t attempt, base::WallTime now, json::object payload) {
  std::string text = json::serialize(payload);
  return {{kind, step, attempt, now, std::move(text)}, std::move(payload)};
}

}  // namespace

Written intent(std::uint32_t step, std::uint32_t attempt, std::uint32_t generation, base::WallTime now,
               json::object data) {
  json::object payload;
  if (generation > 1) payload["generation"] = generation;
  payload["data"] = std::move(data);
  return make(Kind::kIntent, step, attempt, now, std::move(payload));
}

Written done(std::uint32_t step, std::uint32_t attempt, base::WallTime now, json::object outputs,
             std::string_view message) {
  json::object payload;
  payload["result"] = "done";
  payload["outputs"] = std::move(outputs);
  if (!message.empty()) payload["message"] = message;
  return make(Kind::kOutcome, step, attempt, now, std::move(payload));
}

Written skipped(std::uint32_t step, base::WallTime now, std::string_view message) {
  json::object payload;
  payload["result"] = "skipped";
  payload["message"] = message;
  return make(Kind::kOutcome, step, 0, now, std::move(payload));
}

Written failed(std::uint32_t step, std::uint32_t attempt, base::WallTime now, const base::Status& status,
               bool effect_unknown, std::optional<base::WallTime> until, bool counts_as_try) {
  json::object payload;
  payload["result"] = "failed";
  if (!counts_as_try) payload["try"] = false;
  payload["code"] = static_cast<std::int64_t>(status.code());
  payload["message"] = status.message();
  if (!status.detail().empty()) payload["detail"] = status.detail();
  if (effect_unknown) payload["effect_unknown"] = true;
  if (until) payload["until"] = base::to_rfc3339(*until);
  return make(Kind::kOutcome, step, attempt, now, std::move(payload));
}

Written held(std::uint32_t step, std::uint32_t attempt, base::WallTime now, base::WallTime until,
             const base::Status& status, bool effect_unknown) {
  json::object payload;
  payload["result"] = "held";
  payload["message"] = status.message();
  if (!status.detail().empty()) payload["detail"] = status.detail();
  if (effect_unknown) payload["effect_unknown"] = true;
  payload["until"] = base::to_rfc3339(until);
  return make(Kind::kOutcome, step, attempt, now, std::move(payload));
}

Written wait(std::uint32_t step, base::WallTime now, base::WallTime until, std::string_view message,
             json::object state) {
  json::object payload;
  payload["until"] = base::to_rfc3339(until);
  payload["message"] = message;
  payload["state"] = std::move(state);
  return make(Kind::kWait, step, 0, now, std::move(payload));
}

Written undo_done(std::uint32_t step, base::WallTime now, std::string_view message) {
  json::object payload;
  payload["result"] = "done";
  payload["message"] = message;
  return make(Kind::kUndoOutcome, step, 0, now, std::move(payload));
}

Written undo_again(std::uint32_t step, base::WallTime now, base::WallTime until, std::string_view message,
                   json::object state, bool counts_as_try) {
  json::object payload;
  payload["result"] = "again";
  payload["until"] = base::to_rfc3339(until);
  payload["message"] = message;
  payload["state"] = std::move(state);
  payload["try"] = counts_as_try;
  return make(Kind::kUndoOutcome, step, 0, now, std::move(payload));
}

Written note(Note what, std::uint32_t step, base::WallTime now, std::string_view reason) {
  constexpr std::string_view kNames[] = {"paused", "resumed", "compensating", "completed", "compensated"};
  json::object payload;
  payload["note"] = kNames[static_cast<std::size_t>(what)];
  if (!reason.empty()) payload["reason"] = reason;
  return make(Kind::kNote, step, 0, now, std::move(payload));
}

}  // namespace entry

}  // namespace paynamed::pipeline
