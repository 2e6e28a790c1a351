// CloudflareZone: the cloudflare plugin in the daemon's plugin host, with the daemon's HTTP client, for a
// zone of the strict fake.
//
// Threads: as DnsSubject says; plugin().call_all() from any.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

#include "paynamed/testing/dns_conformance.hpp"
#include "tests/fakes/cloudflare/fake_cloudflare.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"

namespace paynamed::dns_providers {

// The zone behind the plugin's back.
class FakeZone final : public testing::PeerZone {
 public:
  explicit FakeZone(const fakes::FakeCloudflare& fake) : fake_(fake) {}

  std::string apex() const override { return std::string(fakes::FakeCloudflare::kZone) + "."; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override;
  void add_txt(const std::string& name, const std::string& value) override;
  void add_cname(const std::string& name, const std::string& target) override;
  void clear(const std::string& name) override;
  std::optional<std::uint64_t> version() override;
  void lose_next_write_reply() override;
  void add_txt_after_next_write(const std::string& name, const std::string& value) override;
  void throttle_next(int requests) override;
  void delay_writes(std::chrono::milliseconds time) override;
  // All of them.
  void delay_requests(std::chrono::milliseconds time);

 private:
  boost::json::value state_of(const std::string& name) const;
  const fakes::FakeCloudflare& fake_;
};

class CloudflareZone final {
 public:
  // Throws std::runtime_error.
  explicit CloudflareZone(bool batch);
  ~CloudflareZone();

  const fakes::FakeCloudflare& fake() const { return fake_; }
  FakeZone& zone() { return zone_; }
  fakes::HostedPlugin& plugin() { return plugin_; }
  fakes::HostedPlugin& second_plugin() { return second_; }
  fakes::HostedPlugin& plugin_with_wrong_token() { return stranger_; }
  std::string logged() const { return journal_.text(); }
  std::vector<std::string> secrets() const;

 private:
  boost::json::object table(const std::string& token) const;

  const bool batch_;
  const std::filesystem::path directory_;
  fakes::FakeCloudflare fake_;
  FakeZone zone_;
  fakes::Journal journal_;
  fakes::HostedPlugin plugin_;
  fakes::HostedPlugin second_;
  fakes::HostedPlugin stranger_;
};

}  // namespace paynamed::dns_providers
