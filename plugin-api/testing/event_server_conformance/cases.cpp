#include "case_run.hpp"

namespace paynamed::testing {
namespace v1 = plugin::v1;

namespace {

using Run = EventServerCaseRun;

void listens_only_after_start(Run& run) {
  run.expect(run.status().addresses_size() == 0,
             "A server that was not started must not say that it listens.");
  run.start();
  run.expect(run.status().addresses_size() > 0, "Status of a started server must say where it listens.");
  run.connected();
}

void a_second_start_answers_as_the_first(Run& run) {
  const std::string address = run.start();
  const auto again = run.call_start();
  run.require(again.ok(), "A second Start must succeed.");
  run.expect(again.value().addresses_size() > 0 && again.value().addresses(0) == address,
             "A second Start must answer as the first.");
}

void what_is_new_comes(Run& run) {
  run.start();
  run.append(3);
  const auto follower = run.follower({{}});
  run.append(3);
  run.expect_seqs(*follower, 4, 6);
  run.expect_nothing(*follower);
}

void what_follows_a_position_comes_in_order(Run& run) {
  run.start();
  run.append(600);
  const auto follower = run.follower({"1-100"});
  run.append(5);
  run.expect_seqs(*follower, 101, 605);
  run.expect_nothing(*follower);
}

void events_of_the_first_position_are_all(Run& run) {
  run.start();
  run.append(5);
  run.expect_seqs(*run.follower({"1-0"}), 1, 5);
}

void the_end_of_the_log_is_a_position(Run& run) {
  run.start();
  run.append(5);
  const auto follower = run.follower({"1-5"});
  run.append(1);
  run.expect_seqs(*follower, 6, 6);
}

void a_position_of_another_log_gives_nothing(Run& run) {
  run.start();
  run.append(5);
  const auto ahead = run.connected();
  run.expect(!ahead->follow({"1-6"}),
             "A server must say that it cannot go on from a position that is not there yet.");
  const auto foreign = run.connected();
  run.expect(!foreign->follow({"2-3"}), "A server must say that it cannot go on from another epoch.");
  run.append(2);
  run.expect_nothing(*ahead);
  run.expect_nothing(*foreign);
}

void a_filter_lets_through_what_it_says(Run& run) {
  run.start();
  EventFollower::Wish wish{"1-0"};
  wish.types = {"custom.payment.*"};
  wish.names = {"alice@example.com"};
  const auto add = [&](const char* type, const char* name) {
    run.subject().append(Run::kTenant, type, name);
  };
  add("custom.payment.one", "bob@example.com");
  add("custom.order.one", "alice@example.com");
  add("custom.payment.two", "alice@example.com");
  const auto follower = run.follower(wish);
  add("custom.payments.two", "alice@example.com");
  add("custom.payment.three", "alice@example.com");
  run.expect_seqs(*follower, 3, 3);
  run.expect_seqs(*follower, 5, 5);
  run.expect_nothing(*follower);
}

void a_wrong_credential_gets_nothing(Run& run) {
  const std::string address = run.start();
  run.append(1);
  const auto follower = run.subject().connect(address, run.subject().wrong_credential());
  run.expect(follower == nullptr, "A caller with a wrong credential must not be let in.");
}

void a_tenant_sees_its_own_events(Run& run) {
  run.start();
  const auto mine = run.follower({{}});
  const auto theirs = run.follower({{}}, "other");
  run.append(2);
  run.expect_seqs(*mine, 1, 2);
  run.expect_nothing(*theirs);
  run.subject().append("other", "custom.tested", "eve@example.org");
  run.expect_seqs(*theirs, 1, 1);
  run.expect_nothing(*mine);
}

void many_get_the_same(Run& run) {
  run.start();
  std::vector<std::unique_ptr<EventFollower>> followers;
  for (int i = 0; i < 20; ++i) followers.push_back(run.follower({{}}));
  run.append(50);
  for (const auto& each : followers) run.expect_seqs(*each, 1, 50);
}

void who_reads_nothing_costs_the_others_nothing(Run& run) {
  run.start();
  const auto idle = run.follower({{}});
  const auto reading = run.follower({{}});
  run.append(2'000);
  run.expect_seqs(*reading, 1, 2'000);
}

void status_counts_callers(Run& run) {
  run.start();
  const auto first = run.follower({{}});
  const auto second = run.follower({{}});
  run.expect(run.status().connections() == 2, "Status must count the callers.");
  run.expect(!run.status().draining(), "A server that was not drained must not say that it drains.");
}

void drain_asks_everybody_to_leave(Run& run) {
  const std::string address = run.start();
  std::vector<std::unique_ptr<EventFollower>> followers;
  for (int i = 0; i < 5; ++i) followers.push_back(run.follower({{}}));
  auto draining = run.begin_drain(std::chrono::milliseconds(3'000));
  for (const auto& each : followers)
    run.expect(each->ends(Run::kSoon), "Everybody who follows must be asked to leave.");
  const auto bytes = draining.get();
  run.require(bytes.ok(), "Drain must succeed.");
  v1::DrainServerReply drained;
  run.require(drained.ParseFromString(bytes.value()), "The reply to Drain cannot be decoded.");
  run.expect(drained.cut() == 0, "Who left by itself was not cut.");
  run.expect(run.status().draining(), "Status must say that the server drains.");
  try {
    run.expect(run.subject().connect(address, run.subject().credential(Run::kTenant)) == nullptr,
               "Nobody new may be let in after Drain.");
  } catch (const std::exception&) {
    // Nobody listens.
  }
}

void drain_without_callers_is_done_at_once(Run& run) {
  run.start();
  const auto bytes = run.begin_drain(std::chrono::hours(1)).get();
  run.expect(bytes.ok(), "Drain must succeed when nobody is there, whatever time it has.");
}

}  // namespace

const std::vector<EventServerCase>& event_server_cases() {
  static const std::vector<EventServerCase> cases = {
      {"ListensOnlyAfterStart", listens_only_after_start},
      {"ASecondStartAnswersAsTheFirst", a_second_start_answers_as_the_first},
      {"WhatIsNewComes", what_is_new_comes},
      {"WhatFollowsAPositionComesInOrder", what_follows_a_position_comes_in_order},
      {"EventsOfTheFirstPositionAreAll", events_of_the_first_position_are_all},
      {"TheEndOfTheLogIsAPosition", the_end_of_the_log_is_a_position},
      {"APositionOfAnotherLogGivesNothing", a_position_of_another_log_gives_nothing},
      {"AFilterLetsThroughWhatItSays", a_filter_lets_through_what_it_says},
      {"AWrongCredentialGetsNothing", a_wrong_credential_gets_nothing},
      {"ATenantSeesItsOwnEvents", a_tenant_sees_its_own_events},
      {"ManyGetTheSame", many_get_the_same},
      {"WhoReadsNothingCostsTheOthersNothing", who_reads_nothing_costs_the_others_nothing},
      {"StatusCountsCallers", status_counts_callers},
      {"DrainAsksEverybodyToLeave", drain_asks_everybody_to_leave},
      {"DrainWithoutCallersIsDoneAtOnce", drain_without_callers_is_done_at_once},
  };
  return cases;
}

}  // namespace paynamed::testing
