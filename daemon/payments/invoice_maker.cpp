#include "payments/invoice_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <set>
#include <utility>

#include "payments/invoice_check.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::payments {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using base::Result;

namespace {

constexpr base::Duration kRound{2'000};
constexpr base::Duration kBegunRound{30'000};
constexpr base::Duration kTimeout{15'000};
// A caller that is still there asks by itself.
constexpr base::Duration kLeftAlone{60'000};
// The node's clock and ours may differ by so much without an invoice being told as expired that was paid in
// time.
constexpr base::Duration kClocksDiffer{10'000};
// A node whose payments cannot be read for so long does not keep its invoices open any longer.
constexpr base::Duration kLongestUnread{86'400'000};
constexpr std::uint32_t kPage = 500;

// After these the node will not make it however often it is asked.
bool is_final(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kUnimplemented:
    case Code::kOutOfRange:
      return true;
    default:
      return false;
  }
}

asio::awaitable<bool> cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// Of an attempt that may have been, or be, successful.
base::Status not_known() {
  return base::deadline_exceeded(
      "the node did not say whether it made the invoice, and is asked again; send the request again with the "
      "same "
      "Idempotency-Key, or wait for invoice.created");
}

// What the node thinks of us is not what we think of the caller: a rune that it refuses is no bad API key.
base::Status as_told_to_callers(const base::Status& why, const std::string& instance) {
  switch (why.code()) {
    case base::Code::kInvalidArgument:
    case base::Code::kFailedPrecondition:
    case base::Code::kUnimplemented:
    case base::Code::kResourceExhausted:
    case base::Code::kUnavailable:
    case base::Code::kInternal:
      return why;
    default:
      return base::unavailable(
          fmt::format("the node of '{}' makes no invoices now; its operator has to look at it", instance),
          why.to_string());
  }
}

}  // namespace

InvoiceMaker::InvoiceMaker(const Services& services, ReadStateOf read_state)
    : with_(services), read_state_(std::move(read_state)) {}

asio::awaitable<Result<InvoiceMaker::Made>> InvoiceMaker::make(state::NewInvoice wish,
                                                               std::string correlation_id) {
  auto intent = co_await with_.invoices.intend_invoice(std::move(wish));
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
  auto row = co_await ask_node(*std::move(intent), std::move(correlation_id), first);
  if (!row) co_return base::fail(row.error());
  made.invoice = *std::move(row);
  co_return made;
}

asio::awaitable<Result<state::InvoiceRow>> InvoiceMaker::ask_node(state::InvoiceIntent intent,
                                                                  std::string correlation_id, bool first) {
  auto network = co_await network_of(intent.node_instance);
  if (!network) {
    if (first || is_final(network.error().code())) co_await give_up(intent.id);
    co_return base::fail(network.error());
  }
  v1::CreateInvoiceRequest request;
  request.mutable_node()->set_node(intent.node);
  for (const std::string& handle : secret_handles_of(intent))
    request.mutable_node()->add_secret_handles(handle);
  request.set_invoice_key(state::invoice_key_of(intent.id));
  request.set_amount_msat(intent.terms.amount_msat);
  request.set_description(intent.terms.memo);
  request.set_expiry_seconds(intent.terms.expiry_seconds);
  pipeline::PluginCall wanted;
  wanted.instance = intent.node_instance;
  wanted.method = "CreateInvoice";
  wanted.key = request.invoice_key();
  wanted.correlation_id = std::move(correlation_id);
  wanted.timeout = kTimeout;
  wanted.resumed = !first;
  auto reply = co_await ask<v1::CreateInvoiceReply>(with_, std::move(wanted), request);
  if (!reply && pipeline::effect_unknown(reply.error().code())) {
    with_.log.warning(
        "a node did not say whether it made an invoice; it is asked again",
        {{"instance", intent.node_instance}, {"invoice", intent.id.to_string()}, {"why", reply.error()}});
    co_return base::fail(not_known());
  }
  if (!reply) {
    const bool is_over = first || is_final(reply.error().code());
    if (!is_over) co_return base::fail(not_known());
    co_await give_up(intent.id);
    co_return base::fail(as_told_to_callers(reply.error(), intent.node_instance));
  }
  auto made = checked(*reply, intent, *network, with_.clock.wall());
  if (!made) {
    with_.log.error(
        "an invoice is not what was asked for, and was not given out",
        {{"instance", intent.node_instance}, {"invoice", intent.id.to_string()}, {"why", made.error()}});
    co_await give_up(intent.id);
    co_return base::fail(made.error());
  }
  co_return co_await with_.invoices.create_invoice(*std::move(made));
}

asio::awaitable<void> InvoiceMaker::give_up(base::Uuid intent) {
  auto done = co_await with_.invoices.give_up_invoice(intent);
  if (!done)
    with_.log.warning("an invoice that was not made is asked for once more", {{"why", done.error()}});
}

asio::awaitable<Result<std::string>> InvoiceMaker::network_of(std::string instance) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = networks_.find(instance);
    if (known != networks_.end()) co_return known->second;
  }
  pipeline::PluginCall wanted;
  wanted.instance = instance;
  wanted.method = "Describe";
  wanted.timeout = kTimeout;
  const v1::DescribeNodesRequest request;
  auto reply = co_await ask<v1::DescribeNodesReply>(with_, std::move(wanted), request);
  if (!reply) {
    // Nothing was asked of the node yet.
    co_return base::fail(base::unavailable(
        fmt::format("the node of '{}' cannot be asked for an invoice now; try again later", instance),
        reply.error().to_string()));
  }
  if (!reply->invoices()) {
    co_return base::fail(base::unimplemented(
        fmt::format("the node of '{}' makes no invoices; pay its offer instead", instance)));
  }
  const std::lock_guard lock(mutex_);
  networks_[instance] = reply->network();
  co_return reply->network();
}

std::vector<std::string> InvoiceMaker::secret_handles_of(const state::InvoiceIntent& intent) const {
  if (intent.node.empty()) return {};
  for (WatchedNode& each : with_.nodes()) {
    if (each.instance == intent.node_instance && each.reference == intent.node)
      return std::move(each.secret_handles);
  }
  return {};
}

void InvoiceMaker::forget() {
  const std::lock_guard lock(mutex_);
  networks_.clear();
}

asio::awaitable<void> InvoiceMaker::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  base::MonotonicTime look_at_begun = with_.clock.monotonic();
  for (;;) {
    co_await expire_due();
    if (with_.clock.monotonic() >= look_at_begun) {
      co_await finish_begun();
      look_at_begun = with_.clock.monotonic() + kBegunRound;
    }
    // A cancellation during the round is not told to the sleep that follows.
    if (co_await cancelled()) co_return;
    if (!co_await base::sleep_for(with_.clock, kRound)) co_return;
  }
}

bool InvoiceMaker::may_expire(const state::InvoiceRow& invoice, base::WallTime now) const {
  if (invoice.expires + kLongestUnread <= now) return true;
  ReadState read = read_state_(invoice.node_instance, invoice.node);
  // The default node has a name of its own with some backends.
  if (!read.watched) read = read_state_(invoice.node_instance, {});
  if (!read.watched) return true;
  return read.read_until && *read.read_until >= invoice.expires + kClocksDiffer;
}

asio::awaitable<void> InvoiceMaker::expire_due() {
  const base::WallTime now = with_.clock.wall();
  state::InvoiceStore::DuePlace place;
  for (;;) {
    auto due = with_.invoices.invoices_due(now, place, kPage);
    if (!due) {
      with_.log.warning("expired invoices cannot be looked for", {{"why", due.error()}});
      co_return;
    }
    std::vector<base::Uuid> over;
    for (const state::DueInvoice& each : *due) {
      if (may_expire(each.invoice, now)) over.push_back(each.invoice.id);
    }
    if (!over.empty()) {
      auto done = co_await with_.invoices.expire_invoices(std::move(over), now);
      if (!done) {
        with_.log.warning("expired invoices cannot be written down", {{"why", done.error()}});
        co_return;
      }
    }
    if (due->size() < kPage || co_await cancelled()) co_return;
    place = {due->back().invoice.expires, due->back().key};
  }
}

asio::awaitable<void> InvoiceMaker::finish_begun() {
  const base::WallTime now = with_.clock.wall();
  auto begun = with_.invoices.open_intents(now - kLeftAlone, kPage);
  if (!begun) {
    with_.log.warning("invoices that were begun cannot be looked for", {{"why", begun.error()}});
    co_return;
  }
  // An instance that failed is left alone until the next round, so that it does not keep the others waiting.
  std::set<std::string> failing;
  for (state::InvoiceIntent& each : *begun) {
    if (co_await cancelled()) co_return;
    // Nobody waits for an invoice that would be over.
    if (each.created + std::chrono::seconds{each.terms.expiry_seconds} <= now) {
      co_await give_up(each.id);
      continue;
    }
    if (failing.contains(each.node_instance)) continue;
    const std::string instance = each.node_instance;
    const auto made = co_await ask_node(std::move(each), {}, false);
    if (!made) failing.insert(instance);
  }
}

}  // namespace paynamed::payments
