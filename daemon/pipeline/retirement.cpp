#include "pipeline/retirement.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr base::Duration kLook{60'000};
constexpr base::Duration kTimeout{10'000};

}  // namespace

asio::awaitable<void> Retirement::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const auto disabled = co_await disable_due();
    if (!disabled && on_trouble_) on_trouble_({}, disabled.error());
    // A cancellation during the round is not told to the sleep that follows.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return;
    if (!co_await base::sleep_for(services_.clock, kLook)) co_return;
  }
}

asio::awaitable<base::Result<std::size_t>> Retirement::disable_due() {
  const auto executor = co_await asio::this_coro::executor;
  const base::WallTime now = services_.clock.wall();
  std::size_t disabled = 0;
  // A node that failed is left alone until the next round, so that it does not keep the others waiting. An
  // instance may have many, each with an owner who may have switched it off.
  std::set<std::pair<std::string, std::string>> failing;
  state::Store::DuePlace place;
  for (;;) {
    // What stays due (its instance fails, or it stands in DNS) is passed by, however much of it there is.
    auto due = services_.store.retired_offers_due(now, place, page_);
    if (!due) co_return base::fail(due.error());
    for (const state::Store::DueOffer& each : *due) {
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        co_return disabled;
      }
      const std::pair at{each.offer.node_instance, each.offer.node};
      if (failing.contains(at) || stands_in_dns(each)) continue;
      const base::Status status = co_await disable(each);
      if (status.ok()) {
        ++disabled;
      } else {
        failing.insert(at);
        if (on_trouble_) on_trouble_(each.offer, status);
      }
    }
    if (due->size() < page_) co_return disabled;
    place = due->back().place;
    // Pages without anything to do must not keep a thread from the others.
    co_await asio::post(executor, asio::use_awaitable);
  }
}

// A retired offer may have come back: its owner published it again, or a run put the record of before in
// place.
bool Retirement::stands_in_dns(const state::Store::DueOffer& due) const {
  const auto name = services_.store.find_name(due.tenant, due.offer.name);
  if (!name) return true;
  return *name && ((*name)->open_run || (*name)->offer_id == due.offer.offer_id);
}

asio::awaitable<base::Status> Retirement::disable(const state::Store::DueOffer& due) {
  const state::OfferRow& offer = due.offer;
  if (!offer.node_instance.empty()) {
    v1::DisableOfferRequest request;
    request.mutable_node()->set_node(offer.node);
    request.set_offer_id(offer.offer_id);
    request.set_offer_key(offer.offer_key);
    PluginCall wanted;
    wanted.instance = offer.node_instance;
    wanted.method = "DisableOffer";
    wanted.key = offer.offer_key + "/undo";
    wanted.timeout = kTimeout;
    wanted.background = true;
    auto called = co_await call<v1::DisableOfferReply>(services_, std::move(wanted), request);
    if (!called.reply && called.reply.error().code() != base::Code::kNotFound) co_return called.reply.error();
  }
  boost::json::object data;
  data["name"] = offer.name;
  data["offer_id"] = offer.offer_id;
  state::NewEvent event;
  event.type = "offer.disabled";
  event.subject = offer.name;
  event.time = services_.clock.wall();
  event.id = base::Uuid::v7(event.time, random_);
  event.data = boost::json::serialize(data);
  std::vector<state::NewEvent> events;
  events.push_back(std::move(event));
  auto appended = co_await services_.store.append(due.tenant, std::move(events));
  co_return appended ? base::Status{} : appended.error();
}

}  // namespace paynamed::pipeline
