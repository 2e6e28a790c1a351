// Monitor keeps "live" true: it looks at every live and every degraded name once an interval, spread evenly
// over it, says so by name.degraded and name.recovered, lets those be repaired whose domain wants it, and
// keeps the proofs of live names from ending.
//
// A name is degraded only when two looks, some time apart, found somebody who knows that the record is not as
// it should be. A look that finds nobody to ask says nothing about a name.
//
// Threads: run() is one coroutine on a strand, which owns everything here; stop it by cancelling it. The
// looks themselves run on `workers`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <string>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "monitor/finding.hpp"
#include "monitor/offer_ends.hpp"
#include "monitor/rechecks.hpp"
#include "monitor/repairs.hpp"
#include "monitor/rotations.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

class Monitor {
 public:
  struct Settings {
    base::Duration interval{6LL * 3'600'000};
    base::Duration second_look{30'000};  // before a name counts as degraded
    base::Duration first_recheck{
        60'000};  // of a degraded name, and after a look without result; then doubling
    base::Duration announce_offers{7LL * 86'400'000};  // before an offer in DNS ends
    std::size_t looks_at_once = 64;
    std::size_t most_rechecks = 20'000;
    Repairs::Settings repairs;
    Rotations::Settings rotations;
  };
  struct Dependencies {
    boost::asio::any_io_executor workers;
    state::Store& store;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    Look look;
    RepairRuns repair_runs = {};
    RotationRuns rotation_runs = {};
  };
  Monitor(Settings settings, Dependencies dependencies);

  // Until it is cancelled; then it waits for the looks that run.
  boost::asio::awaitable<void> run();

 private:
  struct Series {
    explicit Series(observe::Metrics& metrics);
    observe::Counter fine;
    observe::Counter wrong;
    observe::Counter unknown;
    observe::Gauge degraded;
    observe::Gauge lag;
    observe::Gauge rechecks;
    observe::Counter repairs_begun;
    observe::Counter repairs_refused;
    observe::Counter repairs_stopped;
    observe::Counter rotations_begun;
    observe::Counter rotations_refused;
  };
  struct Running {
    state::NameKey key = 0;
    boost::asio::cancellation_signal stop;
  };
  using Place = std::list<Running>::iterator;

  // --- rounds (monitor.cpp)
  boost::asio::awaitable<base::Result<void>> round();
  void take_up_degraded();
  boost::asio::awaitable<base::Result<void>> look_by_schedule();
  boost::asio::awaitable<base::Result<void>> look_again_at_some();
  boost::asio::awaitable<base::Result<void>> keep_house();
  boost::asio::awaitable<base::Result<void>> rotate_what_is_due();
  boost::asio::awaitable<base::Result<void>> plan_renewals();
  // Waits for a free place; false when cancelled before.
  boost::asio::awaitable<bool> start(state::WatchedName name, Depth depth);
  boost::asio::awaitable<void> look(state::WatchedName name, Depth depth);
  bool is_running(state::NameKey name) const;

  // --- what a look found (judgement.cpp)
  boost::asio::awaitable<void> take(state::WatchedName name, Finding finding);
  boost::asio::awaitable<void> take_fine(state::WatchedName name, Finding finding);
  boost::asio::awaitable<void> take_wrong(state::WatchedName name, Finding finding);
  // Of a name that is degraded.
  boost::asio::awaitable<void> repair(state::WatchedName name, Finding finding);
  boost::asio::awaitable<void> renew(const state::WatchedName& name, state::Proof proof);
  boost::asio::awaitable<base::Result<void>> say(state::WatchedName name, std::string type, std::string data);
  boost::asio::awaitable<base::Result<void>> say(state::WatchedName name, state::NewEvent event);
  void look_again_in(base::Duration delay, state::NameKey name, bool suspect);
  // Twice as long as before.
  base::Duration longer_delay(state::NameKey name) const;

  const Settings settings_;
  const Dependencies with_;
  const Series series_;
  Rotations rotations_;
  OfferEnds offer_ends_;
  base::WallTime done_until_;
  base::MonotonicTime next_housekeeping_;
  base::MonotonicTime next_renewals_;
  Rechecks rechecks_;
  Repairs repairs_;
  std::list<Running> running_;
  base::Broadcast ended_;
  // Looks without result since it was last said.
  std::size_t unknown_ = 0;
  std::string last_unknown_;
};

// Whether a later proof should take this one's place: less than a quarter of its time or a day is left.
bool is_ending(const state::Proof& proof, base::WallTime now);

}  // namespace paynamed::monitor
