#include "observe/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <thread>

namespace paynamed::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LogTest : public ::testing::Test {
 protected:
  Log log(Log::Format format, Level level = Level::kTrace) {
    return Log({level, format}, clock_, [this](std::string_view line) { lines_.emplace_back(line); });
  }
  base::ManualClock clock_{base::from_rfc3339("2026-11-23T14:51:58.004Z").value()};
  std::vector<std::string> lines_;
};

TEST_F(LogTest, TextNamesTimeLevelAreaAndFields) {
  log(Log::Format::kText)
      .area("host")
      .with({{"instance", "zone"}})
      .info("a call took long", {{"method", "Publish"}, {"ms", 1200}, {"why", "two words"}, {"late", true}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            "2026-11-23T14:51:58.004Z info    host: a call took long instance=zone method=Publish ms=1200 "
            "why=\"two words\" late=true");
}

TEST_F(LogTest, JsonIsOneObjectALineWhateverTheTextHolds) {
  const auto json = log(Log::Format::kJson).area("a\"b");
  json.error("line one\nline two \\ \x01 \xFF \x7F", {{"text", "quote \" end"},
                                                      {"n", -1},
                                                      {"u", 18446744073709551615ULL},
                                                      {"d", 0.5},
                                                      {"inf", std::numeric_limits<double>::infinity()}});
  ASSERT_EQ(lines_.size(), 1U);
  const auto object = boost::json::parse(lines_[0]).as_object();
  EXPECT_EQ(object.at("level").as_string(), "error");
  EXPECT_EQ(object.at("area").as_string(), "a\"b");
  EXPECT_EQ(object.at("message").as_string(), "line one\nline two \\ \x01 \xEF\xBF\xBD \x7F");
  EXPECT_EQ(object.at("u").as_uint64(), 18446744073709551615ULL);
  EXPECT_TRUE(object.at("inf").is_null());
}

TEST_F(LogTest, NothingFromOutsideCanForgeALine) {
  log(Log::Format::kText).info("said\n2026 error forged\r\x1b[31m", {{"value", "a\nb"}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], Not(HasSubstr("\n")));
  EXPECT_THAT(lines_[0], Not(HasSubstr("\x1b")));
  EXPECT_THAT(lines_[0], HasSubstr("said\\n2026 error forged\\u000d\\u001b[31m value=\"a\\nb\""));
}

TEST_F(LogTest, WritesFromItsLevelOn) {
  const auto info = log(Log::Format::kText, Level::kInfo);
  info.debug("no");
  info.info("yes");
  info.set_level(Level::kOff);
  info.error("no");
  EXPECT_EQ(lines_.size(), 1U);
  EXPECT_FALSE(info.enabled(Level::kError));
}

TEST_F(LogTest, HidesRegisteredSecretsInMessagesAndFields) {
  for (const auto format : {Log::Format::kText, Log::Format::kJson}) {
    lines_.clear();
    const auto secretive = log(format);
    secretive.redaction().add("hunter2\"x");
    secretive.redaction().add("-----BEGIN\nMIIabcdef\r\n-----END");
    secretive.redaction().add("abc");  // too short to hide
    secretive.with({{"token", "hunter2\"x"}}).info("it is hunter2\"x, abc", {{"line", "MIIabcdef"}});
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], Not(HasSubstr("hunter2")));
    EXPECT_THAT(lines_[0], Not(HasSubstr("MIIabcdef")));
    EXPECT_THAT(lines_[0], HasSubstr("it is [redacted], abc"));
  }
}

TEST(Redaction, HidesOverlappingSecretsWhole) {
  Redaction redaction;
  redaction.add("abcdef");
  redaction.add("defghi");
  redaction.add("cdef");
  EXPECT_EQ(redaction.apply("1abcdefghi2"), "1[redacted]2");
  EXPECT_EQ(redaction.apply("nothing"), "nothing");
}

TEST(Redaction, CallersCannotMakeWordsOrTheSecretsOfOthersVanish) {
  Redaction redaction;
  redaction.add("operator-key");
  redaction.add_of_caller("warn\nname\na-line-of-a-key-of-theirs");
  std::string lines;
  for (int i = 0; i < 1'500; ++i) lines += "line-of-many-lines-" + std::to_string(i) + "\n";
  redaction.add_of_caller(lines);
  EXPECT_EQ(redaction.apply("operator-key warn name"), "[redacted] warn name");
  EXPECT_EQ(redaction.apply("line-of-many-lines-1499"), "[redacted]");
}

TEST(Redaction, ACertificateIsNoSecretUnlessAPrivateKeyIsBesideIt) {
  const std::string certificate =
      "-----BEGIN CERTIFICATE-----\nMIIBCDEFGHIJKLMNOP\n-----END CERTIFICATE-----\n";
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";
  Redaction redaction;
  redaction.add_of_caller(certificate);
  EXPECT_EQ(redaction.apply("MIIBCDEFGHIJKLMNOP"), "MIIBCDEFGHIJKLMNOP");
  redaction.add_of_caller(certificate + key);
  EXPECT_EQ(redaction.apply("MC4CAQAwBQYDK2VwBCIEIA"), "[redacted]");
}

TEST_F(LogTest, CutsWhatIsTooLong) {
  log(Log::Format::kText).info(std::string(100'000, 'x'));
  EXPECT_LT(lines_.at(0).size(), 9'000U);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  const auto shared = log(Log::Format::kText);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&shared] {
        for (int n = 0; n < 100; ++n) shared.info("a line of some length");
      });
    }
  }
  EXPECT_EQ(lines_.size(), 400U);
  for (const auto& line : lines_) EXPECT_TRUE(line.ends_with("paynamed: a line of some length"));
}

TEST(Level, NamesReadBack) {
  for (const auto level :
       {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarning, Level::kError, Level::kOff}) {
    EXPECT_EQ(level_from_string(to_string(level)), level);
  }
  EXPECT_FALSE(level_from_string("loud"));
}

TEST(LevelNames, EveryWordOfTheConfigurationIsALevel) {
  for (const char* word : {"trace", "debug", "info", "warn", "error"}) {
    EXPECT_TRUE(level_from_string(word)) << word;
  }
  EXPECT_EQ(level_from_string("warn"), Level::kWarning);
  EXPECT_FALSE(level_from_string("loud"));
}

}  // namespace
}  // namespace paynamed::observe
