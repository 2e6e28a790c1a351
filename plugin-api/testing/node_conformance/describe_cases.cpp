#include <set>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

void describe_says_what_the_methods_do(NodeCaseRun& run) {
  const auto& said = run.described();
  run.expect(!said.summary().empty(), "Describe must have a summary");
  run.expect(said.custody() != CUSTODY_UNSPECIFIED, "Describe must say who can spend what arrives");
  const std::set<std::string> networks{"bitcoin", "testnet", "signet", "regtest"};
  run.expect(networks.count(said.network()) == 1,
             "Describe has the unknown network \"" + said.network() + "\"");
  const auto has = [&](bool claimed, Code code, const std::string& method) {
    run.expect(claimed == (code != Code::kUnimplemented),
               method + (claimed ? " is promised by Describe, but UNIMPLEMENTED"
                                 : " must be UNIMPLEMENTED, for Describe does not promise it"));
  };
  // None of these requests can do anything, for each lacks what it needs.
  has(said.offers(), run.create(run.to_node<CreateOfferRequest>()).code(), "CreateOffer");
  has(said.offers(), run.lookup_offer_by_key("").code(), "LookupOffer");
  has(said.offers(), run.disable_by_id("").code(), "DisableOffer");
  has(said.invoices(), run.create(run.to_node<CreateInvoiceRequest>()).code(), "CreateInvoice");
  has(said.invoices(), run.lookup_invoice("").code(), "LookupInvoice");
  has(said.payments_out(), run.call<PayReply>("Pay", run.to_node<PayRequest>()).code(), "Pay");
  has(said.payments_out(),
      run.call<LookupPaymentReply>("LookupPayment", run.to_node<LookupPaymentRequest>()).code(),
      "LookupPayment");
  has(said.watch_payments(), run.call<WatchPaymentsReply>("WatchPayments", run.watch("")).code(),
      "WatchPayments");
}

void info_is_true_to_describe(NodeCaseRun& run) {
  const auto info = run.call<NodeInfoReply>("Info", run.to_node<NodeInfoRequest>());
  run.require_ok(info, "Info");
  run.expect(info->reachable() == TERNARY_YES, "Info must say that the node is reachable");
  run.expect(is_hex_of(info->node_id(), 33), "Info must give the node id in hex, but: " + info->node_id());
  run.expect(!info->version().empty(), "Info must give the node's version");
  run.expect(info->network() == run.described().network(), "Info has another network than Describe");
  run.expect(info->custody() == run.described().custody(), "Info has another custody than Describe");
  run.expect(info->receivable() != TERNARY_NO || !info->explanation().empty(),
             "Info must say why nothing can be received");
}

void provision_gives_a_reference_that_works(NodeCaseRun& run) {
  auto request = run.to_node<ProvisionRequest>();
  request.set_owner("owner");
  const std::string key = run.new_key();
  const auto first = run.call<ProvisionReply>("Provision", request, key);
  run.require_ok(first, "Provision");
  const auto again = run.call<ProvisionReply>("Provision", request, key);
  run.require_ok(again, "Provision again");
  run.expect(first->SerializeAsString() == again->SerializeAsString(),
             "Provision again with the same key must give the same answer");
  NodeInfoRequest asked;
  *asked.mutable_node() = first->node();
  const auto info = run.call<NodeInfoReply>("Info", asked);
  run.require_ok(info, "Info of the node that Provision gave");
  run.expect(info->node_id() == first->node_id(),
             "Provision's reference must lead to the node that it names");
}

void release_can_be_repeated(NodeCaseRun& run) {
  const auto request = run.to_node<ReleaseRequest>();
  const std::string key = run.new_key();
  run.expect_ok(run.call<ReleaseReply>("Release", request, key), "Release");
  run.expect_ok(run.call<ReleaseReply>("Release", request, key), "Release again");
}

}  // namespace

std::vector<NodeCase> describe_cases() {
  return {
      {"DescribeSaysWhatTheMethodsDo", describe_says_what_the_methods_do},
      {"InfoIsTrueToDescribe", info_is_true_to_describe},
      {"ProvisionGivesAReferenceThatWorks", provision_gives_a_reference_that_works},
      {"ReleaseCanBeRepeated", release_can_be_repeated},
  };
}

}  // namespace paynamed::testing
