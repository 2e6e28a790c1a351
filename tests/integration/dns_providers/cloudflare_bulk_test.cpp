// Many callers at once, each reading a name and then publishing it, through the daemon's plugin host and HTTP
// client: what names in bulk cost at Cloudflare.
#include <gtest/gtest.h>
#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <atomic>
#include <thread>

#include "cloudflare_zone.hpp"

namespace paynamed::dns_providers {
namespace {

namespace v1 = plugin::v1;

constexpr int kNames = 3'000;
constexpr int kCallers = 200;

class CloudflareBulk : public ::testing::TestWithParam<bool> {};

// Whether both calls of one name succeeded.
bool register_name(fakes::HostedPlugin& plugin, const std::string& user) {
  const std::string zone = std::string(fakes::FakeCloudflare::kZone) + ".";
  const std::string name = user + ".user._bitcoin-payment." + zone;
  v1::ReadRequest read;
  read.set_zone(zone);
  read.set_name(name);
  v1::PublishRequest publish;
  publish.set_zone(zone);
  publish.mutable_record()->set_name(name);
  publish.mutable_record()->set_value("bitcoin:?lno=" + user);
  publish.mutable_record()->set_ttl_seconds(300);
  publish.set_absent(true);
  const testing::DnsCall calls[] = {{"Read", read.SerializeAsString(), "", std::chrono::minutes(10)},
                                    {"Publish", publish.SerializeAsString(), user, std::chrono::minutes(10)}};
  for (const auto& call : calls) {
    const auto answer = plugin.call_all({call}).front();
    if (answer.ok()) continue;
    ADD_FAILURE() << user << ": " << answer.error().message();
    return false;
  }
  return true;
}

TEST_P(CloudflareBulk, ThreeThousandNames) {
  CloudflareZone zone(GetParam());
  zone.zone().delay_requests(std::chrono::milliseconds(10));
  std::atomic<int> next = 0;
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        for (int number = next++; number < kNames; number = next++) {
          if (!register_name(zone.plugin(), "n" + std::to_string(number))) return;
          ++made;
        }
      });
    }
  }
  EXPECT_EQ(made, kNames);
  const auto requests = zone.fake().count("requests");
  RecordProperty("requests", std::to_string(requests));
  EXPECT_LE(requests, GetParam() ? kNames / 15 : kNames * 11 / 10);
}

INSTANTIATE_TEST_SUITE_P(ByKindOfRequest, CloudflareBulk, ::testing::Values(true, false),
                         [](const auto& each) { return each.param ? "InBatches" : "OneByOne"; });

}  // namespace
}  // namespace paynamed::dns_providers
