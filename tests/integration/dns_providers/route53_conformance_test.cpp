// The route53 plugin in the daemon's plugin host against the fake that boto3 passes: the conformance suite.
#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "plugins/dns/route53/txt_value.hpp"
#include "route53_lab.hpp"

namespace paynamed::dns_providers {
namespace {

using fakes::FakeRecordSet;
using fakes::FakeRoute53;

constexpr char kWrongSecret[] = "wrong/K7MDENG+bPxRfiCYEXAMPLEKEY/secret";
constexpr std::uint32_t kTtl = 300;

// A name has one TXT set: a second record by hand is one more value in it.
class Route53Zone final : public testing::PeerZone {
 public:
  explicit Route53Zone(const FakeRoute53& fake) : fake_(fake) {}

  std::string apex() const override { return FakeRoute53::kZone; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override {
    std::vector<testing::PeerTxt> found;
    for (const auto& set : fake_.record_sets(name)) {
      if (set.type != "TXT") continue;
      for (const auto& value : set.values)
        found.push_back({route53::join_txt(value).value(), set.ttl_seconds});
    }
    return found;
  }
  void add_txt(const std::string& name, const std::string& value) override {
    FakeRecordSet wanted{name, "TXT", kTtl, {}};
    for (const auto& set : fake_.record_sets(name)) {
      if (set.type == "TXT") wanted = set;
    }
    wanted.values.push_back(route53::quote_txt(value));
    fake_.plant(wanted);
  }
  void add_cname(const std::string& name, const std::string& target) override {
    fake_.plant({name, "CNAME", kTtl, {target}});
  }
  void clear(const std::string& name) override {
    fake_.control("no_faults");
    for (const auto& set : fake_.record_sets(name)) fake_.remove(name, set.type);
  }
  std::optional<std::uint64_t> version() override { return fake_.control("changes").as_array().size(); }
  void lose_next_write_reply() override {
    fake_.fault({{"action", "ChangeResourceRecordSets"}, {"kind", "lost_reply"}});
  }
  void add_txt_after_next_write(const std::string& name, const std::string& value) override {
    fake_.fault({{"action", "ChangeResourceRecordSets"},
                 {"kind", "plant"},
                 {"zone_id", fake_.zone_id()},
                 {"name", name},
                 {"value", route53::quote_txt(value)}});
  }
  void throttle_next(int requests) override {
    fake_.fault({{"kind", "error"},
                 {"status", 400},
                 {"code", "Throttling"},
                 {"message", "Rate exceeded"},
                 {"count", requests}});
  }
  void delay_writes(std::chrono::milliseconds time) override {
    fake_.control("no_faults");
    if (time.count() == 0) return;
    fake_.fault({{"action", "ChangeResourceRecordSets"},
                 {"kind", "slow"},
                 {"seconds", static_cast<double>(time.count()) / 1000.0},
                 {"count", 1'000'000}});
  }

 private:
  const FakeRoute53& fake_;
};

class Route53Subject final : public testing::DnsSubject {
 public:
  testing::DnsCaller& plugin() override { return *plugin_; }
  testing::DnsCaller* second_plugin() override { return second_.get(); }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return stranger_.get(); }
  testing::PeerZone& zone() override { return zone_; }
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.loses_replies = true;
    can.meets_writers = true;
    can.throttles = true;
    can.delays = true;
    can.zone_signed = false;
    return can;
  }
  std::string logged() override { return lab_.journal().text(); }
  std::vector<std::string> secrets() const override { return {FakeRoute53::kSecretAccessKey, kWrongSecret}; }

 private:
  Route53Lab lab_;
  Route53Zone zone_{lab_.fake()};
  std::unique_ptr<fakes::HostedPlugin> plugin_ = lab_.make();
  std::unique_ptr<fakes::HostedPlugin> second_ = lab_.make();
  std::unique_ptr<fakes::HostedPlugin> stranger_ = lab_.make(kWrongSecret);
};

PAYNAMED_DNS_CONFORMANCE(Route53OnTheFake, Route53Subject)

}  // namespace
}  // namespace paynamed::dns_providers
