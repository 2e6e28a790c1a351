// Lists of zones that are larger than a page, change while they are read, or hold what we do not know.
#include <set>

#include "bridge.hpp"

namespace paynamed::cloudflare {
namespace {

namespace json = boost::json;
using namespace plugin::v1;

struct ListingTest : CloudflareTest {
  void plant_many(int count, const std::string& value = "bitcoin:?lno=1") {
    json::array records;
    for (int i = 0; i < count; ++i) {
      records.push_back(json::object{{"name", bare("m" + std::to_string(i))},
                                     {"type", "TXT"},
                                     {"content", quoted(value)},
                                     {"ttl", 300}});
    }
    fake.post("records", json::object{{"zone", "example.test"}, {"records", std::move(records)}});
  }
  std::vector<std::string> all_names(std::uint32_t limit) {
    std::vector<std::string> names;
    ListNamesRequest request;
    request.set_zone(kZone);
    request.set_suffix("user._bitcoin-payment." + std::string(kZone));
    request.set_limit(limit);
    do {
      const auto page = host.call<ListNamesReply>(plugin, "ListNames", request);
      EXPECT_TRUE(page.ok()) << page.error().message();
      if (!page.ok()) break;
      for (const auto& each : page->records()) names.push_back(each.name());
      request.set_page(page->next_page());
    } while (!request.page().empty());
    return names;
  }
};

TEST_F(ListingTest, AZoneOfSeveralPagesIsReadWholeAndOnce) {
  plant_many(5'200);
  fake.plant("unrelated.example.test", "TXT", "\"v=spf1 -all\"");
  const auto names = all_names(1'000);
  EXPECT_EQ(names.size(), 5'200U);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 5'200U);
  EXPECT_EQ(fake.count("list"), 2);
}

TEST_F(ListingTest, ManyLooksAtAZoneOfSeveralPagesSeeAllOfThem) {
  plant_many(5'200);
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 5'200; i += 100) {
    open.push_back(host.start(plugin, "Publish",
                              wanted(full("m" + std::to_string(i)), "bitcoin:?lno=2", {"bitcoin:?lno=1"}),
                              {.background = true}));
  }
  for (const auto& each : open) EXPECT_TRUE(host.wait<PublishReply>(each).ok());
  for (int i = 0; i < 5'200; i += 100) {
    EXPECT_EQ(fake.txt(bare("m" + std::to_string(i))), std::vector{quoted("bitcoin:?lno=2")});
  }
}

TEST_F(ListingTest, AListThatChangesWhileItIsReadIsReadAgain) {
  plant_many(5'200);
  for (const bool removes : {false, true}) {
    afterwards = [&, done = false](const HttpRequest& request) mutable {
      if (done || request.url().find("page=1") == std::string::npos) return;
      done = true;
      if (removes) {
        fake.post("remove", json::object{{"zone", "example.test"}, {"name", bare("m0")}});
      } else {
        fake.plant(bare("a-new-one"), "TXT", quoted("bitcoin:?lno=1"));
      }
    };
    const auto names = all_names(5'000);
    EXPECT_EQ(names.size(), removes ? 5'200U : 5'201U);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  }
}

TEST_F(ListingTest, PagesThatAreTooLargeAreMadeSmaller) {
  plant_many(3'000, std::string(250, 'x'));
  int refused = 0;
  instead = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url().find("per_page=5000") == std::string::npos &&
        request.url().find("per_page=2500") == std::string::npos) {
      return std::nullopt;
    }
    ++refused;
    return Result<HttpReply>(Error(Code::kOutOfRange, "The answer is larger than allowed."));
  };
  EXPECT_EQ(all_names(5'000).size(), 3'000U);
  EXPECT_EQ(refused, 2);
}

TEST_F(ListingTest, TotalsThatCannotBeAreNotBelieved) {
  ASSERT_TRUE(read(full("a")).ok());
  const std::string one = R"([{"id":"01","name":"x.example.test","type":"TXT","content":"\"a\"","ttl":300}])";
  for (const char* info :
       {R"({})", R"({"total_count":-1})", R"({"total_count":"1"})", R"({"total_count":9e18})",
        R"({"total_count":5})", R"({"total_count":0})", R"({"total_count":100000000})"}) {
    int pages = 0;
    instead = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
      if (request.url().find("order=name") == std::string::npos) return std::nullopt;
      ++pages;
      HttpReply reply;
      reply.set_status(200);
      reply.set_body(R"({"success":true,"errors":[],"result":)" + one + R"(,"result_info":)" + info + "}");
      return Result<HttpReply>(reply);
    };
    ListNamesRequest request;
    request.set_zone(kZone);
    EXPECT_EQ(host.call<ListNamesReply>(plugin, "ListNames", request).code(), Code::kUnavailable) << info;
    EXPECT_LE(pages, 12) << info;
  }
}

TEST_F(ListingTest, APageHasAllRecordsOfAnOwner) {
  for (const char* user : {"a", "b", "c"}) {
    fake.plant(bare(user), "TXT", quoted("bitcoin:?lno=1"));
    fake.plant(bare(user), "TXT", quoted("bitcoin:?lno=2"));
  }
  ListNamesRequest request;
  request.set_zone(kZone);
  request.set_limit(3);
  const auto page = host.call<ListNamesReply>(plugin, "ListNames", request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->records_size(), 2);
  EXPECT_EQ(page->next_page(), full("a"));
}

TEST_F(ListingTest, EachTypeIsGivenInWireFormat) {
  const struct {
    const char* type;
    const char* content;
    std::uint32_t number;
    std::string rdata;
  } cases[] = {
      {"A", "192.0.2.1", 1, std::string("\xc0\0\2\1", 4)},
      {"AAAA", "2001:db8::1", 28, std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16)},
      {"CNAME", "www.elsewhere.test", 5,
       "\3www\x09"
       "elsewhere\4test"},
      {"NS", "ns1.elsewhere.test", 2,
       "\3ns1\x09"
       "elsewhere\4test"},
      {"MX", "mail.elsewhere.test", 15,
       "\4mail\x09"
       "elsewhere\4test"},
      {"CAA", "0 issue \"letsencrypt.org\"", 257, std::string("\0\5issueletsencrypt.org", 22)},
      {"SRV", "5 443 host.elsewhere.test", 33, ""},
      {"TXT", "\"a\\\"b\" \"c\"", 16, "\3a\"b\1c"},
      {"HTTPS", "1 . alpn=\"h2\"", 65, std::string("\0\1\0\0\1\0\3\2h2", 10)},
      {"SVCB", "1 svc.elsewhere.test port=53", 64, ""},
      {"TLSA", "3 1 1 00ff", 52, ""},
      {"LOC", "nowhere at all", 29, ""},
  };
  json::array records;
  for (const auto& each : cases) {
    json::object record{{"name", std::string("t-") + each.type + ".example.test"},
                        {"type", each.type},
                        {"content", each.content},
                        {"ttl", 1}};
    if (each.number == 15 || each.number == 33) record["priority"] = 10;
    records.push_back(std::move(record));
  }
  fake.post("records", json::object{{"zone", "example.test"}, {"records", std::move(records)}});
  ListZoneRequest request;
  request.set_zone(kZone);
  const auto zone = host.call<ListZoneReply>(plugin, "ListZone", request);
  ASSERT_TRUE(zone.ok()) << zone.error().message();
  ASSERT_EQ(zone->records_size(), static_cast<int>(std::size(cases)));
  for (const auto& each : cases) {
    std::string name = std::string("t-") + each.type + "." + kZone;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto at = std::find_if(zone->records().begin(), zone->records().end(),
                                 [&](const ZoneRecord& record) { return record.name() == name; });
    ASSERT_NE(at, zone->records().end()) << name;
    EXPECT_EQ(at->type(), each.number) << name;
    EXPECT_EQ(at->ttl_seconds(), 300U) << name;
    if (std::string(each.type) == "LOC") {
      EXPECT_TRUE(at->rdata().empty());
    } else {
      EXPECT_FALSE(at->rdata().empty()) << name;
    }
    // Names end in a root label, and MX begins with its preference.
    std::string rdata = each.rdata;
    if (each.number == 2 || each.number == 5 || each.number == 15) rdata += '\0';
    if (each.number == 15) rdata = std::string("\0\x0a", 2) + rdata;
    EXPECT_TRUE(each.rdata.empty() || at->rdata() == rdata) << name;
  }
  EXPECT_TRUE(host.logged("t-loc.example.test. LOC"));
}

TEST_F(ListingTest, AProxiedRecordIsListedWithoutData) {
  json::array records;
  records.push_back(json::object{
      {"name", "www.example.test"}, {"type", "A"}, {"content", "192.0.2.1"}, {"ttl", 1}, {"proxied", true}});
  fake.post("records", json::object{{"zone", "example.test"}, {"records", std::move(records)}});
  ListZoneRequest request;
  request.set_zone(kZone);
  const auto zone = host.call<ListZoneReply>(plugin, "ListZone", request);
  ASSERT_TRUE(zone.ok());
  ASSERT_EQ(zone->records_size(), 1);
  EXPECT_TRUE(zone->records(0).rdata().empty());
  EXPECT_TRUE(host.logged("proxied"));
}

}  // namespace
}  // namespace paynamed::cloudflare
