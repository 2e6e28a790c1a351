#include "payments/invoice_maker.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <map>
#include <set>
#include <utility>

#include "net/parallel.hpp"
#include "payments/node_answers.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::payments {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

constexpr base::Duration kRound{2'000};
constexpr base::Duration kBegunRound{30'000};
constexpr base::Duration kTimeout{15'000};
// A caller that is still there, for longer than a request may last (api/time_limits.hpp), asks by itself.
constexpr base::Duration kLeftAlone{180'000};
constexpr std::uint32_t kPage = 500;

base::WallTime end_of(const state::InvoiceIntent& intent) {
  return intent.created + std::chrono::seconds{intent.terms.expiry_seconds};
}

// The node has it: who sends the request again without a key gets a second one.
base::Status not_written() {
  return base::deadline_exceeded(
      "the node made the invoice, but it could not be written down, and is asked for again; send the request "
      "again with the same Idempotency-Key, or wait for invoice.created");
}

}  // namespace

InvoiceMaker::InvoiceMaker(const Services& services, NodeDescriptions& descriptions, ReadStateOf read_state)
    : with_(services),
      descriptions_(descriptions),
      read_state_(std::move(read_state)),
      turns_(services.clock) {}

asio::awaitable<Result<InvoiceMaker::Made>> InvoiceMaker::make(state::NewInvoice wish,
                                                               std::string correlation_id) {
  // Before anybody else can know of it.
  std::optional<IntentTurns::Turn> turn = turns_.try_take(wish.id);
  if (!turn) co_return base::fail(base::internal("two wishes have the same id; report this defect"));
  state::NewInvoice again = wish;
  auto intent = co_await with_.invoices.intend_invoice(std::move(wish));
  if (intent && intent->replayed && !intent->made) {
    auto waited = co_await turns_.take(intent->id);
    if (!waited) co_return base::fail(waited.error());
    turn.emplace(*std::move(waited));
    // Who had the turn before may have finished it, or given it up.
    intent = co_await with_.invoices.intend_invoice(std::move(again));
  }
  if (!intent) co_return base::fail(intent.error());
  Made made;
  made.replayed = intent->replayed;
  if (intent->made) {
    auto row = with_.invoices.find_invoice(intent->tenant, intent->id);
    if (!row) co_return base::fail(row.error());
    if (!*row)
      co_return base::fail(base::internal("an invoice is not where it was written; report this defect"));
    made.invoice = **std::move(row);
    co_return made;
  }
  // What was asked before may have been made, whatever is answered now.
  const bool first = !intent->replayed;
  if (end_of(*intent) <= with_.clock.wall()) {
    co_await give_up(intent->id);
    co_return base::fail(
        base::unavailable("the invoice that this Idempotency-Key asked for would have expired by now, and "
                          "none was given out; send "
                          "the request again for a new one"));
  }
  auto row = co_await ask_node(*std::move(intent), std::move(correlation_id), first);
  if (!row) co_return base::fail(row.error());
  made.invoice = *std::move(row);
  co_return made;
}

asio::awaitable<Result<state::InvoiceRow>> InvoiceMaker::ask_node(state::InvoiceIntent intent,
                                                                  std::string correlation_id, bool first) {
  auto made = co_await ask_for(intent, std::move(correlation_id), first);
  if (!made) co_return base::fail(made.error());
  state::MadeInvoice invoice;
  invoice.id = intent.id;
  invoice.bolt11 = std::move(made->bolt11);
  invoice.payment_hash = std::move(made->payment_hash);
  invoice.expires = made->expires;
  invoice.livemode = made->livemode;
  invoice.time = with_.clock.wall();
  auto row = co_await with_.invoices.create_invoice(std::move(invoice));
  if (row) co_return row;
  if (row.error().code() == base::Code::kInternal) {
    with_.log.error(
        "an invoice was not given out",
        {{"instance", intent.node_instance}, {"invoice", intent.id.to_string()}, {"why", row.error()}});
    co_await give_up(intent.id);
    co_return row;
  }
  if (row.error().code() == base::Code::kAborted)
    co_return base::fail(base::unavailable("the invoice was not made; send the request again"));
  with_.log.error(
      "an invoice that a node made was not written down; it is asked for again",
      {{"instance", intent.node_instance}, {"invoice", intent.id.to_string()}, {"why", row.error()}});
  co_return base::fail(not_written());
}

asio::awaitable<Result<CheckedInvoice>> InvoiceMaker::ask_for(const state::InvoiceIntent& intent,
                                                              std::string correlation_id, bool first) {
  const std::string& instance = intent.node_instance;
  if (first && with_.is_retired && with_.is_retired(instance)) {
    co_await give_up(intent.id);
    co_return base::fail(is_retired(instance, "invoices"));
  }
  auto node = co_await descriptions_.of(instance);
  if (node && !node->invoices) {
    node = base::fail(base::unimplemented(
        fmt::format("the node of '{}' makes no invoices; pay its offer instead", instance)));
  }
  if (!node) {
    // Who asked before may get it still.
    if (!first && !is_final(node.error().code())) co_return base::fail(not_known("invoice"));
    co_await give_up(intent.id);
    co_return base::fail(node.error());
  }
  const state::NodePlace place{instance, intent.node};
  v1::CreateInvoiceRequest request;
  request.mutable_node()->set_node(intent.node);
  for (const std::string& handle : with_.secret_handles_of(place))
    request.mutable_node()->add_secret_handles(handle);
  request.set_invoice_key(state::invoice_key_of(intent.id));
  request.set_amount_msat(intent.terms.amount_msat);
  request.set_description(intent.terms.memo);
  request.set_expiry_seconds(intent.terms.expiry_seconds);
  pipeline::PluginCall wanted;
  wanted.instance = instance;
  wanted.method = "CreateInvoice";
  wanted.key = request.invoice_key();
  wanted.correlation_id = std::move(correlation_id);
  wanted.timeout = kTimeout;
  wanted.resumed = !first;
  auto reply = co_await ask<v1::CreateInvoiceReply>(with_, std::move(wanted), request);
  if (!reply && pipeline::effect_unknown(reply.error().code())) {
    with_.log.warning("a node did not say whether it made an invoice; it is asked again",
                      {{"instance", instance}, {"invoice", intent.id.to_string()}, {"why", reply.error()}});
    co_return base::fail(not_known("invoice"));
  }
  if (!reply) {
    const bool is_over = first || is_final(reply.error().code());
    if (!is_over) co_return base::fail(not_known("invoice"));
    co_await give_up(intent.id);
    co_return base::fail(as_told_to_callers(reply.error(), instance));
  }
  const AskedInvoice asked{instance,          intent.terms.amount_msat,
                           intent.terms.memo, intent.terms.expiry_seconds,
                           node->network,     with_.node_id_of ? with_.node_id_of(place) : std::string{}};
  auto made = checked(*reply, asked, with_.clock.wall());
  if (!made) {
    with_.log.error("an invoice is not what was asked for, and was not given out",
                    {{"instance", instance}, {"invoice", intent.id.to_string()}, {"why", made.error()}});
    co_await give_up(intent.id);
  }
  co_return made;
}

asio::awaitable<void> InvoiceMaker::give_up(base::Uuid intent) {
  auto done = co_await with_.invoices.give_up_invoice(intent);
  if (!done)
    with_.log.warning("an invoice that was not made is asked for once more", {{"why", done.error()}});
}

asio::awaitable<void> InvoiceMaker::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  // g++ 12.2 misplaces the frame of a coroutine with this loop and without a variable of its own.
  bool goes_on = true;
  while (goes_on) {
    co_await finish_begun();
    // A cancellation during the round is not told to the sleep that follows.
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kBegunRound);
  }
}

asio::awaitable<void> InvoiceMaker::run_expiry() {
  co_await asio::this_coro::throw_if_cancelled(false);
  bool goes_on = true;
  while (goes_on) {
    co_await expire_due();
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kRound);
  }
}

