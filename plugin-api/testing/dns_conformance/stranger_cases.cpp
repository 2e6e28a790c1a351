#include <algorithm>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

const std::string kForeign = "bitcoin:?lno=lno1foreign";
const std::string kOther = "v=spf1 -all";

void several_records_or_skip(DnsCaseRun& run) {
  if (!run.can().several_records) DnsCaseRun::skip("a name has one TXT record at most here");
}

void a_foreign_record_is_refused_unless_it_is_named(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.zone().add_txt(name, kForeign);
  run.expect_read(name, {kForeign}, "with a foreign record");
  run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()), {Code::kAborted},
                  "creating where a foreign record stands");
  run.expect_code(run.publish(run.replacement(name, DnsCaseRun::value("one"), {DnsCaseRun::value("zero")}),
                              run.new_key()),
                  {Code::kAborted}, "replacing another value than the foreign one");
  run.expect_code(run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key()),
                  {Code::kAborted}, "withdrawing what is not the foreign record");
  run.expect_zone(name, {kForeign}, "after the refusals");

  run.require_ok(run.publish(run.replacement(name, DnsCaseRun::value("one"), {kForeign}), run.new_key()),
                 "replacing the foreign record by its value");
  run.expect_zone(name, {DnsCaseRun::value("one")}, "after the record was taken over");
  run.require_ok(run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key()),
                 "withdrawing a record that was taken over");
  run.expect_zone(name, {}, "after it was withdrawn");
}

void read_gives_every_record_of_the_name(DnsCaseRun& run) {
  several_records_or_skip(run);
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.zone().add_txt(name, kForeign);
  run.expect_read(name, {DnsCaseRun::value("one"), kForeign}, "with a second record planted");
}

void a_second_record_is_a_conflict(DnsCaseRun& run) {
  several_records_or_skip(run);
  const std::string name = run.new_name();
  const Values both{DnsCaseRun::value("one"), kForeign};
  run.given(name, DnsCaseRun::value("one"));
  run.zone().add_txt(name, kForeign);
  run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("two")), run.new_key()), {Code::kAborted},
                  "creating where two records stand");
  run.expect_code(
      run.publish(run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")}), run.new_key()),
      {Code::kAborted}, "replacing one where two stand");
  run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()), {Code::kAborted},
                  "creating again what stands beside a second record");
  run.expect_zone(name, both, "after the refusals");
}

void several_records_are_replaced_in_one_change(DnsCaseRun& run) {
  several_records_or_skip(run);
  if (!run.described().replaces_several()) DnsCaseRun::skip("the provider does not replace several at once");
  const std::string name = run.new_name();
  const std::string key = run.new_key();
  const std::string ours = DnsCaseRun::value("one");
  run.given(name, ours);
  run.zone().add_txt(name, kForeign);
  run.zone().add_txt(name, kOther);
  Values before{ours, kForeign, kOther};
  std::sort(before.begin(), before.end());

  const auto request = run.replacement(name, ours, before);
  const auto states =
      run.watched(name, [&] { run.expect_ok(run.publish(request, key), "replacing three records"); });
  for (const Values& each : states) {
    run.expect(each == before || each == Values{ours},
               "while three records became one somebody saw " + shown(each));
  }
  run.expect_zone(name, {ours}, "after three records were replaced");
  run.plugin().restart();
  run.expect_ok(run.publish(request, key), "replacing three records again with the same key");
  run.expect_zone(name, {ours}, "after the same again");
}

void several_foreign_records_are_replaced_by_another(DnsCaseRun& run) {
  several_records_or_skip(run);
  if (!run.described().replaces_several()) DnsCaseRun::skip("the provider does not replace several at once");
  const std::string name = run.new_name();
  run.zone().add_txt(name, kForeign);
  run.zone().add_txt(name, kOther);
  Values before{kForeign, kOther};
  std::sort(before.begin(), before.end());
  const std::string ours = DnsCaseRun::value("one");
  const auto states = run.watched(name, [&] {
    run.expect_ok(run.publish(run.replacement(name, ours, before), run.new_key()),
                  "replacing two foreign records");
  });
  for (const Values& each : states) {
    run.expect(each == before || each == Values{ours},
               "while two records became one somebody saw " + shown(each));
  }
  run.expect_zone(name, {ours}, "after two foreign records were replaced");
}

void an_incomplete_list_of_previous_values_is_aborted(DnsCaseRun& run) {
  several_records_or_skip(run);
  if (!run.described().replaces_several()) DnsCaseRun::skip("the provider does not replace several at once");
  const std::string name = run.new_name();
  const std::string ours = DnsCaseRun::value("one");
  run.given(name, ours);
  run.zone().add_txt(name, kForeign);
  run.zone().add_txt(name, kOther);
  for (const Values& listed :
       {Values{ours, kForeign}, Values{ours, kForeign, kOther, DnsCaseRun::value("more")},
        Values{ours, kForeign, DnsCaseRun::value("else")}}) {
    run.expect_code(
        run.publish(run.replacement(name, ours, listed), run.new_key()), {Code::kAborted},
        "replacing " + std::to_string(listed.size()) + " listed records, not those that stand there,");
  }
  run.expect_zone(name, {ours, kForeign, kOther}, "after the refusals");
}

