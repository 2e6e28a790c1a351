#include <algorithm>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr int kNames = 100;
constexpr int kRacers = 20;
constexpr int kRounds = 10;

using Publication = Keyed<PublishRequest>;

void a_hundred_calls_at_once_all_succeed(DnsCaseRun& run) {
  std::vector<std::string> names;
  std::vector<Publication> publications;
  std::vector<Keyed<WithdrawRequest>> withdrawals;
  for (int i = 0; i < kNames; ++i) {
    names.push_back(run.new_name());
    const std::string value = DnsCaseRun::value(std::to_string(i));
    publications.push_back({run.creation(names.back(), value), run.new_key()});
    withdrawals.push_back({run.withdrawal(names.back(), value), run.new_key()});
  }
  for (const auto& each : run.settle_all<PublishReply>(run.plugin(), "Publish", publications)) {
    run.expect_ok(each, "each of a hundred publications at once");
  }
  for (int i = 0; i < kNames; ++i) {
    run.expect_zone(names[static_cast<std::size_t>(i)], {DnsCaseRun::value(std::to_string(i))},
                    "after a hundred publications at once");
  }
  for (const auto& each : run.settle_all<WithdrawReply>(run.plugin(), "Withdraw", withdrawals)) {
    run.expect_ok(each, "each of a hundred withdrawals at once");
  }
  for (const std::string& each : names) run.expect_zone(each, {}, "after a hundred withdrawals at once");
}

// Who won: exactly one, and the zone has what that one wrote.
void expect_one_winner(DnsCaseRun& run, const std::string& name, const std::vector<Publication>& racers,
                       const std::vector<Result<PublishReply>>& results) {
  Values winners;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].ok()) {
      winners.push_back(racers[i].request.record().value());
    } else {
      run.expect_code(results[i], {Code::kAborted}, "losing a race");
    }
  }
  run.expect(winners.size() == 1, "exactly one writer must win, but these did: " + shown(winners));
  const Values found = values_at(run.zone(), name);
  run.expect(found.size() == 1 && std::find(winners.begin(), winners.end(), found.front()) != winners.end(),
             "the zone must have the winner's record, but it has " + shown(found));
}

std::vector<Publication> racers(DnsCaseRun& run, const std::string& name, const Values& previous, int count,
                                const std::string& prefix) {
  std::vector<Publication> all;
  for (int i = 0; i < count; ++i) {
    const std::string value = DnsCaseRun::value(prefix + std::to_string(i));
    all.push_back({previous.empty() ? run.creation(name, value) : run.replacement(name, value, previous),
                   run.new_key()});
  }
  return all;
}

void of_racing_creations_exactly_one_wins(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const auto all = racers(run, name, {}, kRacers, "r");
  expect_one_winner(run, name, all, run.settle_all<PublishReply>(run.plugin(), "Publish", all));
}

void of_racing_replacements_exactly_one_wins(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  const auto all = racers(run, name, {DnsCaseRun::value("one")}, kRacers, "r");
  expect_one_winner(run, name, all, run.settle_all<PublishReply>(run.plugin(), "Publish", all));
}

// Two daemons, each with a writer at a time.
void of_racing_instances_exactly_one_wins(DnsCaseRun& run) {
  DnsCaller* second = run.subject().second_plugin();
  if (second == nullptr) DnsCaseRun::skip("the fixture has no second instance");
  if (!run.described().compare_and_set())
    DnsCaseRun::skip("Publish is not atomic against other writers here");
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = run.new_name();
    const auto all = racers(run, name, {}, 2, std::to_string(round) + "r");
    std::vector<Result<PublishReply>> others;
    std::vector<Result<PublishReply>> results;
    run.at_once(
        [&] { others = run.settle_all<PublishReply>(*second, "Publish", std::vector{all[1]}); },
        [&] { results = run.settle_all<PublishReply>(run.plugin(), "Publish", std::vector{all[0]}); });
    results.push_back(others.at(0));
    expect_one_winner(run, name, all, results);
  }
}

void a_replaced_record_is_never_absent_and_never_double(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const Values both{DnsCaseRun::value("a"), DnsCaseRun::value("b")};
  run.given(name, both[0]);
  const auto states = run.watched(name, [&] {
    for (std::size_t i = 0; i < 2 * kRounds; ++i) {
      run.require_ok(run.settle<PublishReply>(
                         "Publish", run.replacement(name, both[(i + 1) % 2], {both[i % 2]}), run.new_key()),
                     "replacing");
    }
  });
  for (const Values& each : states) {
    run.expect(each.size() == 1 && std::find(both.begin(), both.end(), each.front()) != both.end(),
               "while a record was replaced somebody saw " + shown(each));
  }
  run.expect_zone(name, {both[0]}, "after the replacements");
}

void many_reads_at_once_all_succeed(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  std::vector<Keyed<ReadRequest>> reads(kRacers);
  for (auto& each : reads) {
    each.request.set_zone(run.zone().apex());
    each.request.set_name(name);
  }
  for (const auto& each : run.settle_all<ReadReply>(run.plugin(), "Read", reads)) {
    run.expect_ok(each, "each of many reads at once");
    if (!each.ok()) continue;
    run.expect(each->records_size() == 1 && each->records(0).value() == DnsCaseRun::value("one"),
               "each of many reads at once must give the record");
  }
}

}  // namespace

std::vector<DnsCase> race_cases() {
  return {
      {"AHundredCallsAtOnceAllSucceed", a_hundred_calls_at_once_all_succeed},
      {"OfRacingCreationsExactlyOneWins", of_racing_creations_exactly_one_wins},
      {"OfRacingReplacementsExactlyOneWins", of_racing_replacements_exactly_one_wins},
      {"OfRacingInstancesExactlyOneWins", of_racing_instances_exactly_one_wins},
      {"AReplacedRecordIsNeverAbsentAndNeverDouble", a_replaced_record_is_never_absent_and_never_double},
      {"ManyReadsAtOnceAllSucceed", many_reads_at_once_all_succeed},
  };
}

}  // namespace paynamed::testing
