#include "base/name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace paynamed::base {
namespace {

using testing::HasSubstr;

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Name, AcceptsWhatAllWalletsAccept) {
  struct Case {
    std::string text;
    std::string normal;
    bool folded;
  };
  const std::string label63 = repeat("a", 63);
  const std::vector<Case> cases = {
      {"alice@example.com", "alice@example.com", false},
      {"Alice@Example.COM", "alice@example.com", true},
      {"\xE2\x82\xBF"
       "alice@example.com",
       "alice@example.com", false},
      {"\xE2\x82\xBF"
       "alice@Example.com.",
       "alice@example.com", true},
      {"alice@example.com.", "alice@example.com", false},
      {"a@b", "a@b", false},
      {"first.last@example.com", "first.last@example.com", false},
      {"a_b-c.0@example.com", "a_b-c.0@example.com", false},
      // Hyphens at the ends of user labels: DNS labels, but no host name.
      {"-alice-@example.com", "-alice-@example.com", false},
      {"_@example.com", "_@example.com", false},
      {"42@example.com", "42@example.com", false},
      {"alice@1.example.com", "alice@1.example.com", false},
      {"alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example", false},
      {"alice@a--b.example", "alice@a--b.example", false},
      {label63 + "@" + label63 + ".com", label63 + "@" + label63 + ".com", false},
  };
  for (const Case& c : cases) {
    bool folded = !c.folded;
    const Result<Name> name = Name::parse(c.text, &folded);
    ASSERT_TRUE(name) << c.text << ": " << name.error().message();
    EXPECT_EQ(name->text(), c.normal);
    EXPECT_EQ(folded, c.folded) << c.text;
  }
}

TEST(Name, RefusesWithTheRuleInTheMessage) {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "no '@'"},
      {"alice", "no '@'"},
      {"@example.com", "the user is empty"},
      {"alice@", "the domain is empty"},
      {"alice@.", "the domain is empty"},
      {"alice@bob@example.com", "more than one '@'"},
      {".alice@example.com", "the user has an empty part"},
      {"alice.@example.com", "the user has an empty part"},
      {"al..ice@example.com", "the user has an empty part"},
      {"al ice@example.com", "the user contains byte 0x20"},
      {"alice+tag@example.com", "the user contains '+'"},
      {std::string{"al\0ice@example.com", 18}, "the user contains byte 0x00"},
      {"b\xC3\xBC"
       "cher@example.com",
       "the user contains byte 0xc3"},
      {"\xE2\x82\xBF\xE2\x82\xBF"
       "alice@example.com",
       "the user contains byte 0xe2"},
      {"xn--bcher-kva@example.com", "xn--"},
      {"a.XN--x@example.com", "xn--"},
      {repeat("a", 64) + "@example.com", "64 bytes"},
      {"alice@.example.com", "the domain has an empty label"},
      {"alice@example..com", "the domain has an empty label"},
      {"alice@example.com..", "the domain has an empty label"},
      {"alice@-example.com", "hyphen"},
      {"alice@example-.com", "hyphen"},
      {"alice@exam_ple.com", "the domain contains '_'"},
      {"alice@example.com ", "the domain contains byte 0x20"},
      {"alice@" + repeat("a", 64) + ".com", "64 bytes"},
      {"alice@b\xC3\xBC"
       "cher.example",
       "write it as \"xn--bcher-kva.example\""},
      {"alice@B\xC3\x9C"
       "CHER.example",
       "write it as \"xn--bcher-kva.example\""},
      {"alice@\xFF.example", "letters outside ASCII"},
      {"alice@xn--a.example", "not a valid A-label"},
      {"alice@127.0.0.1", "IP address"},
      {"alice@" + repeat("a", 2000), "2000 bytes"},
      {repeat("a", 2000) + "@example.com", "2000 bytes"},
  };
  for (const Case& c : cases) {
    const Result<Name> name = Name::parse(c.text);
    ASSERT_FALSE(name) << c.text;
    EXPECT_EQ(name.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(name.error().message(), HasSubstr(c.message)) << c.text;
  }
}

// RFC 1035 section 2.3.4: 255 bytes on the wire, which is the text with its last dot and one byte more.
TEST(Name, OwnerNameFitsIntoADnsName) {
  const std::string domain = repeat(repeat("d", 49) + ".", 2) + "example";  // 107
  const std::string user = repeat(repeat("u", 40) + ".", 3);                // 123
  const Result<Name> longest = Name::parse(user.substr(0, 122) + "u@" + domain);
  ASSERT_TRUE(longest) << longest.error().message();
  EXPECT_EQ(longest->user().size() + longest->domain().size(), kMaxNameBytes);
  EXPECT_EQ(longest->owner_name().size() + 1, 255U);
  const Result<Name> longer = Name::parse(user.substr(0, 122) + "uu@" + domain);
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message(), HasSubstr("231 bytes together; at most 230"));
}

TEST(Name, OwnerNameIsBip353s) {
  EXPECT_EQ(Name::parse("First.Last@Example.com")->owner_name(),
            "first.last.user._bitcoin-payment.example.com.");
}

TEST(Name, ParsesWhatItPrintsAndComparesByValue) {
  const Name name = *Name::parse("Alice@Example.com");
  EXPECT_EQ(*Name::parse(name.text()), name);
  EXPECT_EQ(*Name::from_parts("ALICE", "example.com."), name);
  EXPECT_NE(*Name::parse("bob@example.com"), name);
}

TEST(Domain, HasAtMost253Bytes) {
  const std::string full = repeat(repeat("d", 62) + ".", 4);  // 252
  EXPECT_EQ(parse_domain(full.substr(0, 251) + ".e")->size(), 253U);
  EXPECT_FALSE(parse_domain(full + "de"));
}

}  // namespace
}  // namespace paynamed::base