void withdraw_never_takes_a_foreign_record(DnsCaseRun& run) {
  several_records_or_skip(run);
  const std::string name = run.new_name();
  const std::string ours = DnsCaseRun::value("one");
  run.given(name, ours);
  run.zone().add_txt(name, kForeign);
  const auto reply = run.withdraw(run.withdrawal(name, ours), run.new_key());
  run.expect_code(reply, {Code::kOk, Code::kAborted}, "withdrawing ours beside a foreign record");
  run.expect_zone(name, reply.ok() ? Values{kForeign} : Values{ours, kForeign},
                  "after withdrawing ours beside a foreign record");
  run.expect_code(run.withdraw(run.withdrawal(name, DnsCaseRun::value("two")), run.new_key()),
                  {Code::kAborted}, "withdrawing what does not stand there");
}

// Somebody adds a record right after ours was written. Who is told ABORTED takes nothing back, so it may be
// said only where ours does not stand.
void expect_told_of_a_writer(DnsCaseRun& run, const PublishRequest& request, const std::string& what) {
  const std::string& name = request.record().name();
  run.zone().add_txt_after_next_write(name, kForeign);
  const auto result = run.publish(request, run.new_key());
  const Values found = values_at(run.zone(), name);
  run.expect(
      std::find(found.begin(), found.end(), kForeign) != found.end(),
      "a foreign record that came right after " + what + " must stay, but the zone has " + shown(found));
  const bool stands = std::find(found.begin(), found.end(), request.record().value()) != found.end();
  if (DnsCaseRun::leaves_open(result.code())) return;
  run.expect_code(result, {Code::kOk, Code::kAborted}, what + " that another writer met");
  run.expect(stands == result.ok(), what + " that another writer met gives " + name_of(result.code()) +
                                        ", but the zone has " + shown(found));
}

void meeting_writers_or_skip(DnsCaseRun& run) {
  several_records_or_skip(run);
  if (!run.can().meets_writers) DnsCaseRun::skip("the fixture cannot add a record in between");
}

void an_aborted_creation_does_not_stand(DnsCaseRun& run) {
  meeting_writers_or_skip(run);
  run.described();
  expect_told_of_a_writer(run, run.creation(run.new_name(), DnsCaseRun::value("one")), "a creation");
}

void an_aborted_replacement_does_not_stand(DnsCaseRun& run) {
  meeting_writers_or_skip(run);
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  expect_told_of_a_writer(run, run.replacement(name, DnsCaseRun::value("two"), {DnsCaseRun::value("one")}),
                          "a replacement");
}

void a_cname_is_a_failed_precondition(DnsCaseRun& run) {
  if (!run.can().cname) DnsCaseRun::skip("no CNAME can be put there");
  const std::string name = run.new_name();
  run.zone().add_cname(name, "elsewhere." + run.zone().apex());
  run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()),
                  {Code::kFailedPrecondition}, "publishing where a CNAME stands");
  run.expect_code(run.publish(run.replacement(name, DnsCaseRun::value("one"), {DnsCaseRun::value("zero")}),
                              run.new_key()),
                  {Code::kFailedPrecondition}, "replacing where a CNAME stands");
  run.expect_zone(name, {}, "after the refusal");
}

}  // namespace

std::vector<DnsCase> stranger_cases() {
  return {
      {"AForeignRecordIsRefusedUnlessItIsNamed", a_foreign_record_is_refused_unless_it_is_named},
      {"ReadGivesEveryRecordOfTheName", read_gives_every_record_of_the_name},
      {"ASecondRecordIsAConflict", a_second_record_is_a_conflict},
      {"SeveralRecordsAreReplacedInOneChange", several_records_are_replaced_in_one_change},
      {"SeveralForeignRecordsAreReplacedByAnother", several_foreign_records_are_replaced_by_another},
      {"AnIncompleteListOfPreviousValuesIsAborted", an_incomplete_list_of_previous_values_is_aborted},
      {"WithdrawNeverTakesAForeignRecord", withdraw_never_takes_a_foreign_record},
      {"AnAbortedCreationDoesNotStand", an_aborted_creation_does_not_stand},
      {"AnAbortedReplacementDoesNotStand", an_aborted_replacement_does_not_stand},
      {"ACnameIsAFailedPrecondition", a_cname_is_a_failed_precondition},
  };
}

}  // namespace paynamed::testing
