#include <map>
#include <set>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr int kCalls = 100;

void losing_replies_or_skip(NodeCaseRun& run) {
  if (!run.can().loses_replies) NodeCaseRun::skip("the fixture cannot lose replies");
}

void a_lost_reply_to_an_offer_is_made_up_for(NodeCaseRun& run) {
  run.needs_offers();
  losing_replies_or_skip(run);
  const auto request = run.offer(run.new_key());
  const auto before = run.world().offers();
  run.world().lose_next_write_reply();
  const auto first = run.create(request);
  run.expect_honest(first, "an offer");
  run.plugin().restart();
  const auto again = run.settle<CreateOfferReply>("CreateOffer", request, request.offer_key());
  run.require_ok(again, "the same key after a lost reply");
  run.expect(!first.ok() || first->offer_id() == again->offer_id(), "the same key must give the same offer");
  const auto after = run.world().offers();
  run.expect(!before || *after == *before + 1, "one key must make one offer, also when a reply is lost");
}

void an_offer_whose_reply_was_lost_can_be_undone(NodeCaseRun& run) {
  run.needs_offers();
  losing_replies_or_skip(run);
  const auto request = run.offer(run.new_key());
  run.world().lose_next_write_reply();
  run.expect_honest(run.create(request), "an offer");
  run.plugin().restart();
  auto undo = run.to_node<DisableOfferRequest>();
  undo.set_offer_key(request.offer_key());
  const auto undone = run.settle<DisableOfferReply>("DisableOffer", undo, request.offer_key() + "/undo/0");
  run.require_ok(undone, "undoing an offer whose reply was lost");
  run.expect(undone->changed(), "undoing an offer whose reply was lost must disable it");
  const auto found = run.lookup_offer_by_key(request.offer_key());
  run.require_ok(found, "looking up the offer that was undone");
  run.expect(!found->active(), "an offer that was undone must be inactive");
}

void a_lost_reply_to_an_invoice_is_made_up_for(NodeCaseRun& run) {
  run.needs_invoices();
  losing_replies_or_skip(run);
  const auto request = run.invoice(run.new_key());
  const auto before = run.world().invoices();
  run.world().lose_next_write_reply();
  const auto first = run.create(request);
  run.expect_honest(first, "an invoice");
  run.plugin().restart();
  const auto again = run.settle<CreateInvoiceReply>("CreateInvoice", request, request.invoice_key());
  run.require_ok(again, "the same key after a lost reply");
  const auto after = run.world().invoices();
  run.expect(!before || *after == *before + 1, "one key must make one invoice, also when a reply is lost");
}

void a_lost_reply_to_a_disabling_is_made_up_for(NodeCaseRun& run) {
  run.needs_offers();
  losing_replies_or_skip(run);
  const auto made = run.given_offer(run.offer(run.new_key()));
  run.world().lose_next_write_reply();
  auto request = run.to_node<DisableOfferRequest>();
  request.set_offer_id(made.offer_id());
  const std::string key = run.new_key();
  run.expect_honest(run.call<DisableOfferReply>("DisableOffer", request, key), "a disabling");
  run.expect_ok(run.settle<DisableOfferReply>("DisableOffer", request, key),
                "the same key after a lost reply");
  const auto found = run.lookup_offer_by_id(made.offer_id());
  run.require_ok(found, "looking up an offer");
  run.expect(!found->active(), "a disabled offer must be inactive, also when a reply was lost");
}

// Each key twice, all at once.
template <class Request>
std::vector<Request> doubled(NodeCaseRun& run, Request (NodeCaseRun::*make)(const std::string&)) {
  std::vector<Request> requests;
  for (int i = 0; i < kCalls / 2; ++i) {
    requests.push_back((run.*make)(run.new_key()));
    requests.push_back(requests.back());
  }
  return requests;
}

void a_hundred_offers_at_once(NodeCaseRun& run) {
  run.needs_offers();
  const auto requests = doubled<CreateOfferRequest>(run, &NodeCaseRun::offer);
  const auto before = run.world().offers();
  const auto replies = run.call_all<CreateOfferReply, CreateOfferRequest>(
      "CreateOffer", requests, [](const CreateOfferRequest& each) { return each.offer_key(); });
  std::map<std::string, std::set<std::string>> ids;
  std::set<std::string> all;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    run.expect_ok(replies[i], "each of 100 offers at once");
    if (!replies[i].ok()) continue;
    ids[requests[i].offer_key()].insert(replies[i]->offer_id());
    all.insert(replies[i]->offer_id());
  }
  for (const auto& [key, given] : ids) run.expect(given.size() == 1, "one key gives two offers at once");
  run.expect(all.size() == ids.size(), "keys that are used at once share an offer");
  const auto after = run.world().offers();
  run.expect(!before || *after == *before + kCalls / 2, "50 keys at once must make 50 offers at the node");
}

void a_hundred_invoices_at_once(NodeCaseRun& run) {
  run.needs_invoices();
  const auto requests = doubled<CreateInvoiceRequest>(run, &NodeCaseRun::invoice);
  const auto before = run.world().invoices();
  const auto replies = run.call_all<CreateInvoiceReply, CreateInvoiceRequest>(
      "CreateInvoice", requests, [](const CreateInvoiceRequest& each) { return each.invoice_key(); });
  std::map<std::string, std::set<std::string>> hashes;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    run.expect_ok(replies[i], "each of 100 invoices at once");
    if (replies[i].ok()) hashes[requests[i].invoice_key()].insert(replies[i]->payment_hash());
  }
  for (const auto& [key, given] : hashes) run.expect(given.size() == 1, "one key gives two invoices at once");
  const auto after = run.world().invoices();
  run.expect(!before || *after == *before + kCalls / 2, "50 keys at once must make 50 invoices at the node");
}

}  // namespace

std::vector<NodeCase> fault_cases() {
  return {
      {"ALostReplyToAnOfferIsMadeUpFor", a_lost_reply_to_an_offer_is_made_up_for},
      {"AnOfferWhoseReplyWasLostCanBeUndone", an_offer_whose_reply_was_lost_can_be_undone},
      {"ALostReplyToAnInvoiceIsMadeUpFor", a_lost_reply_to_an_invoice_is_made_up_for},
      {"ALostReplyToADisablingIsMadeUpFor", a_lost_reply_to_a_disabling_is_made_up_for},
      {"AHundredOffersAtOnceAreKeptApart", a_hundred_offers_at_once},
      {"AHundredInvoicesAtOnceAreKeptApart", a_hundred_invoices_at_once},
  };
}

}  // namespace paynamed::testing
