#include "domains/zone_listings.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/broadcast.hpp"

namespace paynamed::domains {
namespace asio = boost::asio;
using base::Result;

namespace {

constexpr base::Duration kRemember{60'000};
// A zone may be large.
constexpr std::size_t kMostRemembered = 2;
// How often somebody who waits looks by themselves.
constexpr base::Duration kLook{1'000};

}  // namespace

struct ZoneListings::Reading {
  explicit Reading(base::Clock& clock) : ended(clock) {}
  std::uint64_t begun = 0;  // when, counted in callers
  base::Broadcast ended;
  std::optional<Result<Listing>> result;  // guarded by State::mutex
};

struct ZoneListings::State {
  struct Remembered {
    ZonePlace place;
    Listing listing;
    base::MonotonicTime read;
  };
  std::mutex mutex;
  // All below is guarded by it.
  std::uint64_t callers = 0;
  std::map<std::string, std::shared_ptr<Reading>> under_way;  // by domain
  std::map<std::string, Remembered> remembered;               // by domain
};

ZoneListings::ZoneListings(const ZoneReader& reader, base::Clock& clock)
    : reader_(reader), clock_(clock), state_(std::make_shared<State>()) {}

asio::awaitable<Result<ZoneListings::Listing>> ZoneListings::read(ZonePlace place) {
  std::uint64_t asked = 0;
  for (;;) {
    std::shared_ptr<Reading> reading;
    bool leads = false;
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(state_->mutex);
      if (asked == 0) asked = ++state_->callers;
      std::shared_ptr<Reading>& known = state_->under_way[place.domain];
      leads = known == nullptr;
      if (leads) {
        known = std::make_shared<Reading>(clock_);
        known->begun = ++state_->callers;
      }
      reading = known;
      seen = reading->ended.count();
    }
    if (leads) co_return co_await lead(std::move(place), std::move(reading));
    for (;;) {
      {
        const std::lock_guard lock(state_->mutex);
        if (reading->result && reading->begun > asked) co_return *reading->result;
        if (reading->result) break;
      }
      co_await reading->ended.wait(seen, kLook);
      seen = reading->ended.count();
    }
  }
}

asio::awaitable<Result<ZoneListings::Listing>> ZoneListings::lead(ZonePlace place,
                                                                  std::shared_ptr<Reading> reading) {
  const std::string domain = place.domain;
  Result<Listing> result = base::fail(base::internal("the zone was not read to its end; ask again"));
  // Whatever happens, who waits is told.
  const auto finish = [&, state = state_](Reading* ended) {
    {
      const std::lock_guard lock(state->mutex);
      ended->result = result;
      state->under_way.erase(domain);
    }
    ended->ended.notify();
  };
  const std::unique_ptr<Reading, decltype(finish)> at_end{reading.get(), finish};
  auto listing = co_await reader_.read(place);
  if (listing) {
    result = std::make_shared<const ZoneListing>(*std::move(listing));
    remember(place, *result);
  } else {
    result = base::fail(listing.error());
  }
  // A copy, for co_return moves, and those who wait are told what `result` is then.
  Result<Listing> answer = result;
  co_return answer;
}

asio::awaitable<Result<ZoneListings::Listing>> ZoneListings::recent(ZonePlace place) {
  {
    const std::lock_guard lock(state_->mutex);
    const auto known = state_->remembered.find(place.domain);
    if (known != state_->remembered.end() && known->second.place == place &&
        clock_.monotonic() < known->second.read + kRemember)
      co_return known->second.listing;
  }
  co_return co_await read(std::move(place));
}

void ZoneListings::remember(const ZonePlace& place, Listing listing) {
  const base::MonotonicTime now = clock_.monotonic();
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->remembered, [&](const auto& each) { return each.second.read + kRemember <= now; });
  while (state_->remembered.size() >= kMostRemembered && !state_->remembered.contains(place.domain)) {
    state_->remembered.erase(
        std::ranges::min_element(state_->remembered, {}, [](const auto& each) { return each.second.read; }));
  }
  state_->remembered.insert_or_assign(place.domain, State::Remembered{place, std::move(listing), now});
}

void ZoneListings::forget(const std::string& domain) {
  const std::lock_guard lock(state_->mutex);
  state_->remembered.erase(domain);
}

}  // namespace paynamed::domains
