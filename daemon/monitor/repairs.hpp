// Repairs: lets degraded names be repaired by themselves - where their domain says so, where publishing their
// record again helps, and not for ever: whoever changes a record on purpose has the last word.
//
// How often a name was repaired is counted from its runs, so it is known after a restart as well.
//
// Threads: consider() and not_said() on one executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "monitor/finding.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

// How names are repaired; empty functions where nothing is.
struct RepairRuns {
  // Whether names of this domain are repaired by themselves.
  std::function<bool(std::string_view domain)> wanted;
  // Begins a run that repairs the name; it is on disk when this resumes. Fails when it was not accepted,
  // which may be otherwise at the next look.
  std::function<boost::asio::awaitable<base::Result<void>>(state::WatchedName)> begin;
};

class Repairs {
 public:
  // An accident is mended by one repair, and a mistake in a script that runs every hour shows after three.
  // All repairs count, however they ended and whoever began them.
  struct Settings {
    std::size_t most = 3;
    base::Duration window{24LL * 3'600'000};
    std::size_t most_remembered = 20'000;  // names of which was said that they are not repaired any more
  };
  Repairs(Settings settings, RepairRuns runs, state::Store& store, base::Clock& clock)
      : settings_(settings), runs_(std::move(runs)), store_(store), clock_(clock) {}

  struct Outcome {
    enum class Kind {
      kNotWanted,  // the domain's policy or what was found is against it, or it was said before that it stops
      kBegun,
      kRefused,  // `why`; to be tried at the next look
      kStopped,  // as often as it may be; `said` has to be written
    };
    Kind kind = Kind::kNotWanted;
    base::Status why;
    std::optional<state::NewEvent> said;  // name.repair_stopped
  };
  // Of a degraded name that a look at everything found to be wrong.
  boost::asio::awaitable<Outcome> consider(state::WatchedName name, Finding finding);
  // What consider() gave to say could not be written.
  void not_said(state::NameKey name) { stopped_.erase(name); }

 private:
  struct Past {
    std::size_t repairs = 0;  // within the window, at most settings_.most
    state::RunRow newest;
    base::WallTime oldest;  // when the last of those counted was accepted
  };
  base::Result<Past> past(const state::WatchedName& name) const;
  Outcome stop(const state::WatchedName& name, const Finding& finding, const Past& past);

  const Settings settings_;
  const RepairRuns runs_;
  state::Store& store_;
  base::Clock& clock_;
  std::map<state::NameKey, base::Uuid> stopped_;  // the repair after which it was said
};

// Whether publishing the name's record again is an answer to this code of docs/events.md.
bool publishing_helps(std::string_view code);

}  // namespace paynamed::monitor
