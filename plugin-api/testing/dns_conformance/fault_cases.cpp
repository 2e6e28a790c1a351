#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr int kThrottled = 3;
constexpr auto kSlow = std::chrono::milliseconds(1'500);
constexpr auto kImpatient = std::chrono::milliseconds(300);

void losing_replies_or_skip(DnsCaseRun& run) {
  if (!run.can().loses_replies) DnsCaseRun::skip("the fixture cannot lose replies");
}

// The change is made. Who was not told may find it out by looking, or say that he does not know; nothing else
// is true.
template <class ReplyMessage>
void expect_honest(DnsCaseRun& run, const Result<ReplyMessage>& result, const std::string& what) {
  run.expect(result.ok() || DnsCaseRun::leaves_open(result.code()),
             what + " whose reply was lost must succeed or say that its outcome is not known, but gives " +
                 name_of(result.code()) + (result.ok() ? "" : ": " + result.error().message()));
}

void a_lost_reply_to_a_creation_is_made_up_for(DnsCaseRun& run) {
  losing_replies_or_skip(run);
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  const auto request = run.creation(name, DnsCaseRun::value("one"));
  run.described();
  run.zone().lose_next_write_reply();
  expect_honest(run, run.publish(request, key), "a creation");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after a lost reply");
  run.plugin().restart();
  run.expect_ok(run.settle<PublishReply>("Publish", request, key), "the same key after a lost reply");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the same key again");
}

void a_lost_reply_to_a_replacement_is_made_up_for(DnsCaseRun& run) {
  losing_replies_or_skip(run);
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")});
  run.zone().lose_next_write_reply();
  expect_honest(run, run.publish(request, key), "a replacement");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after a lost reply");
  run.plugin().restart();
  run.expect_ok(run.settle<PublishReply>("Publish", request, key), "the same key after a lost reply");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after the same key again");
}

void a_lost_reply_to_a_withdrawal_is_made_up_for(DnsCaseRun& run) {
  losing_replies_or_skip(run);
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.withdrawal(name, DnsCaseRun::value("one"));
  run.zone().lose_next_write_reply();
  expect_honest(run, run.withdraw(request, key), "a withdrawal");
  run.expect_zone(name, {}, "after a lost reply");
  run.plugin().restart();
  run.expect_ok(run.settle<WithdrawReply>("Withdraw", request, key), "the same key after a lost reply");
  run.expect_zone(name, {}, "after the same key again");
}

void a_creation_whose_reply_was_lost_can_be_undone(DnsCaseRun& run) {
  losing_replies_or_skip(run);
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.described();
  run.zone().lose_next_write_reply();
  expect_honest(run, run.publish(run.creation(name, DnsCaseRun::value("one")), key), "a creation");
  run.plugin().restart();
  run.expect_ok(
      run.settle<WithdrawReply>("Withdraw", run.withdrawal(name, DnsCaseRun::value("one")), key + "/undo/0"),
      "undoing a creation whose reply was lost");
  run.expect_zone(name, {}, "after the undo");
}

void throttling_loses_nothing(DnsCaseRun& run) {
  if (!run.can().throttles) DnsCaseRun::skip("the fixture cannot throttle");
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")});
  const std::string key = run.new_key();
  run.zone().throttle_next(kThrottled);
  const auto first = run.publish(request, key);
  // look_at() has checked that a refusal says when to come again.
  run.expect_code(first, {Code::kOk, Code::kResourceExhausted}, "publishing while the server throttles");
  run.expect_zone(name, {DnsCaseRun::value(first.ok() ? "two" : "one")}, "after throttling");
  run.expect_ok(run.settle<PublishReply>("Publish", request, key), "the same key after throttling");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after the same key again");

  run.zone().throttle_next(kThrottled);
  run.expect_ok(
      run.settle<WithdrawReply>("Withdraw", run.withdrawal(name, DnsCaseRun::value("two")), run.new_key()),
      "withdrawing while the server throttles");
  run.expect_zone(name, {}, "after a withdrawal that was throttled");
}

void a_throttled_burst_loses_nothing(DnsCaseRun& run) {
  if (!run.can().throttles) DnsCaseRun::skip("the fixture cannot throttle");
  std::vector<Keyed<PublishRequest>> burst;
  for (int i = 0; i < 10; ++i) {
    burst.push_back({run.creation(run.new_name(), DnsCaseRun::value(std::to_string(i))), run.new_key()});
  }
  run.zone().throttle_next(2 * kThrottled);
  for (const auto& each : run.settle_all<PublishReply>(run.plugin(), "Publish", burst)) {
    run.expect_ok(each, "each of ten publications while the server throttles");
  }
  for (const auto& each : burst) {
    run.expect_zone(each.request.record().name(), {each.request.record().value()}, "after a throttled burst");
  }
}

void a_slow_server_leaves_the_outcome_open(DnsCaseRun& run) {
  if (!run.can().delays) DnsCaseRun::skip("the fixture cannot delay");
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")});
  run.zone().delay_writes(kSlow);
  const auto first = run.call<PublishReply>(run.plugin(), "Publish", request, key, kImpatient);
  run.zone().delay_writes(std::chrono::milliseconds(0));
  run.expect(first.ok() || DnsCaseRun::passes(first.code()),
             "publishing at a slow server must not fail for good, but gives " + name_of(first.code()));
  if (first.code() == Code::kUnavailable || first.code() == Code::kResourceExhausted) {
    // Surely nothing was changed: then nothing may arrive later either.
    run.plugin().pass(2 * kSlow);
    run.expect_zone(name, {DnsCaseRun::value("one")},
                    "when publishing at a slow server gave " + name_of(first.code()));
  }
  run.expect_ok(run.settle<PublishReply>("Publish", request, key),
                "the same key at a server that is well again");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after a slow server");
}

}  // namespace

std::vector<DnsCase> fault_cases() {
  return {
      {"ALostReplyToACreationIsMadeUpFor", a_lost_reply_to_a_creation_is_made_up_for},
      {"ALostReplyToAReplacementIsMadeUpFor", a_lost_reply_to_a_replacement_is_made_up_for},
      {"ALostReplyToAWithdrawalIsMadeUpFor", a_lost_reply_to_a_withdrawal_is_made_up_for},
      {"ACreationWhoseReplyWasLostCanBeUndone", a_creation_whose_reply_was_lost_can_be_undone},
      {"ThrottlingLosesNothing", throttling_loses_nothing},
      {"AThrottledBurstLosesNothing", a_throttled_burst_loses_nothing},
      {"ASlowServerLeavesTheOutcomeOpen", a_slow_server_leaves_the_outcome_open},
  };
}

}  // namespace paynamed::testing
