#include <algorithm>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using plugin::v1::DeliverReply;
using plugin::v1::DeliverRequest;

constexpr int kAtOnce = 50;
constexpr std::size_t kLargeEvent = 60'000;

void expect_arrived_once(NotifierCaseRun& run, const DeliverRequest& request, const std::string& what) {
  const auto found = run.arrived(request);
  run.expect(found.size() == 1,
             what + " must arrive once, but arrived " + std::to_string(found.size()) + " times");
  for (const auto& each : found) {
    run.expect(each.id == request.event_id(), what + " must arrive with its id");
    run.expect(each.event == request.event(), what + " must arrive as it is, byte by byte");
  }
}

void an_event_arrives_as_it_is(NotifierCaseRun& run) {
  const auto request = run.event();
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "an event");
  expect_arrived_once(run, request, "an event");
}

void a_large_event_arrives_whole(NotifierCaseRun& run) {
  const auto request = run.event(kLargeEvent);
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "an event of 60,000 bytes");
  expect_arrived_once(run, request, "an event of 60,000 bytes");
}

void a_repeat_keeps_its_id(NotifierCaseRun& run) {
  auto request = run.event();
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "an event");
  run.subject().plugin().restart();
  request.set_attempt(2);
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "an event that is repeated");
  const auto found = run.arrived(request);
  run.expect(!found.empty() && std::all_of(found.begin(), found.end(),
                                           [&](const auto& each) { return each.id == request.event_id(); }),
             "a repeat must have the id of the first");
}

void many_at_once_all_arrive(NotifierCaseRun& run) {
  std::vector<DeliverRequest> requests;
  for (int i = 0; i < kAtOnce; ++i) requests.push_back(run.event());
  for (const auto& each : run.deliver_all(requests)) {
    run.expect_outcome(each, DeliverReply::DELIVERED, "one of many events at once");
  }
  for (const auto& each : requests) expect_arrived_once(run, each, "one of many events at once");
}

void a_restart_needs_no_memory(NotifierCaseRun& run) {
  auto target = run.subject().target();
  const auto checked = run.check(target.address());
  run.require_ok(checked, "the receiver's address");
  target.set_address(checked->address());
  run.subject().plugin().restart();
  run.expect_outcome(run.deliver(run.event_for(target)), DeliverReply::DELIVERED, "an event after a restart");
}

void a_key_that_cannot_be_read_is_an_operators(NotifierCaseRun& run) {
  const auto target = run.subject().target_without_secret();
  if (!target) NotifierCaseRun::skip("the notifier has no secrets");
  const auto request = run.event_for(*target);
  run.expect_code(run.deliver(request), {Code::kUnauthenticated, Code::kFailedPrecondition},
                  "an event that cannot be signed");
  run.expect(run.arrived(request).empty(), "what cannot be signed must not be sent");
}

}  // namespace

std::vector<NotifierCase> delivery_cases() {
  return {
      {"AnEventArrivesAsItIs", &an_event_arrives_as_it_is},
      {"ALargeEventArrivesWhole", &a_large_event_arrives_whole},
      {"ARepeatKeepsItsId", &a_repeat_keeps_its_id},
      {"ManyAtOnceAllArrive", &many_at_once_all_arrive},
      {"ARestartNeedsNoMemory", &a_restart_needs_no_memory},
      {"AKeyThatCannotBeReadIsAnOperators", &a_key_that_cannot_be_read_is_an_operators},
  };
}

}  // namespace paynamed::testing
