#include "rrsets.hpp"

#include <gtest/gtest.h>

#include <paynamed/error.hpp>

namespace paynamed::powerdns {
namespace {

TEST(Rrsets, ReadsWhatStandsThere) {
  const auto all = read_rrsets(R"({"dnssec": true, "rrsets": [
    {"name": "A.test.", "type": "TXT", "ttl": 300,
     "records": [{"content": "\"x\"", "disabled": false}, {"content": "\"y\"", "disabled": true}],
     "comments": [{"account": "someone", "content": "theirs"}, {"account": "paynamed", "content": "ours"}]},
    {"name": "b.test.", "type": "TXT", "ttl": 0, "records": [], "comments": [{"account": "paynamed", "content": "c"}]}]})");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "a.test.");
  EXPECT_EQ(all[0].ttl_seconds, 300U);
  EXPECT_EQ(all[0].contents, std::vector<std::string>{"\"x\""});
  EXPECT_TRUE(all[0].switched_off);
  EXPECT_TRUE(all[0].ours);
  EXPECT_EQ(all[0].comment, "ours");
}

TEST(Rrsets, HostileAnswersAreAnError) {
  const std::string kBodies[] = {
      "",
      "Not Found",
      "[]",
      "{}",
      R"({"rrsets": {}})",
      R"({"rrsets": [1]})",
      R"({"rrsets": [{"name": 1, "type": "TXT", "ttl": 1, "records": [], "comments": []}]})",
      R"({"rrsets": [{"name": "a.", "type": "TXT", "ttl": -1, "records": [], "comments": []}]})",
      R"({"rrsets": [{"name": "a.", "type": "TXT", "ttl": 4294967296, "records": [], "comments": []}]})",
      R"({"rrsets": [{"name": "a.", "type": "TXT", "ttl": 1.5, "records": [], "comments": []}]})",
      R"({"rrsets": [{"name": "a.", "type": "TXT", "ttl": 1, "records": [{}], "comments": []}]})",
      R"({"rrsets": [{"name": "a.", "type": "TXT", "ttl": 1, "records": []}]})",
      R"({"rrsets": [)",
      "{\"rrsets\": [\"\xff\xfe\"]}",
      std::string(1'000'000, '['),
  };
  for (const std::string& body : kBodies) {
    try {
      read_rrsets(body);
      ADD_FAILURE() << body.substr(0, 100);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition) << body.substr(0, 100);
    }
  }
}

TEST(Rrsets, OnlyActivePublishedKeysCount) {
  const auto keys = read_keys(R"([{"active": true, "published": true, "ds": ["1 13 2 aa", "1 13 4 bb"]},
    {"active": true, "published": false, "ds": ["2 13 2 cc"]}, {"active": true, "published": true, "keytype": "zsk"}])");
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_TRUE(keys[0].used);
  EXPECT_EQ(keys[0].ds.size(), 2U);
  EXPECT_FALSE(keys[1].used);
  EXPECT_TRUE(keys[2].ds.empty());
  EXPECT_THROW(read_keys("{}"), Error);
  EXPECT_THROW(read_keys(R"([{"active": true, "published": true, "ds": [1]}])"), Error);
}

TEST(Rrsets, AnErrorIsCutAndPrintable) {
  EXPECT_EQ(read_error(R"({"error": "Name\nis\u001b[31m out"})"), "Name?is?[31m out");
  EXPECT_EQ(read_error(R"({"error": ")" + std::string(1'000, 'x') + "\"}").size(), 300U);
  EXPECT_EQ(read_error("<html>"), "");
  EXPECT_EQ(read_error(R"({"error": 1})"), "");
}

TEST(Rrsets, AChangeIsOneRRset) {
  EXPECT_EQ(
      replacing_body("a.test.", "\"x\"", 300, "ours"),
      R"({"rrsets":[{"name":"a.test.","type":"TXT","ttl":300,"changetype":"REPLACE",)"
      R"("records":[{"content":"\"x\"","disabled":false}],"comments":[{"content":"ours","account":"paynamed"}]}]})");
  EXPECT_NE(replacing_body("a.test.", "\"x\"", 300, "").find(R"("comments":[])"), std::string::npos);
  EXPECT_EQ(deleting_body("a.test."),
            R"({"rrsets":[{"name":"a.test.","type":"TXT","changetype":"DELETE"}]})");
}

}  // namespace
}  // namespace paynamed::powerdns
