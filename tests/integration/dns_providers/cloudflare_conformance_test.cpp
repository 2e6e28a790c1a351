// The cloudflare plugin against the strict fake: the conformance suite, with batches and without.
#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <array>
#include <thread>

#include "cloudflare_zone.hpp"
#include "paynamed/testing/dns_conformance_gtest.hpp"

namespace paynamed::dns_providers {
namespace {

template <bool kBatch>
class CloudflareSubject : public testing::DnsSubject {
 public:
  testing::DnsCaller& plugin() override { return zone_.plugin(); }
  testing::DnsCaller* second_plugin() override { return &zone_.second_plugin(); }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return &zone_.plugin_with_wrong_token(); }
  testing::PeerZone& zone() override { return zone_.zone(); }
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.loses_replies = true;
    can.meets_writers = true;
    can.throttles = true;
    can.delays = true;
    can.lists_apex = false;
    can.zone_signed = false;
    return can;
  }
  std::string logged() override { return zone_.logged(); }
  std::vector<std::string> secrets() const override { return zone_.secrets(); }

 private:
  CloudflareZone zone_{kBatch};
};

// The suite leaves this out where Publish is not atomic. There is no moment at which two writers could not
// meet, but both judge alike what they find.
TEST(CloudflareOfTwoDaemons, ExactlyOneWins) {
  CloudflareZone zone(true);
  zone.zone().delay_requests(std::chrono::milliseconds(3));
  for (int round = 0; round < 30; ++round) {
    const std::string name = "r" + std::to_string(round) + "." + zone.zone().suffix();
    std::array<int, 2> won{};
    const auto race = [&](fakes::HostedPlugin& plugin, std::size_t who) {
      plugin::v1::PublishRequest request;
      request.set_zone(zone.zone().apex());
      request.mutable_record()->set_name(name);
      request.mutable_record()->set_value("bitcoin:?lno=" + std::to_string(who));
      request.mutable_record()->set_ttl_seconds(300);
      request.set_absent(true);
      const auto answer = plugin
                              .call_all({{"Publish", request.SerializeAsString(), std::to_string(who),
                                          std::chrono::minutes(1)}})
                              .front();
      won[who] = answer.ok() ? 1 : 0;
      EXPECT_TRUE(answer.ok() || answer.code() == Code::kAborted) << answer.error().message();
    };
    {
      const std::jthread other([&] { race(zone.second_plugin(), 1); });
      race(zone.plugin(), 0);
    }
    EXPECT_EQ(won[0] + won[1], 1) << round;
    const auto stands = zone.zone().txt(name);
    ASSERT_EQ(stands.size(), 1U) << round;
    EXPECT_EQ(stands.front().value, won[0] == 1 ? "bitcoin:?lno=0" : "bitcoin:?lno=1") << round;
  }
}

PAYNAMED_DNS_CONFORMANCE(CloudflareInBatches, CloudflareSubject<true>)
PAYNAMED_DNS_CONFORMANCE(CloudflareOneByOne, CloudflareSubject<false>)

}  // namespace
}  // namespace paynamed::dns_providers
