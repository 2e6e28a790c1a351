#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// More than all bitcoin.
constexpr std::uint64_t kTooMuch = 2'100'000'000'000'000'001;

void a_malformed_offer_is_refused(NodeCaseRun& run) {
  run.needs_offers();
  const auto before = run.world().offers();
  const auto refused = [&](const CreateOfferRequest& request, const std::string& what) {
    run.expect_code(run.create(request), {Code::kInvalidArgument}, what);
  };
  refused(run.offer(""), "an offer without a key");
  auto request = run.offer(run.new_key());
  request.set_amount_msat(kTooMuch);
  refused(request, "an offer for more than all bitcoin");
  request = run.offer(run.new_key());
  request.set_amount_msat(1'000);
  request.clear_description();
  refused(request, "an offer with an amount and without a description (BOLT 12)");
  request = run.offer(run.new_key());
  request.set_absolute_expiry(run.world().now() - 100);
  refused(request, "an offer that has ended before it begins");
  request = run.offer(run.new_key());
  request.set_description(std::string(100'000, 'x'));
  refused(request, "an offer with a description of 100 kB");
  run.expect(before == run.world().offers(), "a refused request must make no offer");
}

void a_malformed_invoice_is_refused(NodeCaseRun& run) {
  run.needs_invoices();
  const auto before = run.world().invoices();
  run.expect_code(run.create(run.invoice("")), {Code::kInvalidArgument}, "an invoice without a key");
  auto request = run.invoice(run.new_key());
  request.set_amount_msat(kTooMuch);
  run.expect_code(run.create(request), {Code::kInvalidArgument}, "an invoice for more than all bitcoin");
  run.expect(before == run.world().invoices(), "a refused request must make no invoice");
}

void a_lookup_needs_something_to_look_for(NodeCaseRun& run) {
  if (run.described().offers()) {
    run.expect_code(run.lookup_offer_by_key(""), {Code::kInvalidArgument}, "looking up no offer");
    run.expect_code(run.disable_by_key(""), {Code::kInvalidArgument}, "disabling no offer");
  }
  if (run.described().invoices()) {
    run.expect_code(run.lookup_invoice(""), {Code::kInvalidArgument}, "looking up no invoice");
  }
}

void an_id_that_is_none_is_not_found(NodeCaseRun& run) {
  run.needs_offers();
  for (const char* bad : {"x", "00", "\"}", "zz"}) {
    run.expect_code(run.lookup_offer_by_id(bad), {Code::kNotFound, Code::kInvalidArgument},
                    std::string("looking up the offer_id ") + bad);
  }
}

void an_unknown_node_is_not_found(NodeCaseRun& run) {
  NodeInfoRequest info;
  info.mutable_node()->set_node("no-such-node");
  run.expect_code(run.call<NodeInfoReply>("Info", info), {Code::kNotFound}, "Info of an unknown node");
  auto offer = run.offer(run.new_key());
  offer.mutable_node()->set_node("no-such-node");
  run.expect_code(run.create(offer), {Code::kNotFound}, "an offer of an unknown node");
}

void an_unreachable_node_is_unavailable(NodeCaseRun& run) {
  const auto gone = run.subject().unreachable_node();
  if (!gone) NodeCaseRun::skip("the fixture has no node that is gone");
  auto offer = run.offer(run.new_key());
  *offer.mutable_node() = gone->node;
  run.expect_code(run.call_at<CreateOfferReply>(*gone->plugin, "CreateOffer", offer, offer.offer_key()),
                  {Code::kUnavailable}, "an offer of a node that is gone");
  NodeInfoRequest asked;
  *asked.mutable_node() = gone->node;
  const auto info = run.call_at<NodeInfoReply>(*gone->plugin, "Info", asked);
  run.require_ok(info, "Info of a node that is gone");
  run.expect(info->reachable() == TERNARY_NO, "Info must say that the node is not reachable");
  run.expect(!info->explanation().empty(), "Info must say why the node is not reachable");
}

void wrong_credentials_are_told_and_kept_secret(NodeCaseRun& run) {
  const auto refused = run.subject().node_with_wrong_credentials();
  if (!refused) NodeCaseRun::skip("the fixture has no wrong credentials");
  auto offer = run.offer(run.new_key());
  *offer.mutable_node() = refused->node;
  run.expect_code(run.call_at<CreateOfferReply>(*refused->plugin, "CreateOffer", offer, offer.offer_key()),
                  {Code::kUnauthenticated, Code::kPermissionDenied}, "an offer with wrong credentials");
}

}  // namespace

std::vector<NodeCase> refusal_cases() {
  return {
      {"AMalformedOfferIsRefused", a_malformed_offer_is_refused},
      {"AMalformedInvoiceIsRefused", a_malformed_invoice_is_refused},
      {"ALookupNeedsSomethingToLookFor", a_lookup_needs_something_to_look_for},
      {"AnIdThatIsNoneIsNotFound", an_id_that_is_none_is_not_found},
      {"AnUnknownNodeIsNotFound", an_unknown_node_is_not_found},
      {"AnUnreachableNodeIsUnavailable", an_unreachable_node_is_unavailable},
      {"WrongCredentialsAreToldAndKeptSecret", wrong_credentials_are_told_and_kept_secret},
  };
}

}  // namespace paynamed::testing
