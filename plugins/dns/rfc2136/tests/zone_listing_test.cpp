// ListNames and ListZone by zone transfer from a real knotd.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <paynamed/testing/test_host.hpp>
#include <set>

#include "rfc2136.hpp"
#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::rfc2136 {
namespace {

using namespace plugin::v1;
using fakes::KnotLab;
using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kZone[] = "example.test.";
constexpr char kSuffix[] = "listed.user._bitcoin-payment.example.test.";

struct ZoneListingTest : ::testing::Test {
  KnotLab lab;
  TestHost host;
  Instance* plugin = nullptr;

  void SetUp() override {
    host.set_secret("key", lab.tsig_secret());
    plugin = make("paynamed");
  }
  Instance* make(const std::string& key) {
    return host
        .create<Rfc2136>(R"({"server": "127.0.0.1", "port": )" + std::to_string(lab.port()) +
                         R"(, "timeout": "5s", "tsig": {"name": ")" + key + R"(", "secret": "key"}})")
        .value();
  }
  Result<ListNamesReply> names(const std::string& page, std::uint32_t limit) {
    ListNamesRequest request;
    request.set_zone(kZone);
    request.set_suffix(kSuffix);
    request.set_page(page);
    request.set_limit(limit);
    return host.call<ListNamesReply>(plugin, "ListNames", request);
  }
  std::multimap<std::string, std::string> all_names(std::uint32_t limit, std::size_t* pages = nullptr) {
    std::multimap<std::string, std::string> all;
    std::string page;
    do {
      const auto reply = names(page, limit);
      if (!reply.ok()) {
        ADD_FAILURE() << reply.error().message();
        return all;
      }
      for (const auto& each : reply->records()) all.emplace(each.name(), each.value());
      if (pages != nullptr) ++*pages;
      page = reply->next_page();
    } while (!page.empty());
    return all;
  }
};

TEST_F(ZoneListingTest, EveryTxtRecordBelowTheSuffixIsListedOnce) {
  const std::string longest(700, 'x');
  lab.put_txt(kZone, std::string{"a."} + kSuffix, {"bitcoin:?lno=one"});
  lab.put_txt(kZone, std::string{"b."} + kSuffix, {longest, "second"});
  lab.put_txt(kZone, std::string{"c."} + kSuffix, {R"(with \"quotes\" and \\ and \233;)"});
  for (const std::uint32_t limit : {0U, 1U, 2U, 100U}) {
    EXPECT_THAT(
        all_names(limit),
        UnorderedElementsAre(std::pair(std::string{"a."} + kSuffix, std::string{"bitcoin:?lno=one"}),
                             std::pair(std::string{"b."} + kSuffix, longest),
                             std::pair(std::string{"b."} + kSuffix, std::string{"second"}),
                             std::pair(std::string{"c."} + kSuffix, "with \"quotes\" and \\ and \xe9;")))
        << limit;
  }
}

// More than one message of 64 KiB, so that signatures of later messages count as well.
TEST_F(ZoneListingTest, AZoneOfManyMessagesIsListedWhole) {
  std::vector<std::string> changes;
  std::set<std::string> wanted;
  const std::string filling(200, 'y');
  for (int i = 0; i < 1'500; ++i) {
    const std::string owner = "n" + std::to_string(i) + "." + kSuffix;
    changes.push_back("set " + owner + " 300 TXT \"" + filling + std::to_string(i) + "\"");
    wanted.insert(owner);
  }
  lab.edit(kZone, changes);
  std::size_t pages = 0;
  const auto all = all_names(400, &pages);
  EXPECT_EQ(pages, 4U);
  std::set<std::string> found;
  for (const auto& [owner, value] : all) found.insert(owner);
  EXPECT_EQ(found, wanted);
  EXPECT_EQ(all.size(), wanted.size());
}

TEST_F(ZoneListingTest, AZoneThatChangesBetweenPagesGoesOnBehindTheLastName) {
  for (const char* user : {"a.", "c.", "e."}) lab.put_txt(kZone, std::string{user} + kSuffix, {"v"});
  auto first = names("", 1);
  ASSERT_TRUE(first.ok()) << first.error().message();
  ASSERT_FALSE(first->next_page().empty());
  lab.remove_txt(kZone, std::string{"c."} + kSuffix);
  // A listing of its own fetches the zone anew.
  EXPECT_EQ(all_names(10).size(), 2U);
  auto second = names(first->next_page(), 10);
  ASSERT_TRUE(second.ok()) << second.error().message();
  ASSERT_EQ(second->records_size(), 1);
  EXPECT_EQ(second->records(0).name(), std::string{"e."} + kSuffix);
}

TEST_F(ZoneListingTest, TheWholeZoneHasItsRecordsOfAllTypesAndOneSoa) {
  ListZoneRequest request;
  request.set_zone(kZone);
  const auto reply = host.call<ListZoneReply>(plugin, "ListZone", request);
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  std::map<std::uint32_t, int> types;
  for (const auto& each : reply->records()) ++types[each.type()];
  EXPECT_EQ(types[6], 1);
  EXPECT_GE(types[2], 1);   // NS
  EXPECT_GE(types[48], 1);  // DNSKEY
  EXPECT_GE(types[46], 4);  // RRSIG
}

TEST_F(ZoneListingTest, DescribeSaysThatItLists) {
  const auto reply = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest{});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->list_names());
  EXPECT_TRUE(reply->list_zone());
}

TEST_F(ZoneListingTest, AKeyThatTheServerDoesNotKnowIsToldSo) {
  plugin = make("stranger");
  const auto reply = names("", 10);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), Code::kUnauthenticated) << reply.error().message();
}

TEST_F(ZoneListingTest, AZoneThatTheServerDoesNotHaveIsNotFound) {
  ListNamesRequest request;
  request.set_zone("nowhere.example.");
  const auto reply = host.call<ListNamesReply>(plugin, "ListNames", request);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), Code::kNotFound) << reply.error().message();
}

}  // namespace
}  // namespace paynamed::rfc2136
