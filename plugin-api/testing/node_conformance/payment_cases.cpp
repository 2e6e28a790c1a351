#include <set>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

std::vector<std::string> keys_of(const std::vector<Payment>& payments) {
  std::vector<std::string> keys;
  for (const Payment& each : payments) keys.push_back(each.pay_key());
  return keys;
}

// Pays that many invoices and gives their keys.
std::vector<std::string> pay_invoices(NodeCaseRun& run, int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) {
    keys.push_back(run.new_key());
    const auto made = run.given_invoice(run.invoice(keys.back()));
    run.require(run.world().pay_invoice(made.bolt11()), "an invoice cannot be paid");
  }
  return keys;
}

void nothing_new_is_empty(NodeCaseRun& run) {
  run.needs_watching();
  const std::string cursor = run.drained();
  const auto reply = run.call<WatchPaymentsReply>("WatchPayments", run.watch(cursor, 10, 300));
  run.require_ok(reply, "WatchPayments when nothing comes");
  run.expect(reply->payments_size() == 0, "WatchPayments gives payments that nobody made");
  run.expect(reply->next_cursor() == cursor, "WatchPayments without payments must leave the cursor as it is");
  run.expect(is_hex_of(reply->node_id(), 33), "WatchPayments must say of which node the cursor is");
}

void payments_are_told_as_they_are(NodeCaseRun& run) {
  run.needs_watching();
  run.needs_offers();
  std::string cursor = run.drained();
  const std::string invoice_key = run.new_key();
  const auto invoice = run.given_invoice(run.invoice(invoice_key));
  const auto offer = run.given_offer(run.offer(run.new_key()));
  run.require(run.world().pay_invoice(invoice.bolt11()), "an invoice cannot be paid");
  run.require(run.world().pay_offer(offer.offer(), 7'000, "a \"note\""), "an offer cannot be paid");
  const auto paid = run.paid_since(cursor);
  run.require(paid.size() == 2, "WatchPayments gives " + std::to_string(paid.size()) + " payments of 2");
  run.expect(paid[0].invoice_key() == invoice_key, "a payment must name the invoice_key that was paid");
  run.expect(paid[0].offer_id().empty(), "a payment of an invoice must name no offer");
  run.expect(paid[0].payment_hash() == invoice.payment_hash(), "a payment must have its invoice's hash");
  run.expect(paid[0].received_msat() == 1'234'000, "a payment must say how much arrived");
  run.expect(paid[1].offer_id() == offer.offer_id(), "a payment must name the offer that was paid");
  run.expect(paid[1].invoice_key().empty(), "a payment of an offer must name no invoice_key of ours");
  run.expect(paid[1].payer_note() == "a \"note\"", "a payment must give the payer's note as it is");
  run.expect(paid[1].received_msat() == 7'000, "a payment must say how much arrived");
  for (const Payment& each : paid) {
    run.expect(is_hex_of(each.payment_hash(), 32), "a payment_hash must be hex of 32 bytes");
    run.expect(each.paid_at() != 0, "a payment must say when");
    run.expect(!each.pay_key().empty(), "a payment must have a pay_key");
  }
  run.expect(paid[0].pay_key() != paid[1].pay_key(), "two payments share a pay_key");
}

void pages_lose_nothing(NodeCaseRun& run) {
  run.needs_watching();
  const std::string start = run.drained();
  const auto expected = pay_invoices(run, 7);
  const auto check = [&](const std::vector<Payment>& paid, const std::string& how) {
    std::vector<std::string> invoices;
    for (const Payment& each : paid) invoices.push_back(each.invoice_key());
    run.expect(invoices == expected, how + " every payment must come once and in order, but " +
                                         std::to_string(paid.size()) + " of 7 came");
    const auto keys = keys_of(paid);
    run.expect(std::set(keys.begin(), keys.end()).size() == keys.size(), how + " a pay_key comes twice");
    return keys;
  };
  std::string cursor = start;
  const auto keys = check(run.paid_since(cursor, 3), "in pages of 3");
  cursor = start;
  run.expect(check(run.paid_since(cursor, 2, true), "with a restart before each page") == keys,
             "a payment must keep its pay_key");
  cursor = start;
  check(run.paid_since(cursor, 100), "again from the same cursor");
  run.expect(run.paid_since(cursor).empty(), "after the last payment there is another one");
}

void an_old_cursor_stays_good(NodeCaseRun& run) {
  run.needs_watching();
  std::string cursor = run.drained();
  pay_invoices(run, 1);
  run.paid_since(cursor);
  const std::string old = cursor;
  pay_invoices(run, 2);
  run.plugin().restart();
  std::string again = old;
  run.expect(run.paid_since(again).size() == 2, "an old cursor must give all that was paid after it");
  again = old;
  run.expect(run.paid_since(again, 1).size() == 2, "an old cursor must be good for more than one call");
}

void a_waiting_watch_is_woken(NodeCaseRun& run) {
  run.needs_watching();
  if (!run.can().pays_beside) NodeCaseRun::skip("the fixture cannot pay while the plugin is called");
  const std::string cursor = run.drained();
  const std::string key = run.new_key();
  const auto made = run.given_invoice(run.invoice(key));
  std::optional<Result<WatchPaymentsReply>> reply;
  NodeCaseRun::at_once(
      [&] { run.world().pay_invoice(made.bolt11()); },
      [&] { reply = run.call<WatchPaymentsReply>("WatchPayments", run.watch(cursor, 10, 8'000)); });
  run.require_ok(*reply, "a WatchPayments that waits");
  run.require((*reply)->payments_size() == 1, "a payment does not wake a WatchPayments that waits");
  run.expect((*reply)->payments(0).invoice_key() == key, "a WatchPayments that waits gives another payment");
}

void a_cursor_of_another_node_is_refused(NodeCaseRun& run) {
  run.needs_watching();
  const auto other = run.subject().unpaid_node();
  if (!other) NodeCaseRun::skip("the fixture has no second node");
  pay_invoices(run, 2);
  const std::string cursor = run.drained();
  auto request = run.watch(cursor);
  *request.mutable_node() = other->node;
  run.expect_code(run.call_at<WatchPaymentsReply>(*other->plugin, "WatchPayments", request),
                  {Code::kOutOfRange}, "a cursor of another node, or ahead of the node,");
}

void a_cursor_that_is_none_is_refused(NodeCaseRun& run) {
  run.needs_watching();
  for (const char* bad : {"x", "-1", "1 ", "99999999999999999999999999", "0x1"}) {
    run.expect_code(run.call<WatchPaymentsReply>("WatchPayments", run.watch(bad)), {Code::kInvalidArgument},
                    std::string("the cursor \"") + bad + "\"");
  }
}

}  // namespace

std::vector<NodeCase> payment_cases() {
  return {
      {"NothingNewIsEmpty", nothing_new_is_empty},
      {"PaymentsAreToldAsTheyAre", payments_are_told_as_they_are},
      {"PagesLoseNothing", pages_lose_nothing},
      {"AnOldCursorStaysGood", an_old_cursor_stays_good},
      {"AWaitingWatchIsWoken", a_waiting_watch_is_woken},
      {"ACursorOfAnotherNodeIsRefused", a_cursor_of_another_node_is_refused},
      {"ACursorThatIsNoneIsRefused", a_cursor_that_is_none_is_refused},
  };
}

}  // namespace paynamed::testing
