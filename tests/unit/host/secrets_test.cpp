#include "host/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace paynamed::host {
namespace {

using ::testing::HasSubstr;

class SecretsTest : public ::testing::Test {
 protected:
  static std::filesystem::path new_directory() {
    std::string pattern = ::testing::TempDir() + "paynamed-secrets-XXXXXX";
    return ::mkdtemp(pattern.data());
  }
  ~SecretsTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
    ::chmod((directory_ / name).c_str(), mode);
  }

  std::filesystem::path directory_ = new_directory();
  std::vector<std::string> lines_;
  base::ManualClock clock_{base::WallTime{}};
  observe::Log log_{{}, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  Secrets secrets_{"zone", directory_, log_};
};

TEST_F(SecretsTest, ReadsAFileAtEachUseWithoutItsLineEnd) {
  write("key", "first\n");
  const auto handle = secrets_.add("/token", {SecretSource::Kind::kFile, "key"});
  EXPECT_EQ(handle, "secret:zone/token");
  EXPECT_EQ(secrets_.read(handle).value(), "first");
  write("key", "second\r\n");
  EXPECT_EQ(secrets_.read(handle).value(), "second");
  write("key", "a\nb\n\n");
  EXPECT_EQ(secrets_.read(handle).value(), "a\nb\n");
}

TEST_F(SecretsTest, ReadsTheEnvironment) {
  ::setenv("PAYNAMED_SECRETS_TEST", "from env", 1);
  const auto handle = secrets_.add("/token", {SecretSource::Kind::kEnv, "PAYNAMED_SECRETS_TEST"});
  EXPECT_EQ(secrets_.read(handle).value(), "from env");
  ::unsetenv("PAYNAMED_SECRETS_TEST");
  EXPECT_THAT(secrets_.read(handle).error().message(), HasSubstr("PAYNAMED_SECRETS_TEST is not set"));
}

TEST_F(SecretsTest, GivesOnlyItsOwnHandles) {
  const auto result = secrets_.read("secret:other/token\n");
  EXPECT_EQ(result.error().code(), base::Code::kNotFound);
  EXPECT_THAT(result.error().message(), HasSubstr("\"secret:other/token \""));
}

TEST_F(SecretsTest, SaysWhyThereIsNone) {
  write("empty", "\n");
  write("long", std::string(kMostSecretBytes + 1, 'x'));
  write("exact", std::string(kMostSecretBytes, 'x'));
  const std::pair<const char*, const char*> kCases[] = {{"absent", "is not there"},
                                                        {"empty", "is empty"},
                                                        {"long", "longer than 64 KiB"},
                                                        {".", "is not there"}};
  for (const auto& [name, expected] : kCases) {
    const auto result = read_secret({SecretSource::Kind::kFile, name}, directory_);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code(), base::Code::kFailedPrecondition);
    EXPECT_THAT(result.error().message(), HasSubstr(expected));
  }
  EXPECT_TRUE(read_secret({SecretSource::Kind::kFile, "exact"}, directory_));
}

TEST_F(SecretsTest, TakesAnAbsolutePathAsItIs) {
  write("key", "value");
  EXPECT_EQ(read_secret({SecretSource::Kind::kFile, (directory_ / "key").string()}, "/nowhere").value(),
            "value");
}

TEST_F(SecretsTest, WhatWasReadIsHiddenInTheLog) {
  write("key", "hunter2!");
  (void)secrets_.read(secrets_.add("/token", {SecretSource::Kind::kFile, "key"}));
  log_.info("the key is hunter2!", {{"key", "hunter2!"}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find("hunter2"), std::string::npos);
}

TEST_F(SecretsTest, WarnsOnceAboutAFileThatOthersCanRead) {
  write("key", "value1", 0644);
  const auto handle = secrets_.add("/token", {SecretSource::Kind::kFile, "key"});
  (void)secrets_.read(handle);
  (void)secrets_.read(handle);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("chmod 600"));
}

TEST_F(SecretsTest, AddedOnesAreReadByTheirInstanceAlone) {
  std::vector<std::string> asked;
  Secrets secrets("node", directory_, log_, [&](std::string_view handle) -> base::Result<std::string> {
    asked.emplace_back(handle);
    return std::string("the-rune-of-alice");
  });
  EXPECT_EQ(secrets.read("secret:node/added/1/rune").value(), "the-rune-of-alice");
  EXPECT_EQ(secrets.read("secret:node2/added/1/rune").error().code(), base::Code::kNotFound);
  EXPECT_EQ(secrets.read("secret:node2/webhook/1/s1").error().code(), base::Code::kNotFound);
  EXPECT_EQ(secrets.read("secret:node/rune").error().code(), base::Code::kNotFound);
  EXPECT_EQ(asked, std::vector<std::string>{"secret:node/added/1/rune"});
  EXPECT_EQ(secrets.read("secret:node/webhook/1/s1").value(), "the-rune-of-alice");
  log_.info("it is the-rune-of-alice");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find("the-rune-of-alice"), std::string::npos);
  EXPECT_EQ(secrets_.read("secret:zone/added/1/rune").error().code(), base::Code::kNotFound);
}

}  // namespace
}  // namespace paynamed::host
