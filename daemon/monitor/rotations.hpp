// Rotations: lets names be rotated by themselves before the offer that they have in DNS ends, where their
// domain says so.
//
// What is remembered is in the store alone: a name whose run is open is passed by, a run is accepted only for
// the name as it was read, and one whose rotation was turned back waits a while.
//
// Threads: begin_due() on one executor at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

// How names are rotated; empty functions where nothing is.
struct RotationRuns {
  // How long before an offer ends the names of this domain are rotated; nothing: they are not.
  std::function<std::optional<base::Duration>(std::string_view domain)> before;
  // The longest of all domains; zero: none is rotated.
  std::function<base::Duration()> longest;
  // Begins a run that rotates the name, if it still has this revision; it is on disk when this resumes. Fails
  // when it was not accepted: RESOURCE_EXHAUSTED or UNAVAILABLE when others would not be either.
  std::function<boost::asio::awaitable<base::Result<void>>(std::string tenant, std::string name,
                                                           std::uint64_t revision)>
      begin;
};

class Rotations {
 public:
  struct Settings {
    std::size_t most_at_once = 2'000;       // begun by one call, unless others would not be accepted
    base::Duration again_after{3'600'000};  // the last rotation of the name
    std::uint32_t page = 1'000;             // how many offers are read at once
  };
  Rotations(Settings settings, RotationRuns runs, state::Store& store, base::Clock& clock)
      : settings_(settings), runs_(std::move(runs)), store_(store), clock_(clock) {}

  struct Round {
    std::size_t begun = 0;
    std::size_t refused = 0;
    base::Status last;  // why the last of them was
  };
  // Begins what is due now, the first to end first, those that have ended already among them. Only live names
  // are rotated: what is wrong with others has to be mended first.
  boost::asio::awaitable<base::Result<Round>> begin_due();

 private:
  // The name, when it has to be rotated now.
  base::Result<std::optional<state::NameRow>> due(const state::Store::DueOffer& ending) const;

  const Settings settings_;
  const RotationRuns runs_;
  state::Store& store_;
  base::Clock& clock_;
};

}  // namespace paynamed::monitor
