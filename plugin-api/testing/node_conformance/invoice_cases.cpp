#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

using State = LookupInvoiceReply::State;

// Clocks of host and node tick apart.
constexpr std::uint64_t kTolerance = 10;

void expect_state(NodeCaseRun& run, const std::string& key, State state, const std::string& when) {
  const auto found = run.lookup_invoice(key);
  run.expect_ok(found, "looking up an invoice " + when);
  if (!found.ok()) return;
  run.expect(found->state() == state, when + " an invoice has the state " + std::to_string(found->state()) +
                                          " and not " + std::to_string(state));
  run.expect((found->received_msat() != 0) == (state == LookupInvoiceReply::PAID) &&
                 (found->paid_at() != 0) == (state == LookupInvoiceReply::PAID),
             when + " an invoice must say what was received and when, and only if it is paid");
}

void an_invoice_is_made_as_asked(NodeCaseRun& run) {
  run.needs_invoices();
  const auto request = run.invoice(run.new_key());
  const std::uint64_t now = run.world().now();
  const auto made = run.given_invoice(request);
  run.expect(made.bolt11().starts_with("ln"), "an invoice must begin with ln, but: " + made.bolt11());
  run.expect(is_hex_of(made.payment_hash(), 32), "a payment_hash must be hex of 32 bytes");
  const std::uint64_t expected = now + request.expiry_seconds();
  run.expect(made.expires_at() + kTolerance >= expected && made.expires_at() <= expected + kTolerance,
             "an invoice must expire after expiry_seconds");
  expect_state(run, request.invoice_key(), LookupInvoiceReply::UNPAID, "at first");
}

void the_same_key_gives_the_same_invoice(NodeCaseRun& run) {
  run.needs_invoices();
  const auto request = run.invoice(run.new_key());
  const auto before = run.world().invoices();
  const auto first = run.given_invoice(request);
  for (const bool restarted : {false, true}) {
    if (restarted) run.plugin().restart();
    const auto again = run.create(request);
    run.expect_ok(again, "the same key");
    if (!again.ok()) continue;
    run.expect(again->bolt11() == first.bolt11() && again->payment_hash() == first.payment_hash() &&
                   again->expires_at() == first.expires_at(),
               "the same key must give the same invoice");
  }
  const auto after = run.world().invoices();
  run.expect(!before || *after == *before + 1, "one key must make one invoice at the node");
}

