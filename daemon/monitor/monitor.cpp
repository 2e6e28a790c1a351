#include "monitor/monitor.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/run_on.hpp"
#include "monitor/schedule.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
using base::Result;

namespace {

constexpr base::Duration kMostPause{1'000};
constexpr base::Duration kHousekeeping{60'000};
constexpr base::Duration kLongWait{1'000};  // a wait that is cancelled does not end before
constexpr base::Duration kProofMargin{86'400'000};
constexpr base::Duration kRenewals{3'600'000};

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

asio::awaitable<bool> is_cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

}  // namespace

Monitor::Series::Series(observe::Metrics& metrics)
    : fine(metrics.counter("paynamed_monitor_looks_total", "Looks at names, by what they found.",
                           {{"result", "fine"}})),
      wrong(metrics.counter("paynamed_monitor_looks_total", "Looks at names, by what they found.",
                            {{"result", "wrong"}})),
      unknown(metrics.counter("paynamed_monitor_looks_total", "Looks at names, by what they found.",
                              {{"result", "unknown"}})),
      degraded(metrics.gauge("paynamed_names_degraded", "Names that were live and are not true now.")),
      lag(metrics.gauge("paynamed_monitor_lag_seconds", "How far the looks are behind their schedule.")),
      rechecks(
          metrics.gauge("paynamed_monitor_rechecks", "Names that are looked at sooner than their turn.")),
      repairs_begun(metrics.counter("paynamed_monitor_repairs_total", "Repairs of degraded names.",
                                    {{"result", "begun"}})),
      repairs_refused(metrics.counter("paynamed_monitor_repairs_total", "Repairs of degraded names.",
                                      {{"result", "refused"}})),
      repairs_stopped(metrics.counter("paynamed_monitor_repairs_total", "Repairs of degraded names.",
                                      {{"result", "stopped"}})),
      rotations_begun(metrics.counter("paynamed_monitor_rotations_total",
                                      "Rotations of names whose offers end.", {{"result", "begun"}})),
      rotations_refused(metrics.counter("paynamed_monitor_rotations_total",
                                        "Rotations of names whose offers end.", {{"result", "refused"}})) {}

Monitor::Monitor(Settings settings, Dependencies dependencies)
    : settings_(settings),
      with_(std::move(dependencies)),
      series_(with_.metrics),
      rotations_(settings_.rotations, with_.rotation_runs, with_.store, with_.clock),
      offer_ends_(with_.store, with_.clock, with_.random, with_.log, settings_.announce_offers,
                  with_.rotation_runs.before),
      rechecks_(settings_.most_rechecks),
      repairs_(settings_.repairs, with_.repair_runs, with_.store, with_.clock),
      ended_(with_.clock) {}

asio::awaitable<void> Monitor::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  done_until_ = with_.clock.wall();
  take_up_degraded();
  const base::Duration pause = std::clamp(settings_.interval / 20, base::Duration{1}, kMostPause);
  for (;;) {
    if (const auto done = co_await round(); !done) {
      with_.log.error("names cannot be watched; trying again", {{"why", done.error()}});
    }
    if (co_await is_cancelled()) break;
    if (!co_await base::sleep_for(with_.clock, pause)) break;
  }
  for (Running& each : running_) each.stop.emit(asio::cancellation_type::terminal);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!running_.empty()) {
    const auto seen = ended_.count();
    co_await ended_.wait(seen, kLongWait);
  }
}

// What was planned for them before a restart is forgotten, and their turn may be hours away.
void Monitor::take_up_degraded() {
  const auto names = with_.store.degraded_names(1'000);
  if (!names) {
    with_.log.error("the degraded names cannot be read; they wait for their turn", {{"why", names.error()}});
    return;
  }
  for (const state::WatchedName& name : *names) {
    const base::Duration delay = with_.random.jitter(std::min(settings_.first_recheck, settings_.interval));
    rechecks_.plan(name.key, with_.clock.monotonic() + delay, {settings_.first_recheck / 2, false});
  }
}

asio::awaitable<Result<void>> Monitor::round() {
  // In turns, so that neither keeps the other waiting.
  for (;;) {
    if (auto done = co_await look_again_at_some(); !done) co_return done;
    if (with_.clock.monotonic() >= next_housekeeping_) {
      if (auto done = co_await keep_house(); !done) co_return done;
    }
    if (auto done = co_await look_by_schedule(); !done) co_return done;
    if (co_await is_cancelled()) co_return Result<void>{};
    if (done_until_ >= with_.clock.wall()) co_return Result<void>{};
    // Pages without anything to do must not keep a thread from the others.
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
}

asio::awaitable<Result<void>> Monitor::look_by_schedule() {
  const base::WallTime now = with_.clock.wall();
  // The clock was set back: the moments until then come again.
  if (done_until_ > now) done_until_ = now;
  series_.lag.set(seconds(now - done_until_));
  const auto newest = with_.store.newest_name();
  if (!newest) co_return base::fail(newest.error());
  const DueNames due = due_names(done_until_, now, settings_.interval, *newest, 2 * settings_.looks_at_once);
  auto names = with_.store.watched_names(due.keys);
  if (!names) co_return base::fail(names.error());
  for (state::WatchedName& name : *names) {
    // A run proves by itself what it does.
    if (name.busy || rechecks_.find(name.key) || is_running(name.key)) continue;
    const Depth depth = name.state == state::NameState::kDegraded ? Depth::kAll : Depth::kOne;
    if (!co_await start(std::move(name), depth)) co_return Result<void>{};
  }
  done_until_ = due.until;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Monitor::look_again_at_some() {
  for (std::size_t i = 0; i < settings_.looks_at_once; ++i) {
    const base::MonotonicTime now = with_.clock.monotonic();
    const auto key = rechecks_.due(now);
    if (!key) co_return Result<void>{};
    const Recheck recheck = *rechecks_.find(*key);
    auto names = with_.store.watched_names(std::span(&*key, 1));
    if (!names) co_return base::fail(names.error());
    if (names->empty()) {
      rechecks_.forget(*key);
      continue;
    }
    state::WatchedName& name = names->front();
    if (name.busy || is_running(*key)) {
      rechecks_.plan(*key, now + settings_.second_look, recheck);
      continue;
    }
    // What it finds decides; should it never end, its turn comes all the same.
    rechecks_.plan(*key, now + settings_.interval, recheck);
    const bool deep = recheck.suspect || name.state == state::NameState::kDegraded;
    if (!co_await start(std::move(name), deep ? Depth::kAll : Depth::kOne)) co_return Result<void>{};
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Monitor::keep_house() {
  next_housekeeping_ = with_.clock.monotonic() + std::min(kHousekeeping, settings_.interval / 2);
  const auto totals = with_.store.totals();
  if (!totals) co_return base::fail(totals.error());
  series_.degraded.set(static_cast<double>(totals->degraded));
  series_.rechecks.set(static_cast<double>(rechecks_.size()));
  if (const auto count = std::exchange(unknown_, 0); count != 0) {
    with_.log.warning("some looks found nobody to ask; they say nothing about the names",
                      {{"looks", count}, {"last", last_unknown_}});
  }
  if (auto rotated = co_await rotate_what_is_due(); !rotated) co_return rotated;
  const auto announced = co_await offer_ends_.announce();
  if (!announced) co_return base::fail(announced.error());
  if (with_.clock.monotonic() >= next_renewals_) co_return co_await plan_renewals();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Monitor::rotate_what_is_due() {
  const auto round = co_await rotations_.begin_due();
  if (!round) co_return base::fail(round.error());
  series_.rotations_begun.add(static_cast<double>(round->begun));
  series_.rotations_refused.add(static_cast<double>(round->refused));
  if (round->begun > 0) {
    with_.log.info("names are rotated because their offers end soon", {{"names", round->begun}});
  }
  if (round->refused > 0) {
    with_.log.warning("names whose offers end soon could not be rotated; trying again",
                      {{"names", round->refused}, {"why", round->last}});
  }
  co_return Result<void>{};
}

// A name's turn may come too late for its proof.
asio::awaitable<Result<void>> Monitor::plan_renewals() {
  const base::Duration every = std::min(settings_.interval / 4, kRenewals);
  next_renewals_ = with_.clock.monotonic() + every;
  constexpr std::uint32_t kPage = 1'000;
  state::Store::ProofPlace place;
  for (;;) {
    const auto ending = with_.store.proofs_ending(with_.clock.wall() + kProofMargin, place, kPage);
    if (!ending) co_return base::fail(ending.error());
    for (const state::Store::EndingProof& each : *ending) {
      if (rechecks_.find(each.place.name)) continue;
      const base::Duration delay = with_.random.jitter(every);
      if (!rechecks_.plan(each.place.name, with_.clock.monotonic() + delay,
                          {settings_.first_recheck / 2, false}))
        co_return Result<void>{};
    }
    if (ending->size() < kPage || co_await is_cancelled()) co_return Result<void>{};
    place = ending->back().place;
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
}

bool Monitor::is_running(state::NameKey name) const {
  return std::ranges::any_of(running_, [&](const Running& each) { return each.key == name; });
}

asio::awaitable<bool> Monitor::start(state::WatchedName name, Depth depth) {
  for (;;) {
    const auto seen = ended_.count();
    if (co_await is_cancelled()) co_return false;
    if (running_.size() < settings_.looks_at_once) break;
    co_await ended_.wait(seen, kLongWait);
  }
  const Place place = running_.emplace(running_.end());
  place->key = name.key;
  auto ended = [this, place](std::exception_ptr) {
    running_.erase(place);
    ended_.notify();
  };
  asio::co_spawn(co_await asio::this_coro::executor, look(std::move(name), depth),
                 asio::bind_cancellation_slot(place->stop.slot(), std::move(ended)));
  co_return true;
}

asio::awaitable<void> Monitor::look(state::WatchedName name, Depth depth) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto looking = with_.look(name, depth);
  Finding finding = co_await base::run_on(asio::make_strand(with_.workers), std::move(looking));
  if (co_await is_cancelled()) co_return;
  // What was found out is written to its end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await take(std::move(name), std::move(finding));
}

}  // namespace paynamed::monitor
