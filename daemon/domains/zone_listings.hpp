// ZoneListings: zones as their providers list them, one listing of a domain at a time.
//
// A listing is many requests of one account's rate, so that callers who come together share one. Nobody gets
// a listing that was begun before they asked: what they did before would be missing in it.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domains/zone_listing.hpp"

namespace paynamed::domains {

class ZoneListings {
 public:
  using Listing = std::shared_ptr<const ZoneListing>;

  // What is given outlives this.
  ZoneListings(const ZoneReader& reader, base::Clock& clock);

  // Errors as ZoneReader::read; all who share a listing share its failure.
  boost::asio::awaitable<base::Result<Listing>> read(ZonePlace place);
  // The last one of the place if it is younger than a minute: for the pages behind the first.
  boost::asio::awaitable<base::Result<Listing>> recent(ZonePlace place);
  // No more pages are asked for.
  void forget(const std::string& domain);

 private:
  struct State;
  struct Reading;
  boost::asio::awaitable<base::Result<Listing>> lead(ZonePlace place, std::shared_ptr<Reading> reading);
  void remember(const ZonePlace& place, Listing listing);

  const ZoneReader& reader_;
  base::Clock& clock_;
  // Shared with coroutines, which may end after this.
  const std::shared_ptr<State> state_;
};

}  // namespace paynamed::domains
