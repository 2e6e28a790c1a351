#include "names/bech32.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::names {
namespace {

using testing::HasSubstr;

constexpr Bech32Checksum kKinds[] = {Bech32Checksum::kBech32, Bech32Checksum::kBech32m};

// The lists of BIP 173 and BIP 350.
TEST(Bech32, AcceptsTheValidTextsOfTheBips) {
  const std::vector<std::string> valid[] = {
      {"A12UEL5L", "a12uel5l",
       "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
       "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
       "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
       "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "?1ezyfcl"},
      {"A1LQFN3A", "a1lqfn3a",
       "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
       "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
       "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
       "split1checkupstagehandshakeupstreamerranterredcaperredlc445v", "?1v759aa"}};
  for (std::size_t i = 0; i < 2; ++i) {
    for (const std::string& text : valid[i]) {
      const auto decoded = decode_bech32(text, kKinds[i], 90);
      ASSERT_TRUE(decoded) << text << ": " << decoded.error().message();
      std::string lower = text;
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      EXPECT_EQ(encode_bech32(decoded->prefix, decoded->groups, kKinds[i]), lower);
      EXPECT_FALSE(decode_bech32(text, kKinds[1 - i], 90)) << text << " has two valid checksums";
    }
  }
}

TEST(Bech32, RefusesTheInvalidTextsOfTheBips) {
  const std::vector<std::string> invalid[] = {
      {"\x20"
       "1nwldj5",
       "\x7F"
       "1axkwrx",
       "\x80"
       "1eym55h",
       "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
       "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "de1lg7wt\xFF", "A1G7SGD8", "10a06t8",
       "1qzzfhee"},
      {"\x20"
       "1xj0phk",
       "\x7F"
       "1g6xzxy",
       "\x80"
       "1vctc34",
       "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
       "qyrz8wqd2c9m", "1qyrz8wqd2c9m", "y1b0jsk6g", "lt1igcx5c0", "in1muywd", "mm1crxm3i", "au1s5cgom",
       "M1VUXWEZ", "16plkw9", "1p2gdwpf"}};
  for (std::size_t i = 0; i < 2; ++i) {
    for (const std::string& text : invalid[i]) EXPECT_FALSE(decode_bech32(text, kKinds[i], 90)) << text;
  }
}

TEST(Bech32, SaysWhatIsWrong) {
  EXPECT_THAT(decode_bech32("a1LQFN3A", Bech32Checksum::kBech32m, 90).error().message(), HasSubstr("mixes"));
  EXPECT_THAT(decode_bech32("a1lqfn3q", Bech32Checksum::kBech32m, 90).error().message(),
              HasSubstr("checksum"));
  EXPECT_THAT(decode_bech32("a1lqfn3a", Bech32Checksum::kBech32m, 7).error().message(),
              HasSubstr("at most 7"));
  EXPECT_THAT(decode_bech32("", Bech32Checksum::kNone, 90).error().message(), HasSubstr("no prefix"));
}

TEST(Bech32, GroupsAndBytesAreInverse) {
  std::vector<std::uint8_t> bytes;
  for (int size = 0; size < 40; ++size) {
    const auto groups = groups_from_bytes(bytes);
    EXPECT_EQ(groups.size(), (bytes.size() * 8 + 4) / 5);
    EXPECT_EQ(bytes_from_groups(groups).value(), bytes);
    bytes.push_back(static_cast<std::uint8_t>(size * 37 + 255));
  }
}

TEST(Bech32, PaddingIsShortAndZero) {
  EXPECT_EQ(bytes_from_groups(std::vector<std::uint8_t>{31, 28}).value(), std::vector<std::uint8_t>{0xFF});
  EXPECT_THAT(bytes_from_groups(std::vector<std::uint8_t>{31, 29}).error().message(), HasSubstr("not zero"));
  EXPECT_THAT(bytes_from_groups(std::vector<std::uint8_t>{31, 28, 0}).error().message(),
              HasSubstr("above 4 bits"));
  EXPECT_THAT(bytes_from_groups(std::vector<std::uint8_t>{0}).error().message(), HasSubstr("above 4 bits"));
}

}  // namespace
}  // namespace paynamed::names
