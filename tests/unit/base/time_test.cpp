#include "base/time.hpp"

#include <gtest/gtest.h>

namespace paynamed::base {
namespace {

TEST(Rfc3339, FormatsAndParsesTheSameInstant) {
  const WallTime time{std::chrono::milliseconds{1'795'445'518'004}};
  EXPECT_EQ(to_rfc3339(time), "2026-11-23T14:51:58.004Z");
  EXPECT_EQ(from_rfc3339("2026-11-23T14:51:58.004Z"), time);
}

TEST(Rfc3339, RefusesWhatIsNotAnInstant) {
  for (const char* text : {"", "2026-11-23", "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z",
                           "2026-11-23T24:00:00.000Z", "2026-11-23T14:51:58.004+", "2026-11-23T14:51:58,004Z",
                           "-026-11-23T14:51:58.004Z"}) {
    EXPECT_FALSE(from_rfc3339(text)) << text;
  }
}

TEST(DurationText, ParsesANumberAndAUnit) {
  const struct {
    const char* text;
    std::int64_t ms;
  } cases[] = {{"200ms", 200}, {"10s", 10'000}, {"5m", 300'000}, {"12h", 43'200'000}, {"365d", 31'536'000'000}};
  for (const auto& each : cases) {
    const auto parsed = parse_duration(each.text);
    ASSERT_TRUE(parsed) << each.text;
    EXPECT_EQ(parsed->count(), each.ms) << each.text;
    EXPECT_EQ(to_string(*parsed), each.text);
  }
}

TEST(DurationText, RefusesOtherText) {
  for (const char* text : {"", "10", "s", "-5s", "1.5s", "10 s", "10S", "5w", "99999999999d", "1s2m"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace paynamed::base
