// ZoneWatch looks at the zone of every configured domain once an interval, each at a moment of its own, and
// says by domain.* events what has become of it.
//
// A domain is degraded, and a change counts, only when two looks some time apart found the same. A look that
// can ask nobody says nothing.
//
// Threads: run() is one coroutine on a strand, which owns everything here; stop it by cancelling it. The
// looks themselves run on `workers`. look_soon() is for the same strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "monitor/zone_news.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

// A configured domain, without its final dot, and who hears of it.
struct WatchedDomain {
  std::string domain;
  std::vector<std::string> tenants;
};

// When the first signature ends; nothing without any.
inline std::optional<base::WallTime> end_of(const ZoneRecord& record) {
  return record.signatures ? std::optional{record.signatures->until} : std::nullopt;
}

// ZoneCheck::look
using ZoneLook = std::function<boost::asio::awaitable<base::Result<ZoneFacts>>(std::string domain)>;

class ZoneWatch {
 public:
  struct Settings {
    base::Duration interval{3'600'000};
    base::Duration second_look{30'000};  // before anything is said
    base::Duration first_recheck{
        60'000};  // of a degraded domain, and after a look without result; then doubling
    base::Duration announce_registration{30LL * 86'400'000};  // before a registration ends
    std::size_t looks_at_once = 8;
    std::size_t most_series = 200;  // domains with a metric of their own, the first ones
  };
  struct Dependencies {
    boost::asio::any_io_executor workers;
    state::Store& store;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    ZoneLook look;
  };
  ZoneWatch(Settings settings, const std::vector<WatchedDomain>& domains, Dependencies dependencies);

  // Until it is cancelled; then it waits for the looks that run.
  boost::asio::awaitable<void> run();
  // Within a minute, before its turn: something else was found out about the domain.
  void look_soon(const std::string& domain);

 private:
  struct Series {
    explicit Series(observe::Metrics& metrics);
    observe::Counter fine;
    observe::Counter wrong;
    observe::Counter unknown;
    observe::Gauge degraded;
    observe::Gauge lag;
    observe::Gauge first_end;
  };
  struct Watched {
    WatchedDomain who;
    base::MonotonicTime due;
    base::Duration delay{0};  // of the last look before its turn; zero when it came in its turn
    std::set<std::string> claims;
    bool running = false;
    bool degraded = false;
    bool again = false;  // look_soon() while it ran
    std::optional<base::WallTime> signatures_end;
  };
  struct Running {
    boost::asio::cancellation_signal stop;
  };
  using Place = std::list<Running>::iterator;

  // --- when (zone_watch.cpp)
  void take_up();
  base::Duration until_next() const;
  base::Duration until_turn(const std::string& domain) const;
  boost::asio::awaitable<void> start_due();
  boost::asio::awaitable<void> look(Watched& watched);
  void look_again_in(Watched& watched, base::Duration delay);
  void look_again_later(Watched& watched);
  void show();

  // --- what a look found (zone_watch_findings.cpp)
  boost::asio::awaitable<void> take(Watched& watched, base::Result<ZoneFacts> found);
  base::Result<std::vector<TenantStanding>> standings_of(const WatchedDomain& domain, ZoneRecord& before,
                                                         boost::json::object& registration) const;
  JudgedZone judge(const Watched& watched, const base::Result<ZoneFacts>& found, const ZoneRecord& before,
                   const boost::json::object& registration) const;
  boost::asio::awaitable<void> record(Watched& watched, ZoneRecord record, ZoneNews news,
                                      ZoneFinding finding);
  void tell_log(const Watched& watched, const ZoneNews& news, const ZoneFinding& finding) const;

  const Settings settings_;
  const Dependencies with_;
  const Series series_;
  std::list<Watched> domains_;  // in the order of the configuration; their places stay
  std::list<Running> running_;
  std::vector<observe::Gauge> ends_;  // of the first domains
  base::MonotonicTime next_show_;
  base::Broadcast ended_;
};

}  // namespace paynamed::monitor
