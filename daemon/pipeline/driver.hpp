// Driver: takes a run forward, or back, until it rests: final, paused, waiting for a time, or the daemon
// stops.
//
// The order that makes a crash harmless: intent on disk, side effect, outcome on disk, next action.
//
// Threads: one driver serves all runs; a run is driven by one coroutine at a time.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "pipeline/action.hpp"
#include "pipeline/run.hpp"
#include "state/store.hpp"

namespace paynamed::pipeline {

// What to do about a failure, by its code (the table of abi.h).
enum class Consequence { kRetry, kPause, kCompensate };
Consequence consequence_of(base::Code code);

// How long to wait before the attempt after `tries` failures: doubles from `first` to `max`, the upper half
// random.
base::Duration backoff(const config::Retry& retry, std::uint32_t tries, base::Random& random);

class Driver {
 public:
  struct Rest {
    enum class Kind { kFinal, kPaused, kUntil, kStopped };
    Kind kind = Kind::kStopped;
    base::WallTime until;  // kUntil
    base::Status failure;  // kStopped: why, when the store refused a write
  };

  // What a call of an instance would be refused with at the moment without being begun; empty: nobody knows.
  using Refusal = std::function<std::optional<base::Status>(std::string_view instance)>;

  Driver(state::Store& store, const ActionTable& actions, base::Clock& clock, base::Random& random,
         Refusal refusal = {})
      : store_(store), actions_(actions), clock_(clock), random_(random), refusal_(std::move(refusal)) {}

  // What is to be written together with the acceptance of a new run: the first step's intent where that needs
  // no waiting, already applied to the run's progress. The run may only go on when it is on disk.
  boost::asio::awaitable<std::vector<state::JournalEntry>> begin(Run& run);
  boost::asio::awaitable<Rest> drive(Run& run, const std::atomic<bool>& stopping);

  // A paused run goes on; a forward one turns back. The run must not be driven meanwhile.
  boost::asio::awaitable<base::Result<void>> resume(Run& run);
  boost::asio::awaitable<base::Result<void>> turn_back(Run& run, std::string reason);
  // A final action is done, or may be: the run goes forward only.
  bool beyond_return(const Run& run) const;

 private:
  // Entries and events that belong into one transaction, already applied to the run's progress.
  struct Draft {
    std::uint32_t expected_entries = 0;
    std::vector<state::JournalEntry> journal;
    std::vector<state::NewEvent> events;
    std::optional<state::Proof> proof = {};
  };
  using MaybeRest = std::optional<Rest>;

  boost::asio::awaitable<MaybeRest> forward(Run& run);
  boost::asio::awaitable<MaybeRest> backward(Run& run);
  boost::asio::awaitable<MaybeRest> finish_step(Run& run, std::size_t index, StepResult result);
  // Adds the next step's intent to the draft where that needs no waiting, or the end of the run after the
  // last step.
  boost::asio::awaitable<base::Result<void>> add_what_follows(Run& run, Draft& draft);
  boost::asio::awaitable<MaybeRest> write_intent(Run& run, std::size_t index);
  boost::asio::awaitable<MaybeRest> fail_step(Run& run, std::size_t index, Failure failure);
  boost::asio::awaitable<MaybeRest> hold_step(Run& run, std::size_t index, Failure failure);
  boost::asio::awaitable<MaybeRest> finish_undo(Run& run, std::size_t index, UndoResult result);
  boost::asio::awaitable<MaybeRest> commit(Run& run, Draft draft);

  // Who held the current step or undo would refuse it again: it rests on, and nothing is written.
  MaybeRest stay_held(Run& run, std::size_t index) const;
  bool stays_in_memory(const Run& run, std::size_t index, const Wait& wait) const;
  Draft draft_of(const Run& run) const;
  void add(Run& run, Draft& draft, entry::Written written) const;
  void add_pause(Run& run, Draft& draft, std::size_t index, const std::string& reason) const;
  void add_turn_back(Run& run, Draft& draft, std::size_t index, const std::string& reason) const;
  void add_compensated(Run& run, Draft& draft) const;
  void add_events(Draft& draft, std::vector<state::NewEvent> events) const;
  StepContext context_of(const Run& run, std::size_t index) const;

  state::Store& store_;
  const ActionTable& actions_;
  base::Clock& clock_;
  base::Random& random_;
  const Refusal refusal_;
};

}  // namespace paynamed::pipeline
