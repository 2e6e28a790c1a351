#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

void describe_is_within_bounds(NotifierCaseRun& run) {
  const auto described = run.describe();
  run.require_ok(described, "Describe");
  run.expect(described->timeout_ms() <= 60'000, "an attempt takes 60 seconds at most");
  run.expect(!described->signs_ed25519() || described->signs(),
             "who has a key pair has a secret, too: receivers' libraries know only that");
  const auto keys = run.subject().target().keys_size();
  run.expect((keys > 0) == described->signs(), "the subject's target must have keys if the notifier signs");
}

void a_good_address_is_kept_in_one_form(NotifierCaseRun& run) {
  const auto checked = run.check(run.subject().target().address());
  run.require_ok(checked, "the receiver's address");
  run.expect(!checked->address().empty(), "a checked address must be given back in the form that is kept");
  const auto again = run.check(checked->address());
  run.require_ok(again, "the address in the form that is kept");
  run.expect(again->address() == checked->address(), "the form that is kept must stay the same: " +
                                                         checked->address() + " became " + again->address());
}

void the_form_that_is_kept_can_be_delivered_to(NotifierCaseRun& run) {
  auto target = run.subject().target();
  const auto checked = run.check(target.address());
  run.require_ok(checked, "the receiver's address");
  target.set_address(checked->address());
  run.expect_outcome(run.deliver(run.event_for(target)), plugin::v1::DeliverReply::DELIVERED,
                     "an event to the form that is kept");
}

void checking_sends_no_event(NotifierCaseRun& run) {
  const auto before = run.world().received().size();
  run.require_ok(run.check(run.subject().target().address()), "the receiver's address");
  run.expect(run.world().received().size() == before, "CheckTarget must send no event");
}

void what_is_no_address_is_refused(NotifierCaseRun& run) {
  for (const auto& each : run.subject().bad_addresses()) {
    run.expect_code(run.check(each), {Code::kInvalidArgument}, "CheckTarget of '" + each + "'");
  }
}

void a_forbidden_address_is_never_reached(NotifierCaseRun& run) {
  const auto forbidden = run.subject().forbidden_addresses();
  if (forbidden.empty()) NotifierCaseRun::skip("every address may be called");
  for (const auto& each : forbidden) {
    run.expect_code(run.check(each), {Code::kInvalidArgument}, "CheckTarget of '" + each + "'");
    auto target = run.subject().target();
    target.set_address(each);
    const auto request = run.event_for(target);
    run.expect_code(run.deliver(request), {Code::kInvalidArgument, Code::kPermissionDenied},
                    "an event to '" + each + "'");
    run.expect(run.arrived(request).empty(), "nothing must be sent to '" + each + "'");
  }
}

}  // namespace

std::vector<NotifierCase> target_cases() {
  return {
      {"DescribeIsWithinBounds", &describe_is_within_bounds},
      {"AGoodAddressIsKeptInOneForm", &a_good_address_is_kept_in_one_form},
      {"TheFormThatIsKeptCanBeDeliveredTo", &the_form_that_is_kept_can_be_delivered_to},
      {"CheckingSendsNoEvent", &checking_sends_no_event},
      {"WhatIsNoAddressIsRefused", &what_is_no_address_is_refused},
      {"AForbiddenAddressIsNeverReached", &a_forbidden_address_is_never_reached},
  };
}

}  // namespace paynamed::testing
