#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr std::uint64_t kAmount = 10'000;

void expect_state(NodeCaseRun& run, const std::string& offer_id, bool active, bool used,
                  const std::string& when) {
  const auto found = run.lookup_offer_by_id(offer_id);
  run.expect_ok(found, "looking up an offer " + when);
  if (!found.ok()) return;
  run.expect(found->active() == active, when + " an offer must be " + (active ? "active" : "inactive"));
  run.expect(found->used() == used, when + " an offer must be " + (used ? "used" : "unused"));
}

void lookup_by_id_and_by_key(NodeCaseRun& run) {
  run.needs_offers();
  const std::string key = run.new_key();
  const auto made = run.given_offer(run.offer(key));
  for (const bool restarted : {false, true}) {
    if (restarted) run.plugin().restart();
    for (const auto& found : {run.lookup_offer_by_key(key), run.lookup_offer_by_id(made.offer_id())}) {
      run.expect_ok(found, "looking up an offer");
      if (!found.ok()) continue;
      run.expect(found->offer() == made.offer() && found->offer_id() == made.offer_id(),
                 "looking up an offer must give what was made");
      run.expect(found->active() && !found->used(), "a new offer must be active and unused");
    }
  }
}

void an_unknown_offer_is_not_found(NodeCaseRun& run) {
  run.needs_offers();
  run.expect_code(run.lookup_offer_by_key(run.new_key()), {Code::kNotFound}, "looking up an unknown key");
  run.expect_code(run.lookup_offer_by_id(std::string(64, 'a')), {Code::kNotFound},
                  "looking up an unknown id");
  run.expect_code(run.enable(std::string(64, 'a')), {Code::kNotFound}, "enabling an unknown offer");
}

void disable_of_what_was_never_made_succeeds(NodeCaseRun& run) {
  run.needs_offers();
  const auto undone = run.disable_by_key(run.new_key());
  run.require_ok(undone, "disabling an unknown key");
  run.expect(!undone->changed(), "disabling what was never made must say changed = false");
}

void disable_needs_only_the_key(NodeCaseRun& run) {
  run.needs_offers();
  const std::string key = run.new_key();
  const auto made = run.given_offer(run.offer(key));
  run.plugin().restart();
  const auto first = run.disable_by_key(key);
  run.require_ok(first, "disabling by key");
  run.expect(first->changed(), "disabling an active offer must say changed = true");
  expect_state(run, made.offer_id(), false, false, "after disabling");
  run.expect(!run.world().pay_offer(made.offer(), kAmount, ""), "a disabled offer can be paid");
  const auto again = run.disable_by_key(key);
  run.require_ok(again, "disabling again");
  run.expect(!again->changed(), "disabling what is disabled must say changed = false");
}

void disable_by_id(NodeCaseRun& run) {
  run.needs_offers();
  const auto made = run.given_offer(run.offer(run.new_key()));
  const auto first = run.disable_by_id(made.offer_id());
  run.require_ok(first, "disabling by id");
  run.expect(first->changed(), "disabling an active offer must say changed = true");
  expect_state(run, made.offer_id(), false, false, "after disabling");
  run.expect_ok(run.disable_by_id(made.offer_id()), "disabling again");
}

void enable_makes_payable_again(NodeCaseRun& run) {
  run.needs_offers();
  const auto made = run.given_offer(run.offer(run.new_key()));
  run.expect_ok(run.enable(made.offer_id()), "enabling what is enabled");
  run.require_ok(run.disable_by_id(made.offer_id()), "disabling");
  run.expect_ok(run.enable(made.offer_id()), "enabling");
  expect_state(run, made.offer_id(), true, false, "after enabling");
  run.expect(run.world().pay_offer(made.offer(), kAmount, ""),
             "an offer that was enabled again cannot be paid");
  expect_state(run, made.offer_id(), true, true, "after a payment");
}

void a_single_use_offer_is_paid_once(NodeCaseRun& run) {
  run.needs_offers();
  if (!run.can().single_use) NodeCaseRun::skip("the backend has no offers for single use");
  auto request = run.offer(run.new_key());
  request.set_single_use(true);
  const auto made = run.given_offer(request);
  run.expect(run.world().pay_offer(made.offer(), kAmount, ""), "an offer for single use cannot be paid");
  run.expect(!run.world().pay_offer(made.offer(), kAmount, ""), "an offer for single use can be paid twice");
  const auto found = run.lookup_offer_by_id(made.offer_id());
  run.require_ok(found, "looking up a used offer");
  run.expect(found->used(), "a paid offer must be used");
  run.expect_code(run.enable(made.offer_id()), {Code::kFailedPrecondition},
                  "enabling an offer that was used up");
  run.expect_ok(run.disable_by_id(made.offer_id()), "disabling an offer that was used up");
}

void an_expired_offer_cannot_be_paid(NodeCaseRun& run) {
  run.needs_offers();
  if (!run.can().expiry) NodeCaseRun::skip("the fixture cannot let time pass");
  auto request = run.offer(run.new_key());
  request.set_absolute_expiry(run.world().now() + 600);
  const auto made = run.given_offer(request);
  run.expect(run.world().pay_offer(made.offer(), kAmount, ""), "an offer cannot be paid before its end");
  run.world().pass(std::chrono::seconds(601));
  run.expect(!run.world().pay_offer(made.offer(), kAmount, ""), "an offer can be paid after its end");
}

void a_fixed_amount_is_kept(NodeCaseRun& run) {
  run.needs_offers();
  auto request = run.offer(run.new_key());
  request.set_amount_msat(kAmount);
  const auto made = run.given_offer(request);
  run.expect(!run.world().pay_offer(made.offer(), kAmount - 1, ""), "an offer can be paid below its amount");
  run.expect(run.world().pay_offer(made.offer(), kAmount, ""), "an offer cannot be paid with its amount");
}

}  // namespace

std::vector<NodeCase> offer_state_cases() {
  return {
      {"OffersAreFoundByIdAndByKey", lookup_by_id_and_by_key},
      {"AnUnknownOfferIsNotFound", an_unknown_offer_is_not_found},
      {"DisableOfWhatWasNeverMadeSucceeds", disable_of_what_was_never_made_succeeds},
      {"DisableNeedsOnlyTheKey", disable_needs_only_the_key},
      {"DisableTakesTheId", disable_by_id},
      {"EnableMakesPayableAgain", enable_makes_payable_again},
      {"ASingleUseOfferIsPaidOnce", a_single_use_offer_is_paid_once},
      {"AnExpiredOfferCannotBePaid", an_expired_offer_cannot_be_paid},
      {"AFixedAmountIsKept", a_fixed_amount_is_kept},
  };
}

}  // namespace paynamed::testing
