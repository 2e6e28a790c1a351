// The cloudflare plugin in the daemon's plugin host, through the daemon's HTTP client, against the strict
// fake.
#include <stdlib.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "tests/fakes/cloudflare/fake_cloudflare.hpp"
#include "tests/fakes/cloudflare/txt_text.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"

namespace paynamed::dns_providers {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using fakes::FakeCloudflare;
using fakes::HostedPlugin;

constexpr char kWrongToken[] = "token-of-a-stranger";

std::string without_dot(std::string name) {
  name.pop_back();
  return name;
}

class FakeZone final : public testing::PeerZone {
 public:
  explicit FakeZone(const FakeCloudflare& fake) : fake_(fake) {}

  std::string apex() const override { return std::string(FakeCloudflare::kZone) + "."; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override {
    std::vector<testing::PeerTxt> found;
    const auto state = state_of(name);
    for (const auto& each : state.at("records").as_array()) {
      if (each.at("type") != "TXT") continue;
      found.push_back({fakes::joined_txt(std::string(each.at("content").as_string())),
                       static_cast<std::uint32_t>(each.at("ttl").as_int64())});
    }
    return found;
  }
  void add_txt(const std::string& name, const std::string& value) override {
    fake_.plant(without_dot(name), "TXT", "\"" + value + "\"");
  }
  void add_cname(const std::string& name, const std::string& target) override {
    fake_.plant(without_dot(name), "CNAME", without_dot(target));
  }
  void clear(const std::string& name) override {
    fake_.post("remove", json::object{{"zone", FakeCloudflare::kZone}, {"name", without_dot(name)}});
  }
  std::optional<std::uint64_t> version() override {
    return static_cast<std::uint64_t>(state_of(apex()).at("version").as_int64());
  }
  void lose_next_write_reply() override {
    json::object fault{{"kind", "lose_reply"}, {"method", "POST|PATCH|DELETE"}, {"path", "dns_records"}};
    fake_.order(std::move(fault));
  }
  void throttle_next(int requests) override {
    json::object fault{{"kind", "status"}, {"status", 429}, {"code", 10300}, {"count", requests}};
    fault["headers"] = json::object{{"retry-after", "1"}};
    fake_.order(std::move(fault));
  }
  void delay_requests(std::chrono::milliseconds time) override {
    fake_.post("delay", json::object{{"seconds", static_cast<double>(time.count()) / 1'000}});
  }

 private:
  json::value state_of(const std::string& name) const {
    return fake_.get("zone?zone=" + std::string(FakeCloudflare::kZone) + "&name=" + without_dot(name));
  }
  const FakeCloudflare& fake_;
};

template <bool kBatch>
class CloudflareSubject : public testing::DnsSubject {
 public:
  ~CloudflareSubject() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  testing::DnsCaller& plugin() override { return plugin_; }
  testing::DnsCaller* second_plugin() override { return &second_; }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return &stranger_; }
  testing::PeerZone& zone() override { return zone_; }
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.loses_replies = true;
    can.throttles = true;
    can.delays = true;
    can.lists_apex = false;
    can.zone_signed = false;
    return can;
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override { return {FakeCloudflare::kToken, kWrongToken}; }

 private:
  static fs::path make_directory() {
    std::string pattern = (fs::temp_directory_path() / "paynamed-cloudflare-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
    return pattern;
  }
  json::object table(const std::string& token) const {
    const fs::path file = directory_ / token;
    std::ofstream(file) << token << "\n";
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    return {{"endpoint", fake_.endpoint()},
            {"batch", kBatch},
            {"requests_per_5_minutes", 1'000'000},
            {"api_token", {{"file", file.string()}}}};
  }

  const fs::path directory_ = make_directory();
  FakeCloudflare fake_{{"--quota", "10000"}};
  FakeZone zone_{fake_};
  [[maybe_unused]] const json::value unlimited_ = fake_.post("limit", json::object{{"most", 1'000'000}});
  fakes::Journal journal_;
  HostedPlugin plugin_{CLOUDFLARE_MODULE, table(FakeCloudflare::kToken), journal_};
  HostedPlugin second_{CLOUDFLARE_MODULE, table(FakeCloudflare::kToken), journal_};
  HostedPlugin stranger_{CLOUDFLARE_MODULE, table(kWrongToken), journal_};
};

PAYNAMED_DNS_CONFORMANCE(CloudflareInBatches, CloudflareSubject<true>)
PAYNAMED_DNS_CONFORMANCE(CloudflareOneByOne, CloudflareSubject<false>)

}  // namespace
}  // namespace paynamed::dns_providers
