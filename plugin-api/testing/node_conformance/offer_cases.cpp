#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr std::uint64_t kDay = 86'400;

void an_offer_is_made_as_asked(NodeCaseRun& run) {
  run.needs_offers();
  const auto made = run.given_offer(run.offer(run.new_key()));
  run.expect(made.offer().starts_with("lno1"), "an offer must begin with lno1, but: " + made.offer());
  run.expect(is_hex_of(made.offer_id(), 32), "an offer_id must be hex of 32 bytes, but: " + made.offer_id());
  const auto info = run.call<NodeInfoReply>("Info", run.to_node<NodeInfoRequest>());
  run.require_ok(info, "Info");
  run.expect(made.node_id() == info->node_id(), "CreateOffer must name the node that Info names");
}

void expect_same_offer(NodeCaseRun& run, const CreateOfferReply& first, const Result<CreateOfferReply>& again,
                       const std::string& what) {
  run.expect_ok(again, what);
  if (!again.ok()) return;
  run.expect(again->offer() == first.offer() && again->offer_id() == first.offer_id(),
             what + " must give the same offer");
  run.expect(again->absolute_expiry() == first.absolute_expiry(), what + " must give the same expiry");
}

void the_same_key_gives_the_same_offer(NodeCaseRun& run) {
  run.needs_offers();
  const auto request = run.offer(run.new_key());
  const auto before = run.world().offers();
  const auto first = run.given_offer(request);
  expect_same_offer(run, first, run.create(request), "the same key");
  run.plugin().restart();
  expect_same_offer(run, first, run.create(request), "the same key after a restart");
  run.require_ok(run.disable_by_id(first.offer_id()), "disabling");
  expect_same_offer(run, first, run.create(request), "the same key for an offer that is disabled");
  const auto after = run.world().offers();
  run.expect(!before || *after == *before + 1, "one key must make one offer at the node");
}

void the_same_key_with_other_terms_is_refused(NodeCaseRun& run) {
  run.needs_offers();
  auto request = run.offer(run.new_key());
  request.set_amount_msat(1'000);
  run.given_offer(request);
  for (const int changed : {0, 1, 2, 3}) {
    auto other = request;
    if (changed == 0) other.set_amount_msat(2'000);
    if (changed == 1) other.set_description("Pay bob");
    if (changed == 2) other.set_issuer("bob@example.com");
    if (changed == 3) other.set_absolute_expiry(run.world().now() + kDay);
    run.expect_code(run.create(other), {Code::kAlreadyExists}, "the same key with other terms");
  }
}

void expect_all_distinct(NodeCaseRun& run, CreateOfferRequest request, int count) {
  std::vector<CreateOfferReply> made;
  for (int i = 0; i < count; ++i) {
    request.set_offer_key(run.new_key());
    made.push_back(run.given_offer(request));
    for (int other = 0; other < i; ++other) {
      const auto& earlier = made[static_cast<std::size_t>(other)];
      run.expect(earlier.offer_id() != made.back().offer_id() && earlier.offer() != made.back().offer(),
                 "two keys with the same terms share an offer");
    }
  }
}

void two_keys_never_share_an_offer(NodeCaseRun& run) {
  run.needs_offers();
  auto request = run.offer("");
  expect_all_distinct(run, request, 4);
  request.set_amount_msat(5'000);
  request.set_absolute_expiry(run.world().now() + kDay);
  expect_all_distinct(run, request, 4);
}

void a_distinct_offer_keeps_its_terms(NodeCaseRun& run) {
  run.needs_offers();
  auto request = run.offer(run.new_key());
  request.set_absolute_expiry(run.world().now() + 2 * kDay);
  run.given_offer(request);
  request.set_offer_key(run.new_key());
  const auto second = run.given_offer(request);
  run.expect(second.absolute_expiry() <= request.absolute_expiry() &&
                 second.absolute_expiry() + 60 >= request.absolute_expiry(),
             "an offer must end when it was asked to, or up to 60 s before");
  request.clear_absolute_expiry();
  request.set_offer_key(run.new_key());
  run.given_offer(request);
  request.set_offer_key(run.new_key());
  const auto endless = run.given_offer(request);
  run.expect(endless.absolute_expiry() == 0 || endless.absolute_expiry() >= 253'402'300'800,
             "an offer without an end must have none, or one after the year 9999");
}

void a_disabled_offer_is_never_given_to_another_key(NodeCaseRun& run) {
  run.needs_offers();
  const auto first = run.given_offer(run.offer(run.new_key()));
  run.require_ok(run.disable_by_id(first.offer_id()), "disabling");
  const auto second = run.given_offer(run.offer(run.new_key()));
  run.expect(first.offer_id() != second.offer_id(), "a disabled offer is given to another key");
  const auto found = run.lookup_offer_by_id(second.offer_id());
  run.require_ok(found, "looking up a new offer");
  run.expect(found->active(), "a new offer must be active");
}

void any_text_is_kept(NodeCaseRun& run) {
  run.needs_offers();
  auto request = run.offer(run.new_key());
  request.set_description("\"quoted\" \\ back\nline \xe2\x82\xbf {}[], code: Some(900) <b>&amp;");
  const auto first = run.given_offer(request);
  expect_same_offer(run, first, run.create(request), "the same key with a description that needs escaping");
}

}  // namespace

std::vector<NodeCase> offer_cases() {
  return {
      {"AnOfferIsMadeAsAsked", an_offer_is_made_as_asked},
      {"TheSameOfferKeyGivesTheSameOffer", the_same_key_gives_the_same_offer},
      {"TheSameOfferKeyWithOtherTermsIsRefused", the_same_key_with_other_terms_is_refused},
      {"TwoKeysNeverShareAnOffer", two_keys_never_share_an_offer},
      {"ADistinctOfferKeepsItsTerms", a_distinct_offer_keeps_its_terms},
      {"ADisabledOfferIsNeverGivenToAnotherKey", a_disabled_offer_is_never_given_to_another_key},
      {"AnyTextIsKept", any_text_is_kept},
  };
}

}  // namespace paynamed::testing