asio::awaitable<void> InvoiceMaker::expire_due() {
  const base::WallTime now = with_.clock.wall();
  const auto places = with_.invoices.places_of_open_invoices();
  if (!places) {
    with_.log.warning("expired invoices cannot be looked for", {{"why", places.error()}});
    co_return;
  }
  for (const state::NodePlace& place : *places) {
    if (co_await cancelled()) co_return;
    co_await expire_at(place, over_until(read_state_, place, now), now);
  }
}

asio::awaitable<void> InvoiceMaker::expire_at(const state::NodePlace& place, base::WallTime until,
                                              base::WallTime now) {
  for (;;) {
    auto due = with_.invoices.invoices_due(place, until, kPage);
    if (!due) {
      with_.log.warning("expired invoices cannot be looked for", {{"why", due.error()}});
      co_return;
    }
    if (due->empty()) co_return;
    const bool there_are_more = due->size() >= kPage;
    auto done = co_await with_.invoices.expire_invoices(*std::move(due), now);
    if (!done) with_.log.warning("expired invoices cannot be written down", {{"why", done.error()}});
    if (!done || !there_are_more || co_await cancelled()) co_return;
  }
}

asio::awaitable<void> InvoiceMaker::finish_begun() {
  const base::WallTime now = with_.clock.wall();
  // Nodes are asked side by side. One that failed is left alone until the next round.
  std::set<state::NodePlace> failing;
  state::IntentPlace after;
  for (;;) {
    auto begun = with_.invoices.open_intents(now - kLeftAlone, after, kPage);
    if (!begun) {
      with_.log.warning("invoices that were begun cannot be looked for", {{"why", begun.error()}});
      co_return;
    }
    std::map<state::NodePlace, std::vector<state::InvoiceIntent>> at;
    for (state::InvoiceIntent& each : *begun) {
      if (co_await cancelled()) co_return;
      after = {each.created, each.id};
      const state::NodePlace place{each.node_instance, each.node};
      // Nobody waits for an invoice that would be over.
      if (end_of(each) <= now) {
        const auto turn = turns_.try_take(each.id);
        if (turn) co_await give_up(each.id);
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

asio::awaitable<bool> InvoiceMaker::finish_at(std::vector<state::InvoiceIntent> begun) {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (state::InvoiceIntent& each : begun) {
    const bool is_told_to_end = co_await cancelled();
    if (is_told_to_end) co_return false;
    const auto turn = turns_.try_take(each.id);
    // Its caller asks by itself.
    if (!turn) continue;
    const auto made = co_await ask_node(std::move(each), {}, false);
    if (!made) co_return false;
  }
  co_return true;
}

}  // namespace paynamed::payments
