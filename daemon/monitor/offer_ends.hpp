// OfferEnds: says in time that the offer that a name has in DNS comes to its end (offer.expiring), once an
// offer. Names that are rotated by themselves are told of only when that should have been long since.
//
// Threads: announce() on one executor at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "observe/log.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

class OfferEnds {
 public:
  // How long before the end names of a domain are rotated by themselves; nothing: they are not.
  using RotatedBefore = std::function<std::optional<base::Duration>(std::string_view domain)>;

  // `before`: how long before the end. `page`: how many offers are read at once.
  OfferEnds(state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
            base::Duration before, RotatedBefore rotated_before = {}, std::uint32_t page = 1'000)
      : store_(store),
        clock_(clock),
        random_(random),
        log_(std::move(log)),
        before_(before),
        rotated_before_(std::move(rotated_before)),
        page_(page) {}

  // Says what is to be said now; of how many offers. Offers that are not in DNS, and those of names that a
  // run is at work on, are passed by.
  boost::asio::awaitable<base::Result<std::size_t>> announce();

 private:
  bool is_rotated_in_time(const state::Store::DueOffer& ending) const;
  bool stands_in_dns(const state::Store::DueOffer& ending) const;
  boost::asio::awaitable<base::Result<void>> announce(const state::Store::DueOffer& ending);

  state::Store& store_;
  base::Clock& clock_;
  base::Random& random_;
  const observe::Log log_;
  const base::Duration before_;
  const RotatedBefore rotated_before_;
  const std::uint32_t page_;
};

}  // namespace paynamed::monitor
