// What is done at a name, and what it has come to, for everything that can stand there before and after.
#include "plan.hpp"

#include <gtest/gtest.h>

namespace paynamed::cloudflare {
namespace {

constexpr char kName[] = "a.user._bitcoin-payment.example.test.";
constexpr char kOwner[] = "paynamed";

// "1 ours one": its age, whose it is, and its value.
Record record(int age, const std::string& whose, const std::string& value) {
  Record record;
  record.id = "id" + std::to_string(age);
  record.name = kName;
  record.type = "TXT";
  record.value = value;
  record.ttl_seconds = 300;
  record.comment = whose == "ours"    ? marked_comment(kOwner, "managed")
                   : whose == "other" ? "owner=other"
                                      : "";
  record.created_on = "2026-01-01T00:00:0" + std::to_string(age) + "Z";
  return record;
}

Change publication(const std::string& value, std::vector<std::string> expected) {
  Change change;
  change.name = kName;
  change.value = value;
  change.ttl_seconds = 300;
  change.comment = marked_comment(kOwner, "managed");
  change.expected = std::move(expected);
  return change;
}

Change withdrawal(const std::string& value) {
  Change change;
  change.kind = Change::Kind::kWithdraw;
  change.name = kName;
  change.value = value;
  return change;
}

// "post", "patch id1", "delete id2", in the order of the writes; "nothing"; a code.
std::string text_of(const Writes& writes) {
  std::string text;
  for (const Write& each : writes) {
    if (!text.empty()) text += ", ";
    text += each.kind == Write::Kind::kPost    ? "post"
            : each.kind == Write::Kind::kPatch ? "patch "
                                               : "delete ";
    text += each.id;
  }
  return text;
}

std::string code_of(const Error& error) {
  return "code " + std::to_string(static_cast<int>(error.code()));
}

std::string text_of(const Plan& plan) {
  if (const auto* settled = std::get_if<Settled>(&plan)) return settled->changed ? "changed" : "nothing";
  if (const auto* error = std::get_if<Error>(&plan)) return code_of(*error);
  return text_of(std::get<Writes>(plan));
}

const std::string kAborted = code_of(Error(Code::kAborted, ""));

struct PlanCase {
  const char* rule;
  Change change;
  Found found;
  std::string plan;
};

TEST(Plan, ByWhatStandsThere) {
  auto other_ttl = record(1, "ours", "one");
  other_ttl.ttl_seconds = 60;
  auto cname = record(1, "", "");
  cname.type = "CNAME";
  auto mx = record(1, "", "");
  mx.type = "MX";
  const PlanCase cases[] = {
      {"a new record", publication("one", {}), {}, "post"},
      {"other types do not matter", publication("one", {}), {mx}, "post"},
      {"it stands there already", publication("one", {}), {record(1, "ours", "one")}, "nothing"},
      {"the same made by hand is left", publication("one", {}), {record(1, "", "one")}, "nothing"},
      {"another stands there", publication("one", {}), {record(1, "ours", "two")}, kAborted},
      {"a foreign one stands there", publication("one", {}), {record(1, "other", "two")}, kAborted},
      {"ours and a foreign one",
       publication("one", {}),
       {record(1, "ours", "one"), record(2, "", "x")},
       kAborted},
      {"replaced in place", publication("one", {"two"}), {record(1, "ours", "two")}, "patch id1"},
      {"a foreign one that is named", publication("one", {"two"}), {record(1, "other", "two")}, "patch id1"},
      {"taken over as it is", publication("one", {"one"}), {record(1, "", "one")}, "patch id1"},
      {"its TTL is changed", publication("one", {"one"}), {other_ttl}, "patch id1"},
      {"nothing is different", publication("one", {"one"}), {record(1, "ours", "one")}, "nothing"},
      {"an earlier attempt did it", publication("one", {"two"}), {record(1, "ours", "one")}, "nothing"},
      {"it vanished", publication("one", {"two"}), {}, kAborted},
      {"it is another", publication("one", {"two"}), {record(1, "ours", "three")}, kAborted},
      {"several: the wanted one is kept",
       publication("one", {"two", "one", "x"}),
       {record(1, "", "two"), record(2, "ours", "x"), record(3, "", "one")},
       "patch id3, delete id1, delete id2"},
      {"several: ours is changed",
       publication("one", {"two", "x"}),
       {record(1, "", "two"), record(2, "ours", "x")},
       "patch id2, delete id1"},
      {"several: else the oldest",
       publication("one", {"two", "x"}),
       {record(2, "", "x"), record(1, "", "two")},
       "patch id1, delete id2"},
      {"several: one was not named",
       publication("one", {"two", "x"}),
       {record(1, "", "two"), record(2, "", "x"), record(3, "", "y")},
       kAborted},
      {"a CNAME", publication("one", {}), {cname}, code_of(Error(Code::kFailedPrecondition, ""))},
      {"withdrawn", withdrawal("one"), {record(1, "ours", "one")}, "delete id1"},
      {"withdrawn, others stay",
       withdrawal("one"),
       {record(1, "ours", "one"), record(2, "", "x")},
       "delete id1"},
      {"nothing to withdraw", withdrawal("one"), {}, "nothing"},
      {"another is not withdrawn", withdrawal("one"), {record(1, "ours", "two")}, kAborted},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(text_of(plan_of(each.change, each.found, kOwner)), each.plan) << each.rule;
  }
}

struct VerdictCase {
  const char* rule;
  Change change;
  Written written;
  Found found;
  std::string repair;
  std::string outcome;
};

TEST(Verdict, ByWhatStandsThereAfterwards) {
  const Written posted{true, true, {}};
  const Written patched{false, true, {}};
  const Written there{true, false, {}};
  const Written unknown{true, true, {Error(Code::kUnknown, "lost")}};
  const Written refused{false, false, {}};
  const auto kUnknown = code_of(unknown.unknown.front());
  const VerdictCase cases[] = {
      {"alone", publication("one", {}), posted, {record(1, "ours", "one")}, "", "changed"},
      {"was there", publication("one", {}), there, {record(1, "ours", "one")}, "", "nothing"},
      {"a lost reply to what was done",
       publication("one", {}),
       unknown,
       {record(1, "ours", "one")},
       "",
       "changed"},
      {"a lost reply to what was not done", publication("one", {}), unknown, {}, "", kUnknown},
      {"removed at once by another", publication("one", {}), posted, {}, "", kAborted},
      {"we came first",
       publication("one", {}),
       posted,
       {record(1, "ours", "one"), record(2, "ours", "two")},
       "delete id2",
       "changed"},
      {"another of our kind came first",
       publication("one", {}),
       posted,
       {record(1, "ours", "two"), record(2, "ours", "one")},
       "delete id2",
       kAborted},
      {"a foreign one came later",
       publication("one", {}),
       posted,
       {record(1, "ours", "one"), record(2, "", "x")},
       "delete id1",
       kAborted},
      {"a foreign one came first",
       publication("one", {}),
       posted,
       {record(1, "", "x"), record(2, "ours", "one")},
       "delete id2",
       kAborted},
      {"ours twice",
       publication("one", {}),
       posted,
       {record(1, "ours", "one"), record(2, "ours", "one")},
       "delete id2",
       "changed"},
      {"a foreign one beside what was replaced",
       publication("one", {"two"}),
       patched,
       {record(1, "ours", "one"), record(2, "", "x")},
       "",
       kUnknown},
      {"what was replaced is changed by another",
       publication("one", {"two"}),
       patched,
       {record(1, "", "x")},
       "",
       kUnknown},
      {"what was replaced is removed by another", publication("one", {"two"}), patched, {}, "", kUnknown},
      {"what was replaced is put back by another",
       publication("one", {"two"}),
       patched,
       {record(1, "ours", "two")},
       "",
       kAborted},
      {"what was to be replaced was gone already", publication("one", {"two"}), refused, {}, "", kAborted},
      {"the same of a stranger, and another",
       publication("one", {}),
       there,
       {record(1, "", "one"), record(2, "", "x")},
       "",
       kUnknown},
      {"the same of ours, and a foreign one",
       publication("one", {}),
       there,
       {record(1, "ours", "one"), record(2, "", "x")},
       "delete id1",
       kAborted},
      {"what was expected is still there",
       publication("one", {"two", "x"}),
       patched,
       {record(1, "ours", "one"), record(2, "", "x")},
       "delete id2",
       "changed"},
      {"withdrawn", withdrawal("one"), patched, {}, "", "changed"},
      {"withdrawn beside others", withdrawal("one"), patched, {record(2, "", "x")}, "", "changed"},
      {"still there, nobody knows why", withdrawal("one"), unknown, {record(1, "ours", "one")}, "", kUnknown},
      {"made again by another", withdrawal("one"), patched, {record(1, "ours", "one")}, "", kAborted},
  };
  for (const auto& each : cases) {
    const auto verdict = verdict_of(each.change, each.written, each.found, kOwner);
    EXPECT_EQ(text_of(verdict.repair), each.repair) << each.rule;
    const auto* settled = std::get_if<Settled>(&verdict.outcome);
    EXPECT_EQ(settled == nullptr ? code_of(std::get<Error>(verdict.outcome))
              : settled->changed ? "changed"
                                 : "nothing",
              each.outcome)
        << each.rule;
  }
}

TEST(Plan, AConflictShowsNoBytesThatAreNoText) {
  const auto plan = plan_of(publication("one", {}), {record(1, "", "\xff\x01 caf\xc3")}, kOwner);
  EXPECT_NE(std::get<Error>(plan).message().find("\"?? caf?\", which is not marked as ours"),
            std::string::npos)
      << std::get<Error>(plan).message();
}

}  // namespace
}  // namespace paynamed::cloudflare