void the_same_key_with_other_terms_is_refused(NodeCaseRun& run) {
  run.needs_invoices();
  const auto request = run.invoice(run.new_key());
  run.given_invoice(request);
  for (const int changed : {0, 1, 2, 3}) {
    auto other = request;
    if (changed == 0) other.set_amount_msat(request.amount_msat() + 1'000);
    if (changed == 1) other.set_amount_msat(0);
    if (changed == 2) other.set_description("tea");
    if (changed == 3) other.set_expiry_seconds(request.expiry_seconds() + 600);
    run.expect_code(run.create(other), {Code::kAlreadyExists}, "the same key with other terms");
  }
}

void two_keys_give_two_invoices(NodeCaseRun& run) {
  run.needs_invoices();
  const auto first = run.given_invoice(run.invoice(run.new_key()));
  const auto second = run.given_invoice(run.invoice(run.new_key()));
  run.expect(first.payment_hash() != second.payment_hash(), "two keys with the same terms share an invoice");
}

void an_invoice_is_found_by_key_and_hash(NodeCaseRun& run) {
  run.needs_invoices();
  const auto request = run.invoice(run.new_key());
  const auto made = run.given_invoice(request);
  auto by_hash = run.to_node<LookupInvoiceRequest>();
  by_hash.set_payment_hash(made.payment_hash());
  for (const auto& found :
       {run.lookup_invoice(request.invoice_key()), run.call<LookupInvoiceReply>("LookupInvoice", by_hash)}) {
    run.expect_ok(found, "looking up an invoice");
    if (!found.ok()) continue;
    run.expect(found->bolt11() == made.bolt11() && found->payment_hash() == made.payment_hash(),
               "looking up an invoice must give what was made");
  }
  run.expect_code(run.lookup_invoice(run.new_key()), {Code::kNotFound}, "looking up an unknown key");
  by_hash.set_payment_hash(std::string(64, 'b'));
  run.expect_code(run.call<LookupInvoiceReply>("LookupInvoice", by_hash), {Code::kNotFound},
                  "looking up an unknown hash");
}

void a_paid_invoice_says_so(NodeCaseRun& run) {
  run.needs_invoices();
  const auto request = run.invoice(run.new_key());
  const auto made = run.given_invoice(request);
  run.require(run.world().pay_invoice(made.bolt11()), "an invoice cannot be paid");
  expect_state(run, request.invoice_key(), LookupInvoiceReply::PAID, "after its payment");
  const auto found = run.lookup_invoice(request.invoice_key());
  run.require_ok(found, "looking up an invoice");
  run.expect(found->received_msat() >= request.amount_msat(), "a paid invoice must say how much arrived");
  run.expect(!run.world().pay_invoice(made.bolt11()), "an invoice can be paid twice");
  const auto again = run.create(request);
  run.require_ok(again, "the same key for an invoice that is paid");
  run.expect(again->bolt11() == made.bolt11(),
             "the same key must give the same invoice, also when it is paid");
  if (!run.can().expiry) return;
  run.world().pass(std::chrono::seconds(request.expiry_seconds() + 1));
  expect_state(run, request.invoice_key(), LookupInvoiceReply::PAID, "when its time is over");
}

void an_expired_invoice_says_so(NodeCaseRun& run) {
  run.needs_invoices();
  if (!run.can().expiry) NodeCaseRun::skip("the fixture cannot let time pass");
  const auto request = run.invoice(run.new_key());
  const auto made = run.given_invoice(request);
  run.world().pass(std::chrono::seconds(request.expiry_seconds() + 1));
  run.expect(!run.world().pay_invoice(made.bolt11()), "an expired invoice can be paid");
  expect_state(run, request.invoice_key(), LookupInvoiceReply::EXPIRED, "when its time is over");
}

void any_text_is_kept(NodeCaseRun& run) {
  run.needs_invoices();
  auto request = run.invoice(run.new_key());
  request.set_description("\"quoted\" \\ back\nline \xe2\x82\xbf {}[] code: Some(904)");
  const auto made = run.given_invoice(request);
  const auto again = run.create(request);
  run.require_ok(again, "the same key with a description that needs escaping");
  run.expect(again->bolt11() == made.bolt11(), "the same key must give the same invoice");
}

void an_open_amount_can_be_asked(NodeCaseRun& run) {
  run.needs_invoices();
  auto request = run.invoice(run.new_key());
  request.set_amount_msat(0);
  const auto made = run.given_invoice(request);
  const auto again = run.create(request);
  run.require_ok(again, "the same key for an open amount");
  run.expect(again->bolt11() == made.bolt11(), "the same key must give the same invoice");
}

}  // namespace

std::vector<NodeCase> invoice_cases() {
  return {
      {"AnInvoiceIsMadeAsAsked", an_invoice_is_made_as_asked},
      {"TheSameInvoiceKeyGivesTheSameInvoice", the_same_key_gives_the_same_invoice},
      {"TheSameInvoiceKeyWithOtherTermsIsRefused", the_same_key_with_other_terms_is_refused},
      {"TwoKeysGiveTwoInvoices", two_keys_give_two_invoices},
      {"AnInvoiceIsFoundByKeyAndHash", an_invoice_is_found_by_key_and_hash},
      {"APaidInvoiceSaysSo", a_paid_invoice_says_so},
      {"AnExpiredInvoiceSaysSo", an_expired_invoice_says_so},
      {"AnyTextOfAnInvoiceIsKept", any_text_is_kept},
      {"AnOpenAmountCanBeAsked", an_open_amount_can_be_asked},
  };
}

}  // namespace paynamed::testing
