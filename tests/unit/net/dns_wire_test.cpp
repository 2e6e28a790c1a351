#include "net/dns_wire.hpp"

#include <gtest/gtest.h>

namespace paynamed::net {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct DnsWireTest : testing::Test {
  base::SeededRandom random{1};
  DnsQuery ask(bool mix_case = false) {
    DnsQueryOptions options;
    options.mix_case = mix_case;
    auto query = encode_query({"Alice.example.test", DnsType::kTxt, false}, options, random);
    EXPECT_TRUE(query);
    return query ? *query : DnsQuery{};
  }
  // The header and question of an answer to `query`, with these flags and counts.
  static Bytes head(const DnsQuery& query, std::uint16_t flags, std::uint8_t answers) {
    Bytes wire{query.wire.begin(), query.wire.begin() + 2};
    wire.insert(wire.end(), {static_cast<std::uint8_t>(flags >> 8), static_cast<std::uint8_t>(flags & 0xff),
                             0, 1, 0, answers, 0, 0, 0, 0});
    wire.insert(wire.end(), query.name_wire.begin(), query.name_wire.end());
    wire.insert(wire.end(), {0, 16, 0, 1});
    return wire;
  }
  // One TXT record at the question's name, by a compression pointer.
  static void add_txt(Bytes& wire, std::uint32_t ttl, const std::string& value) {
    wire.insert(wire.end(), {0xc0, 12, 0, 16, 0, 1});
    for (int shift = 24; shift >= 0; shift -= 8)
      wire.push_back(static_cast<std::uint8_t>(ttl >> shift & 0xff));
    wire.push_back(0);
    wire.push_back(static_cast<std::uint8_t>(value.size() + 1));
    wire.push_back(static_cast<std::uint8_t>(value.size()));
    wire.insert(wire.end(), value.begin(), value.end());
  }
};

TEST_F(DnsWireTest, AQuestionIsOneQuestionWithEdnsAndDo) {
  const DnsQuery query = ask();
  const Bytes& wire = query.wire;
  const Bytes expected_tail = {0, 16, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0};
  ASSERT_EQ(wire.size(), 12 + query.name_wire.size() + expected_tail.size());
  EXPECT_EQ((Bytes{wire.begin() + 2, wire.begin() + 12}), (Bytes{0, 0, 0, 1, 0, 0, 0, 0, 0, 1})) << "no RD";
  EXPECT_EQ((Bytes{wire.end() - static_cast<std::ptrdiff_t>(expected_tail.size()), wire.end()}),
            expected_tail);
  EXPECT_EQ(query.question.name, "alice.example.test.");
}

TEST_F(DnsWireTest, IdsDiffer) {
  EXPECT_NE(ask().id, ask().id);
}

TEST_F(DnsWireTest, ABadNameIsRefused) {
  const auto query = encode_query({"a..b", DnsType::kTxt, false}, {}, random);
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code(), base::Code::kInvalidArgument);
}

TEST_F(DnsWireTest, AnAnswerGivesItsRecordsAndFlags) {
  const DnsQuery query = ask();
  Bytes wire = head(query, 0x8400, 2);
  add_txt(wire, 300, "bitcoin:?lno=x");
  add_txt(wire, 0x80000001U, "other");
  const auto answer = decode_answer(wire, query);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->authoritative);
  EXPECT_FALSE(answer->truncated);
  EXPECT_EQ(answer->rcode, DnsRcode::kNoError);
  ASSERT_EQ(answer->answer.size(), 2u);
  EXPECT_EQ(answer->answer[0].owner, "alice.example.test.");
  EXPECT_EQ(answer->answer[0].type, DnsType::kTxt);
  EXPECT_EQ(answer->answer[0].ttl, 300u);
  EXPECT_EQ(txt_value(answer->answer[0].rdata), "bitcoin:?lno=x");
  EXPECT_EQ(answer->answer[1].ttl, 0u) << "RFC 2181 section 8";
}

