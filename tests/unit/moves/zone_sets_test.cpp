// How two versions of a zone are compared.
#include <gmock/gmock.h>

#include "moves/details.hpp"
#include "moves/zone_sets.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"

namespace paynamed::moves {
namespace {

TEST(ZoneSets, NamesInRecordsAreComparedInLowerCase) {
  ZoneSets a;
  ZoneSets b;
  add_record(a, fakes::record("example.test. 60 IN MX 10 MAIL.example.test."));
  add_record(b, fakes::record("example.test. 60 IN MX 10 mail.example.test."));
  EXPECT_EQ(a, b);
}

TEST(ZoneSets, OrderAndRepetitionMeanNothing) {
  ZoneSets a;
  ZoneSets b;
  for (const char* line : {"example.test. 60 IN A 192.0.2.1", "example.test. 60 IN A 192.0.2.2"})
    add_record(a, fakes::record(line));
  for (const char* line : {"example.test. 60 IN A 192.0.2.2", "example.test. 60 IN A 192.0.2.1",
                           "example.test. 60 IN A 192.0.2.2"})
    add_record(b, fakes::record(line));
  EXPECT_EQ(a, b);
}

TEST(ZoneSets, OnlyTheApexHasAnNsSetOfItsServers) {
  EXPECT_TRUE(is_of_the_server({"example.test.", net::DnsType::kNs}, "example.test."));
  EXPECT_FALSE(is_of_the_server({"sub.example.test.", net::DnsType::kNs}, "example.test."));
}

TEST(ZoneSets, ASetIsNamedAsItIsShown) {
  for (const char* text : {"www.example.test./A", "example.test./TYPE1234", "a.b./HTTPS"}) {
    const auto name = parse_set_name(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->to_string(), text);
  }
  for (const char* text : {"", "/", "www", "www/", "www/NOTYPE", "www/TYPE99999", "a..b/A"})
    EXPECT_FALSE(parse_set_name(text)) << text;
}

TEST(Details, ComeBackAsTheyWere) {
  Details details;
  details.accept = {"a./A"};
  details.to_servers = {"192.0.2.1:53"};
  details.ttls.parent_ns = 7;
  details.ttls.largest = 9;
  details.ttls.largest_set = "x./A";
  details.going_back = true;
  details.drain_until = base::WallTime{std::chrono::seconds{1'800'000'000}};
  details.generation = 3;
  EXPECT_EQ(to_text(details_from(to_text(details))), to_text(details));
  EXPECT_EQ(to_text(details_from("no JSON")), to_text(Details{}));
}

}  // namespace
}  // namespace paynamed::moves
