// What a run does after a crash: the answer to its Publish is lost with all that the plugin remembered. It
// knows the key, the wanted value and the one before, and undoes under the key <key>/undo/<number>.
#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

void undo_of_a_creation_needs_no_answer(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.require_ok(run.publish(run.creation(name, DnsCaseRun::value("one")), key), "publishing");
  run.plugin().restart();
  const auto undo = run.withdrawal(name, DnsCaseRun::value("one"));
  run.require_ok(run.withdraw(undo, key + "/undo/0"), "undoing a creation");
  run.expect_zone(name, {}, "after the undo");
  run.plugin().restart();
  run.expect_ok(run.withdraw(undo, key + "/undo/0"), "the same undo again");
  run.expect_zone(name, {}, "after the undo");
}

void undo_of_what_never_happened_succeeds(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const auto undone = run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key() + "/undo/0");
  run.require_ok(undone, "undoing a creation that never happened");
  run.expect(!undone->changed(), "undoing what never happened must say changed = false");
}

void undo_of_a_replacement_restores_the_previous(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  run.require_ok(
      run.publish(run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")}), key),
      "replacing");
  run.plugin().restart();
  const auto undo = run.replacement(name, DnsCaseRun::value("one"), {DnsCaseRun::value("two")});
  run.require_ok(run.publish(undo, key + "/undo/0"), "undoing a replacement");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the undo");
  run.plugin().restart();
  run.expect_ok(run.publish(undo, key + "/undo/0"), "the same undo again");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the undo");
}

void undo_of_a_withdrawal_publishes_again(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  run.given(name, DnsCaseRun::value("one"));
  run.require_ok(run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), key), "withdrawing");
  run.plugin().restart();
  run.require_ok(run.publish(run.creation(name, DnsCaseRun::value("one")), key + "/undo/0"),
                 "undoing a withdrawal");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the undo");
}

void keys_are_told_apart(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.require_ok(run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key()), "withdrawing");
  run.require_ok(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()),
                 "the same publication under another key");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the same under another key");
}

}  // namespace

std::vector<DnsCase> undo_cases() {
  return {
      {"UndoOfACreationNeedsNoAnswer", undo_of_a_creation_needs_no_answer},
      {"UndoOfWhatNeverHappenedSucceeds", undo_of_what_never_happened_succeeds},
      {"UndoOfAReplacementRestoresThePrevious", undo_of_a_replacement_restores_the_previous},
      {"UndoOfAWithdrawalPublishesAgain", undo_of_a_withdrawal_publishes_again},
      {"KeysAreToldApart", keys_are_told_apart},
  };
}

}  // namespace paynamed::testing
