#include "monitor/zone_watch.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/run_on.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;

namespace {

// Between looks at what is due: while some run, what they find may be due soon.
constexpr base::Duration kMostPause{60'000};
constexpr base::Duration kMostPauseWhileBusy{1'000};
constexpr base::Duration kLongWait{1'000};  // a wait that is cancelled does not end before
constexpr base::Duration kShow{60'000};
// Domains that nobody looked at for an interval are looked at within this, after a start.
constexpr base::Duration kTakeUp{60'000};
constexpr const char* kLooks = "paynamed_domain_looks_total";
constexpr const char* kLooksHelp = "Looks at the zones of domains, by what they found.";

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

asio::awaitable<bool> is_cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

// FNV-1a: the same number in every process.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return hash;
}

}  // namespace

ZoneWatch::Series::Series(observe::Metrics& metrics)
    : fine(metrics.counter(kLooks, kLooksHelp, {{"result", "fine"}})),
      wrong(metrics.counter(kLooks, kLooksHelp, {{"result", "wrong"}})),
      unknown(metrics.counter(kLooks, kLooksHelp, {{"result", "unknown"}})),
      degraded(metrics.gauge("paynamed_domains_degraded", "Domains whose names cannot be relied on now.")),
      lag(metrics.gauge("paynamed_domain_monitor_lag_seconds",
                        "How far the looks at domains are behind their schedule.")),
      first_end(metrics.gauge("paynamed_domains_first_signature_end_seconds",
                              "Until the first signature of any domain ends; 0 when none is known.")) {}

ZoneWatch::ZoneWatch(Settings settings, const std::vector<WatchedDomain>& domains, Dependencies dependencies)
    : settings_(settings), with_(std::move(dependencies)), series_(with_.metrics), ended_(with_.clock) {
  for (const WatchedDomain& each : domains) {
    Watched watched;
    watched.who = each;
    domains_.push_back(std::move(watched));
    if (ends_.size() < settings_.most_series) {
      ends_.push_back(
          with_.metrics.gauge("paynamed_domain_signature_end_seconds",
                              "Until the first signature of a domain ends; 0 when it is not known. "
                              "Of the first domains of the configuration only.",
                              {{"domain", each.domain}}));
    }
  }
}

asio::awaitable<void> ZoneWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  take_up();
  for (;;) {
    co_await start_due();
    if (with_.clock.monotonic() >= next_show_) show();
    if (co_await is_cancelled()) break;
    if (!co_await base::sleep_for(with_.clock, until_next())) break;
  }
  for (Running& each : running_) each.stop.emit(asio::cancellation_type::terminal);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!running_.empty()) {
    const auto seen = ended_.count();
    co_await ended_.wait(seen, kLongWait);
  }
  // Nobody looks any more, perhaps for good.
  for (const observe::Gauge& end : ends_) end.set(0);
}

base::Duration ZoneWatch::until_next() const {
  const auto now = with_.clock.monotonic();
  base::MonotonicTime next = next_show_;
  for (const Watched& watched : domains_) {
    if (!watched.running) next = std::min(next, watched.due);
  }
  const base::Duration busy = std::min(settings_.second_look / 20, kMostPauseWhileBusy);
  const base::Duration most = running_.empty() ? kMostPause : std::max(busy, base::Duration{1});
  return std::clamp(std::chrono::ceil<base::Duration>(next - now), base::Duration{1}, most);
}

// Every domain has its own moment within the interval, the same in every interval and after every restart.
base::Duration ZoneWatch::until_turn(const std::string& domain) const {
  const std::int64_t interval = settings_.interval.count();
  const auto moment = static_cast<std::int64_t>(hash_of(domain) % static_cast<std::uint64_t>(interval));
  std::int64_t into = (with_.clock.wall().time_since_epoch().count() - moment) % interval;
  if (into < 0) into += interval;
  return base::Duration{interval - into};
}

void ZoneWatch::take_up() {
  const auto now = with_.clock.monotonic();
  const auto wall = with_.clock.wall();
  for (Watched& watched : domains_) {
    base::Duration wait = until_turn(watched.who.domain);
    std::optional<base::WallTime> looked;
    for (const std::string& tenant : watched.who.tenants) {
      const auto row = with_.store.find_domain(tenant, watched.who.domain);
      if (!row) {
        with_.log.error("what is known of a domain cannot be read; it is looked at anew",
                        {{"domain", watched.who.domain}, {"why", row.error()}});
        continue;
      }
      if (!*row) continue;
      looked = (*row)->looked;
      watched.signatures_end = end_of(zone_record_from((*row)->zone));
      watched.degraded = watched.degraded || (*row)->standing.degraded;
    }
    // Its turn has passed while nobody looked, or it is to be seen whether it has recovered.
    const bool is_late = !looked || *looked + settings_.interval < wall || watched.degraded;
    if (is_late) wait = with_.random.jitter(std::min(wait, kTakeUp));
    watched.due = now + wait;
  }
}

asio::awaitable<void> ZoneWatch::start_due() {
  base::Duration lag{0};
  for (Watched& watched : domains_) {
    const auto now = with_.clock.monotonic();
    if (watched.running || watched.due > now) continue;
    if (running_.size() >= settings_.looks_at_once || co_await is_cancelled()) {
      lag = std::max(lag, std::chrono::floor<base::Duration>(now - watched.due));
      continue;
    }
    watched.running = true;
    const Place place = running_.emplace(running_.end());
    auto ended = [this, place, &watched](std::exception_ptr) {
      watched.running = false;
      running_.erase(place);
      ended_.notify();
    };
    asio::co_spawn(co_await asio::this_coro::executor, look(watched),
                   asio::bind_cancellation_slot(place->stop.slot(), std::move(ended)));
  }
  series_.lag.set(seconds(lag));
}

asio::awaitable<void> ZoneWatch::look(Watched& watched) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // What it finds decides; should it fail in an unforeseen way, its turn comes all the same.
  watched.due = with_.clock.monotonic() + until_turn(watched.who.domain);
  watched.again = false;
  auto looking = with_.look(watched.who.domain);
  auto found = co_await base::run_on(asio::make_strand(with_.workers), std::move(looking));
  if (co_await is_cancelled()) co_return;
  // What was found out is written to its end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await take(watched, std::move(found));
  if (watched.again) watched.due = with_.clock.monotonic();
}

void ZoneWatch::look_soon(const std::string& domain) {
  for (Watched& watched : domains_) {
    if (watched.who.domain != domain) continue;
    watched.again = watched.running;
    watched.due = with_.clock.monotonic();
  }
}

void ZoneWatch::look_again_in(Watched& watched, base::Duration delay) {
  watched.delay = delay;
  const base::Duration jittered = delay + with_.random.jitter(delay / 8);
  watched.due = std::min(watched.due, with_.clock.monotonic() + jittered);
}

// Twice as long as before.
void ZoneWatch::look_again_later(Watched& watched) {
  const base::Duration least = std::min(settings_.first_recheck, settings_.interval);
  look_again_in(watched, std::clamp(2 * watched.delay, least, settings_.interval));
}

void ZoneWatch::show() {
  next_show_ = with_.clock.monotonic() + kShow;
  const auto now = with_.clock.wall();
  const auto left = [now](const std::optional<base::WallTime>& end) { return end ? seconds(*end - now) : 0; };
  std::size_t degraded = 0;
  std::optional<base::WallTime> first;
  std::size_t at = 0;
  for (const Watched& watched : domains_) {
    degraded += watched.degraded ? 1 : 0;
    if (watched.signatures_end && (!first || *watched.signatures_end < *first))
      first = watched.signatures_end;
    if (at < ends_.size()) ends_[at++].set(left(watched.signatures_end));
  }
  series_.degraded.set(static_cast<double>(degraded));
  series_.first_end.set(left(first));
}

}  // namespace paynamed::monitor
