#include <algorithm>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// Of a provider that names no limit.
constexpr std::size_t kLongest = 4'000;

std::size_t longest_value(DnsCaseRun& run) {
  const std::size_t said = run.described().max_txt_bytes();
  return said == 0 ? kLongest : said;
}

std::string of_size(std::size_t size) {
  std::string text = "bitcoin:?lno=lno1";
  for (std::size_t i = 0; text.size() < size; ++i) text += static_cast<char>('a' + i % 26);
  text.resize(size);
  return text;
}

void survives(DnsCaseRun& run, const std::string& value, const std::string& what) {
  const std::string name = run.new_name();
  run.expect_ok(run.settle<PublishReply>("Publish", run.creation(name, value), run.new_key()),
                "publishing " + what);
  run.expect_zone(name, {value}, "after publishing " + what);
  run.expect_read(name, {value}, "after publishing " + what);
  // What was written must be found again when it is expected.
  run.expect_ok(
      run.settle<PublishReply>("Publish", run.replacement(name, value + "!", {value}), run.new_key()),
      "replacing " + what);
  run.expect_zone(name, {value + "!"}, "after replacing " + what);
  run.expect_ok(run.settle<WithdrawReply>("Withdraw", run.withdrawal(name, value + "!"), run.new_key()),
                "withdrawing " + what);
  run.expect_zone(name, {}, "after withdrawing " + what);
}

void values_are_split_and_joined_at_every_boundary(DnsCaseRun& run) {
  for (const std::size_t size : {1U, 17U, 253U, 254U, 255U, 256U, 509U, 510U, 511U, 765U, 1020U, 1500U}) {
    if (size >= longest_value(run)) break;
    survives(run, of_size(size), "a value of " + std::to_string(size) + " bytes");
  }
}

void bytes_that_need_escaping_survive(DnsCaseRun& run) {
  const std::string long_start(253, 'x');
  const std::pair<const char*, std::string> kValues[] = {
      {"quotes", "bitcoin:?a=\"quoted\"&b=\""},
      {"backslashes", "bitcoin:?a=\\&b=\\\\&c=\\"},
      {"digits behind a backslash", "bitcoin:?a=\\065&b=\\300"},
      {"semicolons", "bitcoin:?a=1;b=2; c"},
      {"spaces at both ends", " bitcoin:?a=1  2 "},
      {"what looks like two strings", "bitcoin:?a=\" \"b"},
      {"parentheses, commas and at signs", "bitcoin:?a=(1),@,$b"},
      {"bytes from 0x80 on", "bitcoin:?a=\x80\xc3\xa4\xff"},
      {"markup", "bitcoin:?a=<b>&amp;'c'</b>"},
      {"a quote across the boundary of two strings", long_start + "\"\"\"" + long_start},
      {"a backslash across the boundary of two strings", long_start + "\\\\\\" + long_start},
      {"a byte from 0x80 on across the boundary of two strings", long_start + "\xff\xfe\xfd" + long_start},
  };
  for (const auto& [what, value] : kValues) survives(run, value, what);
}

void every_byte_survives(DnsCaseRun& run) {
  if (!run.can().every_byte) DnsCaseRun::skip("the provider has no values with control characters");
  std::string value;
  for (int byte = 0; byte < 256; ++byte) value += static_cast<char>(byte);
  survives(run, value, "every byte");
}

void the_longest_value_is_stored_and_a_longer_one_refused(DnsCaseRun& run) {
  const std::size_t most = longest_value(run);
  const std::string name = run.new_name();
  const std::string value = of_size(most);
  run.require_ok(run.settle<PublishReply>("Publish", run.creation(name, value), run.new_key()),
                 "publishing as many bytes as Describe allows (" + std::to_string(most) + ")");
  run.expect_zone(name, {value}, "after publishing the longest value");
  run.expect_read(name, {value}, "after publishing the longest value");
  if (run.described().max_txt_bytes() == 0) return;
  const std::string other = run.new_name();
  run.expect_code(run.publish(run.creation(other, of_size(most + 1)), run.new_key()),
                  {Code::kInvalidArgument}, "publishing a byte more than Describe allows");
  run.expect_zone(other, {}, "after the refusal");
}

// A provider whose limit counts characters of its own notation has to say so before it has written anything.
void the_longest_value_of_escapes_is_stored_or_refused(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const std::string value(longest_value(run), '\xf0');
  const auto reply = run.settle<PublishReply>("Publish", run.creation(name, value), run.new_key());
  run.expect_code(reply, {Code::kOk, Code::kInvalidArgument}, "publishing nothing but escapes");
  run.expect_zone(name, reply.ok() ? Values{value} : Values{}, "after publishing nothing but escapes");
}

void an_empty_value_is_refused(DnsCaseRun& run) {
  const std::string name = run.new_name();
  run.expect_code(run.publish(run.creation(name, ""), run.new_key()), {Code::kInvalidArgument},
                  "publishing an empty value");
  run.expect_code(run.withdraw(run.withdrawal(name, ""), run.new_key()), {Code::kInvalidArgument},
                  "withdrawing an empty value");
  run.expect_zone(name, {}, "after the refusal");
}

void ttl_limits_are_kept(DnsCaseRun& run) {
  const auto& limits = run.described();
  if (limits.max_ttl_seconds() == 0) DnsCaseRun::skip("Describe names no TTL limits");
  for (const std::uint32_t ttl :
       {std::max<std::uint32_t>(limits.min_ttl_seconds(), 1), limits.max_ttl_seconds()}) {
    const std::string name = run.new_name();
    auto request = run.creation(name, DnsCaseRun::value("one"));
    request.mutable_record()->set_ttl_seconds(ttl);
    run.require_ok(run.settle<PublishReply>("Publish", request, run.new_key()),
                   "publishing with the TTL " + std::to_string(ttl));
    const auto found = run.zone().txt(name);
    run.expect(found.size() == 1 && found.front().ttl_seconds == ttl,
               "the record must have the TTL " + std::to_string(ttl));
  }
  const std::string name = run.new_name();
  for (const std::int64_t ttl :
       {std::int64_t{limits.min_ttl_seconds()} - 1, std::int64_t{limits.max_ttl_seconds()} + 1}) {
    if (ttl < 0) continue;
    auto request = run.creation(name, DnsCaseRun::value("one"));
    request.mutable_record()->set_ttl_seconds(static_cast<std::uint32_t>(ttl));
    run.expect_code(run.publish(request, run.new_key()), {Code::kInvalidArgument},
                    "publishing with the TTL " + std::to_string(ttl));
  }
  run.expect_zone(name, {}, "after the refusals");
}

}  // namespace

std::vector<DnsCase> value_cases() {
  return {
      {"ValuesAreSplitAndJoinedAtEveryBoundary", values_are_split_and_joined_at_every_boundary},
      {"BytesThatNeedEscapingSurvive", bytes_that_need_escaping_survive},
      {"EveryByteSurvives", every_byte_survives},
      {"TheLongestValueIsStoredAndALongerOneRefused", the_longest_value_is_stored_and_a_longer_one_refused},
      {"TheLongestValueOfEscapesIsStoredOrRefused", the_longest_value_of_escapes_is_stored_or_refused},
      {"AnEmptyValueIsRefused", an_empty_value_is_refused},
      {"TtlLimitsAreKept", ttl_limits_are_kept},
  };
}

}  // namespace paynamed::testing
