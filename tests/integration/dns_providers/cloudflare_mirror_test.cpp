// The fake of Cloudflare with a real Knot behind it: what its API says is what the DNS answers.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/fakes/cloudflare/fake_cloudflare.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/fakes/dns/zone_reader.hpp"

namespace paynamed::dns_providers {
namespace {

namespace json = boost::json;

class CloudflareMirror : public ::testing::Test {
 protected:
  std::string value_at(const std::string& name) {
    const auto found = reader_.txt(name + ".");
    return found.size() == 1 ? found.front().value : std::to_string(found.size()) + " records";
  }
  void drain() { fake_.post("drain", json::object()); }
  static std::string name(int i) { return "m" + std::to_string(i) + ".user._bitcoin-payment.example.test"; }

  fakes::KnotLab lab_;
  fakes::ZoneReader reader_{"127.0.0.1", lab_.port()};
  fakes::FakeCloudflare fake_{{"--mirror", "127.0.0.1:" + std::to_string(lab_.port()) + "," +
                                               lab_.tsig_name() + "," + lab_.tsig_secret()}};
};

TEST_F(CloudflareMirror, EveryChangeArrivesInOrder) {
  constexpr int kNames = 150;
  for (int i = 0; i < kNames; ++i) fake_.plant(name(i), "TXT", "\"first\"");
  drain();
  for (int i = 0; i < kNames; ++i) ASSERT_EQ(value_at(name(i)), "first") << i;

  for (int i = 0; i < kNames; ++i) {
    fake_.post("remove", json::object{{"zone", "example.test"}, {"name", name(i)}});
    if (i % 2 == 0) fake_.plant(name(i), "TXT", "\"" + std::string(300, 's') + "\"");
  }
  drain();
  for (int i = 0; i < kNames; ++i) {
    ASSERT_EQ(value_at(name(i)), i % 2 == 0 ? std::string(300, 's') : "0 records") << i;
  }
}

TEST_F(CloudflareMirror, TwoRecordsAreTwoRecords) {
  fake_.plant(name(0), "TXT", "\"one\"");
  fake_.plant(name(0), "TXT", "\"two\"");
  drain();
  EXPECT_EQ(value_at(name(0)), "2 records");
}

}  // namespace
}  // namespace paynamed::dns_providers
