// The powerdns plugin in the daemon's plugin host against a real pdns_server.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <set>

#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "pdns_front.hpp"
#include "tests/fakes/dns/pdns_server.hpp"
#include "tests/fakes/dns/zone_reader.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"

namespace paynamed::dns_providers {
namespace {

namespace fs = std::filesystem;
using fakes::HostedPlugin;

constexpr char kWrongKey[] = "wrong-key-77aa12";

// Read by DNS, changed by pdnsutil as an operator does.
class PdnsZone final : public testing::PeerZone {
 public:
  explicit PdnsZone(bool is_signed) { server_.add_zone(apex(), {"ns1." + apex()}, is_signed); }
  std::string apex() const override { return "powered.test."; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override {
    std::vector<testing::PeerTxt> found;
    for (const auto& each : reader_.txt(name)) found.push_back({each.value, each.ttl_seconds});
    return found;
  }
  void add_txt(const std::string& name, const std::string& value) override {
    server_.pdnsutil({"add-record", apex(), relative(name), "TXT", "300", "\"" + value + "\""});
  }
  void add_cname(const std::string& name, const std::string& target) override {
    server_.pdnsutil({"add-record", apex(), relative(name), "CNAME", "300", target});
    aliases_.insert(name);
  }
  void clear(const std::string& name) override {
    if (aliases_.erase(name) != 0) server_.pdnsutil({"delete-rrset", apex(), relative(name), "CNAME"});
    server_.api(
        "PATCH", "/zones/" + apex(),
        fmt::format(R"({{"rrsets": [{{"name": "{}", "type": "TXT", "changetype": "DELETE"}}]}})", name));
  }
  std::optional<std::uint64_t> version() override { return reader_.serial(apex()); }
  void lose_next_write_reply() override { front_.lose_next_write_reply(); }
  void add_txt_after_next_write(const std::string& name, const std::string& value) override {
    front_.after_next_write([this, name, value] { add_txt(name, value); });
  }
  void throttle_next(int requests) override { front_.throttle_next(requests); }
  void delay_writes(std::chrono::milliseconds time) override { front_.delay_writes(time); }

  const fakes::PdnsServer& server() const { return server_; }
  const PdnsFront& front() const { return front_; }

 private:
  std::string relative(const std::string& name) const {
    return name.substr(0, name.size() - apex().size() - 1);
  }

  fakes::PdnsServer server_;
  PdnsFront front_{server_.api_port()};
  fakes::ZoneReader reader_{"127.0.0.1", server_.port()};
  std::set<std::string> aliases_;
};

// Files of secrets, for one test.
class Secrets {
 public:
  Secrets() {
    std::string pattern = (fs::temp_directory_path() / "paynamed-secrets-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
    directory_ = pattern;
  }
  ~Secrets() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  boost::json::object file(const std::string& name, const std::string& text) const {
    const fs::path path = directory_ / name;
    std::ofstream(path) << text << "\n";
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    boost::json::object source;
    source["file"] = path.string();
    return source;
  }

 private:
  fs::path directory_;
};

template <bool is_signed>
class PowerDnsSubject : public testing::DnsSubject {
 public:
  testing::DnsCaller& plugin() override { return plugin_; }
  testing::DnsCaller* second_plugin() override { return &second_; }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return &stranger_; }
  testing::PeerZone& zone() override { return zone_; }
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.loses_replies = true;
    can.meets_writers = true;
    can.throttles = true;
    can.delays = true;
    can.zone_signed = is_signed;
    return can;
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override { return {fakes::PdnsServer::api_key(), kWrongKey}; }

 private:
  boost::json::object behind_front() const {
    boost::json::object table = direct(fakes::PdnsServer::api_key(), "key");
    table["url"] = fmt::format("https://localhost:{}/", zone_.front().port());
    table["ca"] = secrets_.file("ca", zone_.front().authority().certificate());
    return table;
  }
  boost::json::object direct(const std::string& key, const std::string& file) const {
    boost::json::object table;
    table["url"] = fmt::format("http://127.0.0.1:{}", zone_.server().api_port());
    table["api_key"] = secrets_.file(file, key);
    return table;
  }

  PdnsZone zone_{is_signed};
  Secrets secrets_;
  fakes::Journal journal_;
  HostedPlugin plugin_{POWERDNS_MODULE, behind_front(), journal_};
  HostedPlugin second_{POWERDNS_MODULE, direct(fakes::PdnsServer::api_key(), "key"), journal_};
  HostedPlugin stranger_{POWERDNS_MODULE, direct(kWrongKey, "wrong"), journal_};
};

PAYNAMED_DNS_CONFORMANCE(PowerDns, PowerDnsSubject<true>)
PAYNAMED_DNS_CONFORMANCE(PowerDnsUnsigned, PowerDnsSubject<false>)

}  // namespace
}  // namespace paynamed::dns_providers
