#include "payments/order_ends.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "net/parallel.hpp"
#include "payments/node_answers.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::payments {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Status;

namespace {

constexpr base::Duration kRound{2'000};
constexpr base::Duration kTimeout{10'000};
constexpr base::Duration kLeftAlone{30'000};
// So long after an offer has ended by itself it is of no use to ask a node that does not answer.
constexpr std::chrono::hours kLongestAsked{7 * 24};
constexpr std::uint32_t kPage = 500;
constexpr std::uint32_t kOffersPage = 100;
// Of one node in one round, for the others wait for its end.
constexpr std::size_t kMostAsked = 100;

// After these the node is not asked for its other offers either.
bool says_nothing_of_the_offer(base::Code code) {
  return code == base::Code::kUnavailable || code == base::Code::kDeadlineExceeded ||
         code == base::Code::kUnauthenticated;
}

}  // namespace

OrderEnds::OrderEnds(const Services& services, ReadStateOf read_state)
    : with_(services), read_state_(std::move(read_state)) {}

asio::awaitable<void> OrderEnds::run_expiry() {
  co_await asio::this_coro::throw_if_cancelled(false);
  // g++ 12.2 misplaces the frame of a coroutine with this loop and without a variable of its own.
  bool goes_on = true;
  while (goes_on) {
    co_await expire_due();
    // A cancellation during the round is not told to the sleep that follows.
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kRound);
  }
}

asio::awaitable<void> OrderEnds::run_disabling() {
  co_await asio::this_coro::throw_if_cancelled(false);
  // g++ 12.2 misplaces the frame of a coroutine with this loop and without a variable of its own.
  bool goes_on = true;
  while (goes_on) {
    co_await disable_offers();
    // A cancellation during the round is not told to the sleep that follows.
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kRound);
  }
}

asio::awaitable<void> OrderEnds::expire_due() {
  const base::WallTime now = with_.clock.wall();
  const auto places = with_.orders.places_of_open_orders();
  if (!places) {
    with_.log.warning("expired orders cannot be looked for", {{"why", places.error()}});
    co_return;
  }
  for (const state::NodePlace& place : *places) {
    if (co_await cancelled()) co_return;
    co_await expire_at(place, over_until(read_state_, place, now), now);
  }
}

asio::awaitable<void> OrderEnds::expire_at(const state::NodePlace& place, base::WallTime until,
                                           base::WallTime now) {
  for (;;) {
    auto due = with_.orders.orders_due(place, until, kPage);
    if (!due) {
      with_.log.warning("expired orders cannot be looked for", {{"why", due.error()}});
      co_return;
    }
    if (due->empty()) co_return;
    const bool there_are_more = due->size() >= kPage;
    auto done = co_await with_.orders.expire_orders(*std::move(due), now);
    if (!done) with_.log.warning("expired orders cannot be written down", {{"why", done.error()}});
    if (!done || !there_are_more || co_await cancelled()) co_return;
  }
}

asio::awaitable<void> OrderEnds::disable_offers() {
  const auto places = with_.orders.places_of_offers_to_disable();
  if (!places) {
    with_.log.warning("offers of orders that are to be disabled cannot be looked for",
                      {{"why", places.error()}});
    co_return;
  }
  forget_those_to_ask_again();
  // Side by side, for a node that hangs must not keep the offers of others enabled.
  std::vector<asio::awaitable<bool>> work;
  for (const state::NodePlace& place : *places) {
    if (!places_left_alone_.contains(place)) work.push_back(disable_at(place));
  }
  co_await net::in_parallel(std::move(work));
}

void OrderEnds::forget_those_to_ask_again() {
  const base::MonotonicTime now = with_.clock.monotonic();
  const auto is_over = [now](const auto& entry) { return entry.second <= now; };
  std::erase_if(places_left_alone_, is_over);
  std::erase_if(offers_left_alone_, is_over);
}

asio::awaitable<bool> OrderEnds::disable_at(state::NodePlace place) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Tried tried;
  base::Uuid after;
  bool goes_on = true;
  while (goes_on && tried.asked < kMostAsked) {
    const auto offers = with_.orders.offers_to_disable(place, after, kOffersPage);
    if (!offers) {
      tried.why = offers.error();
      break;
    }
    for (const state::OfferToDisable& each : *offers) {
      const bool is_told_to_end = co_await cancelled();
      if (is_told_to_end) co_return false;
      after = each.order;
      co_await disable_one(each, tried);
      if (tried.node_is_away) break;
    }
    goes_on = !tried.node_is_away && offers->size() >= kOffersPage;
  }
  if (tried.why.ok()) co_return true;
  with_.log.warning("offers of orders could not be disabled; trying again",
                    {{"instance", place.instance}, {"node", place.reference}, {"why", tried.why}});
  co_return false;
}

asio::awaitable<void> OrderEnds::disable_one(const state::OfferToDisable& offer, Tried& tried) {
  if (offers_left_alone_.contains(offer.order)) co_return;
  ++tried.asked;
  Status done = co_await disable(offer);
  // What ended by itself long ago is disabled as well as it can be.
  if (done.ok() || offer.ends + kLongestAsked <= with_.clock.wall()) {
    state::OfferToDisable written = offer;
    const auto erased = co_await with_.orders.offer_disabled(std::move(written));
    if (!erased) tried.why = erased.error();
    co_return;
  }
  const base::MonotonicTime until = with_.clock.monotonic() + kLeftAlone;
  tried.node_is_away = says_nothing_of_the_offer(done.code());
  if (tried.node_is_away) {
    places_left_alone_[offer.place] = until;
  } else {
    offers_left_alone_[offer.order] = until;
  }
  tried.why = std::move(done);
}

asio::awaitable<Status> OrderEnds::disable(const state::OfferToDisable& offer) {
  v1::DisableOfferRequest request;
  request.mutable_node()->set_node(offer.place.reference);
  for (const std::string& handle : with_.secret_handles_of(offer.place))
    request.mutable_node()->add_secret_handles(handle);
  // Of an order that was given up nobody knows the id.
  request.set_offer_id(offer.offer_id);
  request.set_offer_key(state::order_key_of(offer.order));
  pipeline::PluginCall wanted;
  wanted.instance = offer.place.instance;
  wanted.method = "DisableOffer";
  // Waits for a call that may still make it (process/plugin_calls.hpp).
  wanted.key = request.offer_key() + "/CreateOffer/undo";
  wanted.timeout = kTimeout;
  wanted.background = true;
  auto reply = co_await ask<v1::DisableOfferReply>(with_, std::move(wanted), request);
  // An offer that the node does not know is no failure of it (NodeBackend.DisableOffer), and one that makes
  // no offers has none.
  if (!reply && reply.error().code() != base::Code::kUnimplemented) co_return reply.error();
  co_return Status{};
}

}  // namespace paynamed::payments
