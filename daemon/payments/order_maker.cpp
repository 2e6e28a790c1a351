#include "payments/order_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <set>
#include <utility>

#include "base/failpoint.hpp"
#include "net/parallel.hpp"
#include "payments/invoice_check.hpp"
#include "payments/node_answers.hpp"
#include "payments/offer_check.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::payments {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Result;
using base::Status;

namespace {

constexpr base::Duration kRound{30'000};
constexpr base::Duration kTimeout{15'000};
// A call lasts up to 75 s: kTimeout, an earlier call and its own grace (process/plugin_calls.hpp). No second
// one is begun after this, so that the caller has its answer in time (api/time_limits.hpp).
constexpr base::Duration kAskWithin{60'000};
// A caller that is still there, for longer than all that, asks by itself.
constexpr base::Duration kLeftAlone{180'000};
constexpr std::uint32_t kPage = 500;

// An offer with an amount needs a description (BOLT 12).
std::string description_of(const state::OrderIntent& intent) {
  return intent.terms.memo.empty() ? "Payment to " + intent.name : intent.terms.memo;
}

std::uint64_t seconds_of(base::WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// Of an order that somebody else gave up, so that its key is free.
Status not_made() {
  return base::unavailable("the order was not made; send the request again");
}

// Of an intent: it was given up.
bool is_gone(base::Code code) {
  return code == base::Code::kAborted || code == base::Code::kNotFound;
}

template <class Request>
void set_node(Request& request, const state::OrderIntent& intent, const Services& with) {
  request.mutable_node()->set_node(intent.node);
  for (const std::string& handle : with.secret_handles_of({intent.node_instance, intent.node}))
    request.mutable_node()->add_secret_handles(handle);
}

pipeline::PluginCall call_of(const state::OrderIntent& intent, std::string method,
                             const std::string& correlation_id) {
  pipeline::PluginCall call;
  call.instance = intent.node_instance;
  call.method = std::move(method);
  // An effect has a key of its own.
  call.key = fmt::format("{}/{}", state::order_key_of(intent.id), call.method);
  call.correlation_id = correlation_id;
  call.timeout = kTimeout;
  return call;
}

}  // namespace

OrderMaker::Attempt::Attempt(state::OrderIntent wanted, std::string correlation, bool is_first,
                             base::MonotonicTime now)
    : intent(std::move(wanted)),
      correlation_id(std::move(correlation)),
      first(is_first),
      at_node(is_first ? state::AtNode::kNothing : state::AtNode::kPossibly),
      ask_until(now + kAskWithin) {}

OrderMaker::OrderMaker(const Services& services, NodeDescriptions& descriptions)
    : with_(services), descriptions_(descriptions) {}

asio::awaitable<Result<OrderMaker::Made>> OrderMaker::make(state::NewOrder wish, std::string correlation_id) {
  auto intent = co_await with_.orders.intend_order(std::move(wish));
  if (!intent) co_return base::fail(intent.error());
  PAYNAMED_FAILPOINT("order.intent.after");
  Made made;
  made.replayed = intent->replayed;
  if (intent->made) {
    auto row = with_.orders.find_order(intent->tenant, intent->id);
    if (!row) co_return base::fail(row.error());
    if (!*row)
      co_return base::fail(base::internal("an order is not where it was written; report this defect"));
    made.order = **std::move(row);
    co_return made;
  }
  if (intent->ends() <= with_.clock.wall()) {
    co_await give_up(intent->id, state::AtNode::kPossibly);
    co_return base::fail(
        base::unavailable("the order that this Idempotency-Key asked for would have expired by now, and none "
                          "was given out; send "
                          "the request again for a new one"));
  }
  // What was asked before may have been made, whatever is answered now.
  const bool first = !intent->replayed;
  Attempt attempt(*std::move(intent), std::move(correlation_id), first, with_.clock.monotonic());
  auto row = co_await ask_node(std::move(attempt));
  if (!row) co_return base::fail(row.error());
  made.order = *std::move(row);
  co_return made;
}

asio::awaitable<Result<state::OrderRow>> OrderMaker::ask_node(Attempt attempt) {
  Status status = co_await describe(attempt);
  state::MadeOrder made;
  made.id = attempt.intent.id;
  made.expires = attempt.intent.ends();
  if (status.ok() && attempt.intent.terms.bolt12) status = co_await ask_for_offer(attempt, made);
  PAYNAMED_FAILPOINT("order.offer.after");
  if (status.ok() && attempt.intent.terms.bolt11) status = co_await ask_for_invoice(attempt, made);
  PAYNAMED_FAILPOINT("order.node.after");
  if (!status.ok()) co_return base::fail(std::move(status));
  made.time = with_.clock.wall();
  auto row = co_await with_.orders.create_order(std::move(made));
  if (!row && row.error().code() == base::Code::kInternal) {
    status = co_await wrong(attempt, row.error());
    co_return base::fail(std::move(status));
  }
  if (!row && is_gone(row.error().code())) {
    co_await was_given_up(attempt);
    co_return base::fail(not_made());
  }
  co_return row;
}

asio::awaitable<Status> OrderMaker::describe(Attempt& attempt) {
  const std::string& instance = attempt.intent.node_instance;
  const state::OrderTerms& terms = attempt.intent.terms;
  Status status;
  if (attempt.first && with_.is_retired && with_.is_retired(instance)) {
    status = is_retired(instance, "orders");
  } else if (auto node = co_await descriptions_.of(instance); !node) {
    status = node.error();
  } else {
    attempt.node = *node;
    if (terms.bolt12 && !node->offers) {
      status = base::unimplemented(
          fmt::format("the node of '{}' makes no offers; ask for the method bolt11 alone", instance));
    } else if (terms.bolt11 && !node->invoices) {
      status = base::unimplemented(
          fmt::format("the node of '{}' makes no invoices; ask for the method bolt12 alone", instance));
    }
  }
  if (status.ok()) co_return status;
  // Who asked before may get it still.
  if (!attempt.first && !is_final(status.code())) co_return not_known("order");
  co_await give_up(attempt.intent.id, attempt.at_node);
  co_return status;
}

asio::awaitable<Status> OrderMaker::ask_for_offer(Attempt& attempt, state::MadeOrder& made) {
  const state::OrderIntent& intent = attempt.intent;
  v1::CreateOfferRequest request;
  set_node(request, intent, with_);
  request.set_offer_key(state::order_key_of(intent.id));
  request.set_description(description_of(intent));
  request.set_issuer(intent.name);
  request.set_amount_msat(intent.terms.amount_msat);
  request.set_absolute_expiry(seconds_of(intent.ends()));
  request.set_single_use(true);
  attempt.at_node = state::AtNode::kPossibly;
  pipeline::PluginCall wanted = call_of(intent, "CreateOffer", attempt.correlation_id);
  auto reply = co_await ask<v1::CreateOfferReply>(with_, std::move(wanted), request);
  if (!reply) co_return co_await failed(attempt, reply.error());
  const state::NodePlace place{intent.node_instance, intent.node};
  const ExpectedNode node{intent.node_instance, attempt.node.network,
                          with_.node_id_of ? with_.node_id_of(place) : std::string{}};
  auto offer = checked(*reply, request, node);
  if (!offer) co_return co_await wrong(attempt, offer.error());
  made.offer = std::move(offer->offer);
  made.offer_id = std::move(offer->offer_id);
  made.livemode = offer->livemode;
  co_return Status{};
}

asio::awaitable<Status> OrderMaker::ask_for_invoice(Attempt& attempt, state::MadeOrder& made) {
  const state::OrderIntent& intent = attempt.intent;
  if (with_.clock.monotonic() >= attempt.ask_until) {
    Status late = base::deadline_exceeded("the offer took so long that the invoice is asked for later");
    co_return co_await failed(attempt, std::move(late));
  }
  v1::CreateInvoiceRequest request;
  set_node(request, intent, with_);
  request.set_invoice_key(state::order_key_of(intent.id));
  request.set_amount_msat(intent.terms.amount_msat);
  request.set_description(description_of(intent));
  request.set_expiry_seconds(intent.terms.expires_in_seconds);
  attempt.at_node = state::AtNode::kPossibly;
  pipeline::PluginCall wanted = call_of(intent, "CreateInvoice", attempt.correlation_id);
  auto reply = co_await ask<v1::CreateInvoiceReply>(with_, std::move(wanted), request);
  if (!reply) co_return co_await failed(attempt, reply.error());
  const state::NodePlace place{intent.node_instance, intent.node};
  AskedInvoice asked{intent.node_instance,   intent.terms.amount_msat,
                     description_of(intent), intent.terms.expires_in_seconds,
                     attempt.node.network,   with_.node_id_of ? with_.node_id_of(place) : std::string{}};
  asked.ends_as_asked = intent.terms.bolt12;
  auto invoice = checked(*reply, asked, with_.clock.wall());
  if (!invoice) co_return co_await wrong(attempt, invoice.error());
  made.bolt11 = std::move(invoice->bolt11);
  made.payment_hash = std::move(invoice->payment_hash);
  made.livemode = invoice->livemode;
  // An invoice counts its time from when it was made; alone, it is all there is to pay.
  made.expires = intent.terms.bolt12 ? std::max(made.expires, invoice->expires) : invoice->expires;
  co_return Status{};
}

asio::awaitable<Status> OrderMaker::failed(const Attempt& attempt, Status why) {
  const state::OrderIntent& intent = attempt.intent;
  if (pipeline::effect_unknown(why.code())) {
    with_.log.warning("a node did not say whether it made something for an order; it is asked again",
                      {{"instance", intent.node_instance}, {"order", intent.id.to_string()}, {"why", why}});
  } else if (attempt.first || is_final(why.code())) {
    co_await give_up(intent.id, attempt.at_node);
    co_return as_told_to_callers(why, intent.node_instance);
  }
  if (co_await was_given_up(attempt)) co_return not_made();
  co_return not_known("order");
}

asio::awaitable<Status> OrderMaker::wrong(const Attempt& attempt, Status why) {
  const state::OrderIntent& intent = attempt.intent;
  with_.log.error("what a node made for an order is not what was asked for, and was not given out",
                  {{"instance", intent.node_instance}, {"order", intent.id.to_string()}, {"why", why}});
  co_await give_up(intent.id, attempt.at_node);
  co_return why;
}

asio::awaitable<bool> OrderMaker::was_given_up(const Attempt& attempt) {
  const state::OrderIntent& intent = attempt.intent;
  if (!intent.terms.bolt12) co_return false;
  state::OfferToDisable offer{
      intent.id, {intent.node_instance, intent.node}, {}, with_.clock.wall(), intent.ends()};
  auto given_up = co_await with_.orders.disable_late_offer(std::move(offer));
  if (!given_up) {
    with_.log.warning("whether an order was given up cannot be written down", {{"why", given_up.error()}});
    co_return false;
  }
  co_return *given_up;
}

asio::awaitable<void> OrderMaker::give_up(base::Uuid intent, state::AtNode at_node) {
  auto done = co_await with_.orders.give_up_order(intent, at_node, with_.clock.wall());
  if (!done) with_.log.warning("an order that was not made is asked for once more", {{"why", done.error()}});
}

asio::awaitable<void> OrderMaker::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  // g++ 12.2 misplaces the frame of a coroutine with this loop and without a variable of its own.
  bool goes_on = true;
  while (goes_on) {
    co_await finish_begun();
    // A cancellation during the round is not told to the sleep that follows.
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kRound);
  }
}

asio::awaitable<void> OrderMaker::finish_begun() {
  const base::WallTime now = with_.clock.wall();
  // Nodes are asked side by side. One that failed is left alone until the next round.
  std::set<state::NodePlace> failing;
  state::IntentPlace after;
  for (;;) {
    auto begun = with_.orders.open_order_intents(now - kLeftAlone, after, kPage);
    if (!begun) {
      with_.log.warning("orders that were begun cannot be looked for", {{"why", begun.error()}});
      co_return;
    }
    std::map<state::NodePlace, std::vector<state::OrderIntent>> at;
    for (state::OrderIntent& each : *begun) {
      if (co_await cancelled()) co_return;
      after = {each.created, each.id};
      const state::NodePlace place{each.node_instance, each.node};
      // Nobody waits for an order that would be over.
      if (each.ends() <= now) {
        co_await give_up(each.id, state::AtNode::kPossibly);
      } else if (!failing.contains(place)) {
        at[place].push_back(std::move(each));
      }
    }
    std::vector<state::NodePlace> places;
    std::vector<asio::awaitable<bool>> work;
    for (auto& [place, intents] : at) {
      places.push_back(place);
      work.push_back(finish_at(std::move(intents)));
    }
    const std::vector<bool> finished = co_await net::in_parallel(std::move(work));
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!finished[i]) failing.insert(places[i]);
    }
    if (begun->size() < kPage) co_return;
  }
}

asio::awaitable<bool> OrderMaker::finish_at(std::vector<state::OrderIntent> begun) {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (state::OrderIntent& each : begun) {
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return false;
    Attempt attempt(std::move(each), {}, false, with_.clock.monotonic());
    const auto made = co_await ask_node(std::move(attempt));
    if (!made) co_return false;
  }
  co_return true;
}

}  // namespace paynamed::payments
