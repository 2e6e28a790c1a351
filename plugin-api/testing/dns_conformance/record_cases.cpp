#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

void publish_puts_one_record_with_its_ttl(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string value = DnsCaseRun::value("one");
  const auto reply = run.publish(run.creation(name, value), run.new_key());
  run.require_ok(reply, "publishing where nothing stands");
  run.expect(reply->changed(), "publishing where nothing stands must say changed = true");
  const auto found = run.zone().txt(name);
  run.require(
      found.size() == 1 && found.front().value == value,
      "the zone must have the one record " + value + ", but it has: " + shown(values_at(run.zone(), name)));
  run.expect(found.front().ttl_seconds == run.usual_ttl(),
             "the record must have the TTL " + std::to_string(run.usual_ttl()) + ", but it has " +
                 std::to_string(found.front().ttl_seconds));
  run.expect_read(name, {value}, "after Publish");
}

void publish_again_with_the_same_key_has_one_side_effect(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  const auto request = run.creation(name, DnsCaseRun::value("one"));
  run.require_ok(run.publish(request, key), "publishing");
  const auto version = run.zone().version();
  run.expect_ok(run.publish(request, key), "publishing again with the same key");
  run.plugin().restart();
  run.expect_ok(run.publish(request, key), "publishing again with the same key after a crash");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the same three times");
  run.expect(run.zone().version() == version, "the same key again must not change the zone");
}

void replace_again_with_the_same_key_has_one_side_effect(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")});
  run.require_ok(run.publish(request, key), "replacing");
  const auto version = run.zone().version();
  run.expect_ok(run.publish(request, key), "replacing again with the same key");
  run.plugin().restart();
  run.expect_ok(run.publish(request, key), "replacing again with the same key after a crash");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after the same three times");
  run.expect(run.zone().version() == version, "the same key again must not change the zone");
}

void publish_replaces_the_expected_value(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  const auto reply =
      run.publish(run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")}), run.new_key());
  run.require_ok(reply, "replacing the expected value");
  run.expect(reply->changed(), "replacing must say changed = true");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after a replacement");
  run.expect_read(name, {DnsCaseRun::value("two")}, "after a replacement");
}

void publish_against_the_expectation_is_aborted(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  const auto version = run.zone().version();
  run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("two")), run.new_key()), {Code::kAborted},
                  "creating where our own other record stands");
  run.expect_code(run.publish(run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("zero")}),
                              run.new_key()),
                  {Code::kAborted}, "replacing another value than the one that stands there");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after lost compare-and-sets");

  const std::string empty = run.new_name();
  run.expect_code(run.publish(run.replacement(empty, DnsCaseRun::value("two"), {DnsCaseRun::value("one")}),
                              run.new_key()),
                  {Code::kAborted}, "replacing where nothing stands");
  run.expect_zone(empty, {}, "after a lost compare-and-set");
  run.expect(run.zone().version() == version, "a lost compare-and-set must not change the zone");
}

void publish_needs_an_expectation(DnsCaseRun& run) {
  const std::string name = run.new_name();
  auto request = run.creation(name, DnsCaseRun::value("one"));
  request.clear_expected();
  run.expect_code(run.publish(request, run.new_key()), {Code::kInvalidArgument},
                  "publishing without saying what is expected");
  run.expect_zone(name, {}, "after the refusal");
}

void withdraw_removes_the_exact_value(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string neighbour = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.given(neighbour, DnsCaseRun::value("one"));
  const auto reply = run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key());
  run.require_ok(reply, "withdrawing the value that stands there");
  run.expect(reply->changed(), "withdrawing a record must say changed = true");
  run.expect_zone(name, {}, "after Withdraw");
  run.expect_read(name, {}, "after Withdraw");
  run.expect_zone(neighbour, {DnsCaseRun::value("one")}, "at another name, after Withdraw,");
}

void withdraw_of_another_value_is_aborted(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.expect_code(run.withdraw(run.withdrawal(name, DnsCaseRun::value("two")), run.new_key()),
                  {Code::kAborted}, "withdrawing another value");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after withdrawing another value");
}

void withdraw_of_nothing_succeeds(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const auto reply = run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key());
  run.require_ok(reply, "withdrawing where nothing stands");
  run.expect(!reply->changed(), "withdrawing where nothing stands must say changed = false");
}

void withdraw_again_with_the_same_key_succeeds(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  const auto request = run.withdrawal(name, DnsCaseRun::value("one"));
  run.require_ok(run.withdraw(request, key), "withdrawing");
  run.expect_ok(run.withdraw(request, key), "withdrawing again with the same key");
  run.plugin().restart();
  run.expect_ok(run.withdraw(request, key), "withdrawing again with the same key after a crash");
  run.expect_zone(name, {}, "after the same three times");
}

void a_withdrawn_name_can_be_published_again(DnsCaseRun& run) {
  const std::string name = run.new_name();
  for (const char* which : {"one", "two", "one"}) {
    run.given(name, DnsCaseRun::value(which));
    run.expect_zone(name, {DnsCaseRun::value(which)}, "after Publish");
    run.require_ok(run.withdraw(run.withdrawal(name, DnsCaseRun::value(which)), run.new_key()),
                   "withdrawing");
    run.expect_zone(name, {}, "after Withdraw");
  }
}

}  // namespace

std::vector<DnsCase> record_cases() {
  return {
      {"PublishPutsOneRecordWithItsTtl", publish_puts_one_record_with_its_ttl},
      {"PublishAgainWithTheSameKeyHasOneSideEffect", publish_again_with_the_same_key_has_one_side_effect},
      {"ReplaceAgainWithTheSameKeyHasOneSideEffect", replace_again_with_the_same_key_has_one_side_effect},
      {"PublishReplacesTheExpectedValue", publish_replaces_the_expected_value},
      {"PublishAgainstTheExpectationIsAborted", publish_against_the_expectation_is_aborted},
      {"PublishNeedsAnExpectation", publish_needs_an_expectation},
      {"WithdrawRemovesTheExactValue", withdraw_removes_the_exact_value},
      {"WithdrawOfAnotherValueIsAborted", withdraw_of_another_value_is_aborted},
      {"WithdrawOfNothingSucceeds", withdraw_of_nothing_succeeds},
      {"WithdrawAgainWithTheSameKeySucceeds", withdraw_again_with_the_same_key_succeeds},
      {"AWithdrawnNameCanBePublishedAgain", a_withdrawn_name_can_be_published_again},
  };
}

}  // namespace paynamed::testing
