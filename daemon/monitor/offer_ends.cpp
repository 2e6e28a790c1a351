#include "monitor/offer_ends.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::monitor {
namespace asio = boost::asio;

asio::awaitable<base::Result<std::size_t>> OfferEnds::announce() {
  const auto executor = co_await asio::this_coro::executor;
  const base::WallTime until = clock_.wall() + before_;
  std::size_t announced = 0;
  state::Store::DuePlace place;
  for (;;) {
    auto ending = store_.offers_ending(until, place, page_);
    if (!ending) co_return base::fail(ending.error());
    for (const state::Store::DueOffer& each : *ending) {
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        co_return announced;
      }
      if (is_rotated_in_time(each) || !stands_in_dns(each)) continue;
      const auto done = co_await announce(each);
      if (!done) co_return base::fail(done.error());
      ++announced;
    }
    if (ending->size() < page_) co_return announced;
    place = ending->back().place;
    // Pages without anything to do must not keep a thread from the others.
    co_await asio::post(executor, asio::use_awaitable);
  }
}

// As long as there is half of the time left, the rotation may still succeed.
bool OfferEnds::is_rotated_in_time(const state::Store::DueOffer& ending) const {
  if (!rotated_before_) return false;
  const std::string_view name = ending.offer.name;
  const auto before = rotated_before_(name.substr(name.find('@') + 1));
  return before && ending.place.until >= clock_.wall() + *before / 2;
}

bool OfferEnds::stands_in_dns(const state::Store::DueOffer& ending) const {
  const auto name = store_.find_name(ending.tenant, ending.offer.name);
  return name && *name && !(*name)->open_run && (*name)->offer_id == ending.offer.offer_id;
}

asio::awaitable<base::Result<void>> OfferEnds::announce(const state::Store::DueOffer& ending) {
  const std::string expires = base::to_rfc3339(ending.place.until);
  boost::json::object data;
  data["name"] = ending.offer.name;
  data["offer_id"] = ending.offer.offer_id;
  data["expires"] = expires;
  state::NewEvent event;
  event.type = "offer.expiring";
  event.subject = ending.offer.name;
  event.time = clock_.wall();
  event.id = base::Uuid::v7(event.time, random_);
  event.data = boost::json::serialize(data);
  std::vector<state::NewEvent> events;
  events.push_back(std::move(event));
  auto done = co_await store_.append(ending.tenant, std::move(events));
  if (done) {
    log_.info("the offer of a name ends soon; rotate the name",
              {{"name", ending.offer.name}, {"offer", ending.offer.offer_id}, {"expires", expires}});
  }
  co_return done;
}

}  // namespace paynamed::monitor