TEST_F(DnsWireTest, NamesInRdataAreUncompressed) {
  DnsQuery query = ask();
  Bytes wire = head(query, 0x8400, 1);
  wire.insert(wire.end(), {0xc0, 12, 0, 2, 0, 1, 0, 0, 0, 60, 0, 5, 2, 'n', 's', 0xc0, 12});
  const auto answer = decode_answer(wire, query);
  ASSERT_TRUE(answer);
  EXPECT_EQ(target_name(answer->answer.at(0)), "ns.alice.example.test.");
}

TEST_F(DnsWireTest, ExtendedRcodesAreJoined) {
  const DnsQuery query = ask();
  Bytes wire = head(query, 0x8400, 0);
  wire[11] = 1;
  wire.insert(wire.end(), {0, 0, 41, 4, 0xd0, 1, 0, 0, 0, 0, 0});  // BADVERS = 16
  const auto answer = decode_answer(wire, query);
  ASSERT_TRUE(answer);
  EXPECT_EQ(static_cast<int>(answer->rcode), 16);
}

TEST_F(DnsWireTest, WhatIsNotOursIsNotTaken) {
  const DnsQuery query = ask();
  const Bytes good = head(query, 0x8400, 0);
  ASSERT_TRUE(decode_answer(good, query));
  const std::vector<std::pair<std::string, std::function<void(Bytes&)>>> table = {
      {"another id", [](Bytes& wire) { wire[0] ^= 1; }},
      {"a question, no response", [](Bytes& wire) { wire[2] &= 0x7f; }},
      {"another opcode", [](Bytes& wire) { wire[2] |= 0x28; }},
      {"two questions", [](Bytes& wire) { wire[5] = 2; }},
      {"no question and no error", [](Bytes& wire) { wire[5] = 0; }},
      {"another name", [](Bytes& wire) { wire[13] = 'b'; }},
      {"another type", [](Bytes& wire) { wire[wire.size() - 3] = 1; }},
      {"another class", [](Bytes& wire) { wire[wire.size() - 1] = 3; }},
      {"cut in the question", [](Bytes& wire) { wire.resize(20); }},
      {"cut in the header", [](Bytes& wire) { wire.resize(11); }},
      {"empty", [](Bytes& wire) { wire.clear(); }},
  };
  for (const auto& [what, change] : table) {
    Bytes wire = good;
    change(wire);
    const auto answer = decode_answer(wire, query);
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error(), DnsReject::kNotOurs) << what;
  }
}

TEST_F(DnsWireTest, OursButBrokenIsMalformed) {
  const DnsQuery query = ask();
  Bytes wire = head(query, 0x8400, 1);  // says one record and has none
  auto answer = decode_answer(wire, query);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), DnsReject::kMalformed);

  wire = head(query, 0x8600, 1);  // the same with TC: asked again by TCP
  answer = decode_answer(wire, query);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->truncated);
}

TEST_F(DnsWireTest, MixedCaseMustComeBackAsItWasSent) {
  const DnsQuery query = ask(true);
  Bytes wire = head(query, 0x8400, 0);
  ASSERT_TRUE(decode_answer(wire, query));
  for (std::uint8_t& byte : wire) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<std::uint8_t>(byte + 32);
  }
  EXPECT_FALSE(decode_answer(wire, query));
}

TEST_F(DnsWireTest, WithoutMixedCaseTheAnswersCaseIsItsOwn) {
  const DnsQuery query = ask();
  Bytes wire = head(query, 0x8400, 0);
  wire[13] = 'A';
  EXPECT_TRUE(decode_answer(wire, query));
}

TEST(DnsWords, HaveNames) {
  EXPECT_EQ(to_string(DnsRcode::kNxDomain), "NXDOMAIN");
  EXPECT_EQ(to_string(static_cast<DnsRcode>(99)), "RCODE 99");
  EXPECT_EQ(to_string(DnsType::kTxt), "TXT");
  EXPECT_EQ(to_string(static_cast<DnsType>(64)), "TYPE64");
}

}  // namespace
}  // namespace paynamed::net
