#include <gtest/gtest.h>

#include "net/dns_wire.hpp"

namespace paynamed::net {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(DnsName, IsNormalInLowerCaseWithItsDot) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> table = {
      {"Example.Test", "example.test."},
      {"example.test.", "example.test."},
      {".", "."},
      {"_bitcoin-payment.a", "_bitcoin-payment.a."},
      {"*.a", "*.a."},
      {R"(a\.b.c)", R"(a\.b.c.)"},
      {R"(a\046b.c)", R"(a\.b.c.)"},
      {R"(\065.c)", "a.c."},
      {R"(\000.c)", R"(\000.c.)"},
      {R"(a b.c)", R"(a\032b.c.)"},
      {std::string(63, 'a'), std::string(63, 'a') + "."},
      {std::string(64, 'a'), std::nullopt},
      {"", std::nullopt},
      {"..", std::nullopt},
      {"a..b", std::nullopt},
      {".a", std::nullopt},
      {R"(a\)", std::nullopt},
      {R"(a\25)", std::nullopt},
      {R"(a\256)", std::nullopt},
      {R"(a\2x6)", std::nullopt},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(normal_name(text), expected) << text;
}

TEST(DnsName, HasAtMost255Bytes) {
  std::string name;
  for (int i = 0; i < 3; ++i) name += std::string(63, 'a') + ".";
  // 3 x 64 + 62 + 1 = 255
  EXPECT_TRUE(name_to_wire(name + std::string(61, 'b')));
  EXPECT_EQ(name_to_wire(name + std::string(61, 'b'))->size(), 255u);
  EXPECT_FALSE(name_to_wire(name + std::string(62, 'b')));
}

TEST(DnsName, IsReadFromWireOnlyWhenWholeAndUncompressed) {
  const std::vector<std::pair<Bytes, std::optional<std::string>>> table = {
      {{0}, "."},
      {{1, 'A', 0}, "a."},
      {{1, 'a', 1, 'b', 0, 99}, "a.b."},
      {{}, std::nullopt},
      {{1}, std::nullopt},
      {{1, 'a'}, std::nullopt},
      {{0xc0, 12}, std::nullopt},
      {{1, 'a', 0xc0, 12}, std::nullopt},
      {{64, 'a', 0}, std::nullopt},
  };
  for (const auto& [wire, expected] : table) {
    const auto found = name_from_wire(wire);
    EXPECT_EQ(found ? std::optional{found->name} : std::nullopt, expected);
  }
  Bytes long_name;
  for (int i = 0; i < 128; ++i) long_name.insert(long_name.end(), {1, 'a'});
  long_name.push_back(0);
  EXPECT_FALSE(name_from_wire(long_name));  // 257 bytes
}

TEST(DnsName, KnowsItsAncestors) {
  EXPECT_TRUE(is_at_or_below("a.b.", "b."));
  EXPECT_TRUE(is_at_or_below("b.", "b."));
  EXPECT_TRUE(is_at_or_below("a.b.", "."));
  EXPECT_FALSE(is_at_or_below("ab.", "b."));
  EXPECT_FALSE(is_at_or_below("b.", "a.b."));
  EXPECT_FALSE(is_at_or_below(R"(a\.b.)", "b.")) << "an escaped dot is a part of the label";
  EXPECT_TRUE(is_at_or_below(R"(a\\.b.)", "b.")) << "an escaped backslash is not";
  EXPECT_EQ(parent_of("a.b."), "b.");
  EXPECT_EQ(parent_of(R"(a\.x.b.)"), "b.");
  EXPECT_EQ(parent_of("b."), ".");
  EXPECT_EQ(parent_of("."), ".");
}

TEST(TxtRecord, IsJoinedInOrderAndRefusedWhenItsLengthsLie) {
  EXPECT_EQ(txt_value(Bytes{2, 'a', 'b', 1, 'c'}), "abc");
  EXPECT_EQ(txt_value(Bytes{0}), "");
  EXPECT_EQ(txt_value(Bytes{0, 1, 'x'}), "x");
  EXPECT_FALSE(txt_value(Bytes{}));
  EXPECT_FALSE(txt_value(Bytes{2, 'a'}));
  EXPECT_FALSE(txt_value(Bytes{1, 'a', 1}));
}

TEST(SoaRecord, GivesPrimaryAndSerial) {
  DnsRecord soa{"a.", DnsType::kSoa, 1, 60, {2, 'n', 's', 0, 1, 'h', 0, 1, 2, 3, 4}};
  EXPECT_FALSE(soa_serial(soa)) << "cut off";
  soa.rdata.resize(soa.rdata.size() + 16);
  EXPECT_EQ(soa_serial(soa), 0x01020304u);
  EXPECT_EQ(target_name(soa), "ns.");
  soa.type = DnsType::kNs;
  EXPECT_FALSE(target_name(soa)) << "a name record holds its name and nothing else";
}

}  // namespace
}  // namespace paynamed::net
