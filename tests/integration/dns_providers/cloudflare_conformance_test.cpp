// The cloudflare plugin against the strict fake: the conformance suite, with batches and without.
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

PAYNAMED_DNS_CONFORMANCE(CloudflareInBatches, CloudflareSubject<true>)
PAYNAMED_DNS_CONFORMANCE(CloudflareOneByOne, CloudflareSubject<false>)

}  // namespace
}  // namespace paynamed::dns_providers
