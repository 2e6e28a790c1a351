// Progress: where a run stands, as a function of its pipeline and its journal. The engine applies each entry
// that it writes to the same object that replays a journal after a restart, so that both ways agree by
// construction.
//
// Threads: a value type; its owner serialises access.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "pipeline/compiled.hpp"
#include "pipeline/engine.hpp"
#include "state/model.hpp"

namespace paynamed::pipeline {

enum class Phase { kForward, kPaused, kCompensating, kCompleted, kCompensated };

struct StepProgress {
  StepView::State state = StepView::State::kPending;
  std::uint32_t attempts = 0;  // since the run began
  std::uint32_t tries = 0;     // since the last success, wait or resume: what the retry budget counts
  std::uint32_t undo_tries = 0;
  bool intended = false;      // an intent is on disk
  bool must_prepare = false;  // a compare-and-set was lost: read again before the next attempt
  std::uint32_t generation =
      0;                      // of the idempotency key: another one for each preparation; 0 before the first
  bool attempt_open = false;  // and there is no outcome of it yet
  bool effect_unknown = false;  // an earlier attempt may have acted: it had no outcome, or an unknown one
  bool effect_known = false;    // an attempt was done
  base::Code last_code = base::Code::kOk;
  std::optional<base::WallTime> started;  // of the present budget: begins anew with a resume
  std::optional<base::WallTime> finished;
  std::optional<base::WallTime> until;
  std::optional<base::WallTime>
      since;  // when `until` was written: a clock that stepped back must not delay it
  std::optional<base::WallTime> held_since;  // nobody is asked at the moment: no part of the budget
  base::Duration held{0};                    // how long that was before, in the present budget
  std::string message;
  boost::json::object intent;      // what the undo needs
  boost::json::object wait_state;  // of the last wait
  boost::json::object outputs;

  // The time that it waits for has not come. A clock that was set back does not prolong a wait.
  bool rests(base::WallTime now) const { return until && now < *until && (!since || now >= *since); }
  // The end of a budget of `deadline`. Being held prolongs it.
  base::WallTime due(base::Duration deadline, base::WallTime now) const;
  // Something may stand outside that an undo has to take back.
  bool effect_possible() const { return attempt_open || effect_unknown || effect_known; }
  // An attempt may act even now: its request may still be on its way.
  bool late_effect_possible() const { return attempt_open || effect_unknown; }
};

namespace entry {

// An entry that was just made, and its payload as it was before it became text.
struct Written {
  state::JournalEntry entry;
  boost::json::object payload;
};

}  // namespace entry

class Progress {
 public:
  explicit Progress(const CompiledPipeline& pipeline) : steps_(pipeline.steps.size()) {}

  // DATA_LOSS when the entry does not fit (a step that is not there, a payload that is no JSON object).
  base::Result<void> apply(const state::JournalEntry& entry);
  // The same of an entry of this process, without reading its text again. Takes the payload.
  base::Result<void> apply(entry::Written& written);
  // The same of an entry that stays in memory: a restart does without it.
  base::Result<void> apply_unwritten(entry::Written& written);
  static base::Result<Progress> replay(const CompiledPipeline& pipeline,
                                       const std::vector<state::JournalEntry>& journal);

  Phase phase() const { return phase_; }
  // What a paused run was doing: kForward or kCompensating. The phase itself when it is not paused.
  Phase phase_below_pause() const { return phase_ == Phase::kPaused ? paused_phase_ : phase_; }
  // Forward: the first step that is not done; step_count() when all are.
  std::size_t current() const { return current_; }
  // Backward: the last step that may have had an effect which is not undone yet.
  std::optional<std::size_t> next_undo() const;
  const std::string& reason() const { return reason_; }
  const StepProgress& step(std::size_t index) const { return steps_[index]; }
  std::size_t step_count() const { return steps_.size(); }
  std::uint32_t entries() const { return entries_; }

 private:
  base::Result<void> apply(const state::JournalEntry& entry, boost::json::object payload);
  void apply_intent(StepProgress& step, const state::JournalEntry& entry, boost::json::object payload);
  void apply_outcome(StepProgress& step, const state::JournalEntry& entry, boost::json::object payload);
  void apply_undo_outcome(StepProgress& step, const state::JournalEntry& entry, boost::json::object payload);
  base::Result<void> apply_note(const state::JournalEntry& entry, const boost::json::object& payload);
  std::vector<StepProgress> steps_;
  Phase phase_ = Phase::kForward;
  Phase paused_phase_ = Phase::kForward;
  std::size_t current_ = 0;
  std::string reason_;
  std::uint32_t entries_ = 0;
};

// The journal's entries, written in one place and read in one place.
namespace entry {

Written intent(std::uint32_t step, std::uint32_t attempt, std::uint32_t generation, base::WallTime now,
               boost::json::object data);
Written done(std::uint32_t step, std::uint32_t attempt, base::WallTime now, boost::json::object outputs,
             std::string_view message);
Written skipped(std::uint32_t step, base::WallTime now, std::string_view message);
// A failed attempt; with `until` there will be another one then.
Written failed(std::uint32_t step, std::uint32_t attempt, base::WallTime now, const base::Status& status,
               bool effect_unknown, std::optional<base::WallTime> until, bool counts_as_try);
// An attempt that was not even begun, and will be made then: it counts as none.
Written held(std::uint32_t step, std::uint32_t attempt, base::WallTime now, base::WallTime until,
             const base::Status& status, bool effect_unknown);
Written wait(std::uint32_t step, base::WallTime now, base::WallTime until, std::string_view message,
             boost::json::object state);
Written undo_done(std::uint32_t step, base::WallTime now, std::string_view message);
Written undo_again(std::uint32_t step, base::WallTime now, base::WallTime until, std::string_view message,
                   boost::json::object state, bool counts_as_try);
enum class Note { kPaused, kResumed, kCompensating, kCompleted, kCompensated };
Written note(Note note, std::uint32_t step, base::WallTime now, std::string_view reason);

}  // namespace entry

}  // namespace paynamed::pipeline
