#include "wire.hpp"

#include <gtest/gtest.h>

#include <paynamed/error.hpp>

namespace paynamed::powerdns {
namespace {

TEST(Wire, TurnsContentsIntoRdata) {
  using std::string_literals::operator""s;
  struct Case {
    const char* type;
    const char* content;
    std::uint32_t number;
    std::string rdata;
  };
  const Case kCases[] = {
      {"A", "192.0.2.1", 1, "\xc0\0\x02\x01"s},
      {"NS", "ns1.a.", 2, "\3ns1\1a\0"s},
      {"MX", "10 m.", 15, "\0\x0a\1m\0"s},
      {"TXT", "\"a\\255\" \"b\"", 16, "\2a\xff\1b"s},
      {"TYPE65280", "\\# 2 abcd", 65280, "\xab\xcd"s},
      {"ALIAS", "a.example.", 65401, ""},
      {"LUA", "A \"pickrandom()\"", 65402, ""},
  };
  for (const auto& [type, content, number, rdata] : kCases) {
    const WireRecord record = wire_record("n.", type, content);
    EXPECT_EQ(record.type, number) << type;
    EXPECT_EQ(record.rdata, rdata) << type;
  }
}

TEST(Wire, NamesTheRecordThatHasNone) {
  struct Case {
    const char* type;
    std::string content;
  };
  const Case kCases[] = {{"A", "300.1.1.1"}, {"A", "192.0.2.1\nevil. 0 IN A 192.0.2.2"}, {"TXT", "\"a"}};
  for (const auto& [type, content] : kCases) {
    try {
      wire_record("apex.test.", type, content);
      ADD_FAILURE() << type << " " << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition);
      EXPECT_NE(error.message().find("apex.test."), std::string::npos) << error.message();
    }
  }
}

TEST(Wire, ReadsADelegationSigner) {
  const SignerDigest signer = signer_digest("23051 13 2 " + std::string(64, 'a'));
  EXPECT_EQ(signer.key_tag, 23051U);
  EXPECT_EQ(signer.algorithm, 13U);
  EXPECT_EQ(signer.digest_type, 2U);
  EXPECT_EQ(signer.digest, std::string(32, '\xaa'));
  EXPECT_THROW(signer_digest("23051 13"), Error);
  EXPECT_THROW(signer_digest(""), Error);
}

}  // namespace
}  // namespace paynamed::powerdns
