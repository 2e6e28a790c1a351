// What is sealed is opened by its key under its handle, and by nothing else.
#include "host/sealing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHandle = "secret:node/added/1/rune";

class Sealing : public ::testing::Test {
 protected:
  static SealingKey key(char digit) { return SealingKey::from_hex(std::string(64, digit)).value(); }
  std::vector<std::uint8_t> seal(std::string_view value) {
    return key('a').seal(kHandle, value, random_).value();
  }
  base::SystemRandom random_;
};

TEST_F(Sealing, IsOpenedByItsKeyUnderItsHandleAlone) {
  const auto sealed = seal("the rune");
  EXPECT_EQ(key('a').open(kHandle, sealed).value(), "the rune");
  EXPECT_EQ(key('b').open(kHandle, sealed).error().code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(key('a').open("secret:node/added/2/rune", sealed).error().code(),
            base::Code::kFailedPrecondition);
}

TEST_F(Sealing, EveryChangedByteIsNoticed) {
  const auto sealed = seal("the rune");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1U;
    EXPECT_FALSE(key('a').open(kHandle, changed)) << i;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(key('a').open(kHandle, std::span(sealed).first(length))) << length;
}

TEST_F(Sealing, TheSameValueNeverLooksTheSameAndNeverShows) {
  const auto one = seal("the rune");
  EXPECT_NE(one, seal("the rune"));
  EXPECT_THAT(std::string(one.begin(), one.end()), Not(HasSubstr("rune")));
}

TEST_F(Sealing, AKeyIs64HexDigits) {
  EXPECT_TRUE(SealingKey::from_hex("00112233445566778899AABBCCDDEEFFaabbccddeeff00112233445566778899"));
  for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                 std::string(63, 'a') + "g", std::string(64, ' ')}) {
    const auto read = SealingKey::from_hex(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_THAT(read.error().message(), HasSubstr("openssl rand"));
    if (bad.empty()) continue;
    EXPECT_THAT(read.error().to_string(), Not(HasSubstr(bad)));
  }
}

TEST_F(Sealing, AFingerprintIsTheSameForTheSameTextUnderTheSameKey) {
  EXPECT_EQ(key('a').fingerprint("x").value(), key('a').fingerprint("x").value());
  EXPECT_NE(key('a').fingerprint("x").value(), key('a').fingerprint("y").value());
  EXPECT_NE(key('a').fingerprint("x").value(), key('b').fingerprint("x").value());
}

}  // namespace
}  // namespace paynamed::host
