#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace std::chrono_literals;
using plugin::v1::DeliverReply;

void expect_one_attempt(NotifierCaseRun& run, const plugin::v1::DeliverRequest& request) {
  const auto count = run.arrived(request).size();
  run.expect(count == 1,
             "one call is one attempt, but the event arrived " + std::to_string(count) + " times");
}

void one_call_is_one_attempt(NotifierCaseRun& run) {
  run.needs(Receiver::kRefuses, "refuse");
  const auto request = run.event();
  const auto reply = run.deliver(request);
  run.expect_outcome(reply, DeliverReply::RETRY, "an event that the receiver refuses");
  expect_one_attempt(run, request);
  run.world().behave(Receiver::kTakes);
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "the same event later");
}

void a_receiver_that_is_asked_too_often_is_told(NotifierCaseRun& run) {
  run.needs(Receiver::kThrottles, "throttle");
  const auto request = run.event();
  const auto reply = run.deliver(request);
  run.expect_outcome(reply, DeliverReply::RETRY, "an event to a receiver that is asked too often");
  run.expect(reply->throttled(), "that the receiver is asked too often must be told");
  run.expect(reply->retry_after_ms() == 7'000,
             "the receiver wishes for 7 seconds, not " + std::to_string(reply->retry_after_ms()) + " ms");
  expect_one_attempt(run, request);
}

void a_receiver_that_is_gone_is_told(NotifierCaseRun& run) {
  run.needs(Receiver::kIsGone, "be gone");
  const auto request = run.event();
  run.expect_outcome(run.deliver(request), DeliverReply::GONE,
                     "an event to a receiver that wants nothing any more");
  expect_one_attempt(run, request);
}

void of_a_long_answer_the_beginning_is_kept(NotifierCaseRun& run) {
  run.needs(Receiver::kSaysALot, "say much");
  const auto request = run.event();
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "an event with a long answer");
  expect_one_attempt(run, request);
}

void a_receiver_that_hangs_is_cut_off(NotifierCaseRun& run) {
  run.needs(Receiver::kHangs, "hang");
  const auto request = run.event();
  const auto reply = run.deliver(request, 2s);
  if (reply.ok()) {
    run.expect_outcome(reply, DeliverReply::RETRY, "an event to a receiver that says nothing");
  } else {
    run.expect_code(reply, {Code::kDeadlineExceeded, Code::kUnknown},
                    "an event to a receiver that says nothing");
  }
  run.world().behave(Receiver::kTakes);
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "the same event later");
}

void a_receiver_that_is_away_is_unavailable(NotifierCaseRun& run) {
  run.needs(Receiver::kIsAway, "be away");
  const auto request = run.event();
  run.expect_code(run.deliver(request), {Code::kUnavailable}, "an event to nobody");
  run.world().behave(Receiver::kTakes);
  run.expect_outcome(run.deliver(request), DeliverReply::DELIVERED, "the same event later");
}

}  // namespace

std::vector<NotifierCase> answer_cases() {
  return {
      {"OneCallIsOneAttempt", &one_call_is_one_attempt},
      {"AReceiverThatIsAskedTooOftenIsTold", &a_receiver_that_is_asked_too_often_is_told},
      {"AReceiverThatIsGoneIsTold", &a_receiver_that_is_gone_is_told},
      {"OfALongAnswerTheBeginningIsKept", &of_a_long_answer_the_beginning_is_kept},
      {"AReceiverThatHangsIsCutOff", &a_receiver_that_hangs_is_cut_off},
      {"AReceiverThatIsAwayIsUnavailable", &a_receiver_that_is_away_is_unavailable},
  };
}

}  // namespace paynamed::testing
