// The conformance suite against a real zone: begun by scripts/live-test, which says in a file what is where.
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"
#include "tests/live/live_zone.hpp"

namespace paynamed::live {
namespace {

namespace json = boost::json;
using fakes::HostedPlugin;

json::object read_plan() {
  const char* file = std::getenv("PAYNAMED_LIVE_PLAN");
  if (file == nullptr) throw std::runtime_error("this program is begun by scripts/live-test");
  std::ifstream stream(file);
  return json::parse(std::string(std::istreambuf_iterator<char>(stream), {})).as_object();
}

std::string text_of(const json::object& plan, const char* key) {
  return json::value_to<std::string>(plan.at(key));
}

class LiveSubject final : public testing::DnsSubject {
 public:
  testing::DnsCaller& plugin() override { return plugin_; }
  testing::DnsCaller* second_plugin() override { return &second_; }
  testing::DnsCaller* plugin_with_wrong_credentials() override { return &stranger_; }
  testing::PeerZone& zone() override { return zone_; }
  // Nothing stands between the plugin and its provider that could lose or delay anything.
  testing::DnsCapabilities capabilities() const override {
    testing::DnsCapabilities can;
    can.cname = plan_.at("cname").as_bool();
    can.lists_apex = text_of(plan_, "provider") != "cloudflare";
    return can;
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override {
    return json::value_to<std::vector<std::string>>(plan_.at("secrets"));
  }

 private:
  std::string module() const {
    return std::string(PAYNAMED_MODULES) + "/" + text_of(plan_, "provider") + ".so";
  }
  json::object table(const char* which) const { return plan_.at(which).as_object(); }

  const json::object plan_ = read_plan();
  LiveZone zone_{text_of(plan_, "apex"), text_of(plan_, "suffix"),
                 plan_.at("peer_port").to_number<std::uint16_t>(), text_of(plan_, "peer_key")};
  fakes::Journal journal_;
  HostedPlugin plugin_{module(), table("table"), journal_};
  HostedPlugin second_{module(), table("table"), journal_};
  HostedPlugin stranger_{module(), table("wrong"), journal_};
};

PAYNAMED_DNS_CONFORMANCE(Live, LiveSubject)

}  // namespace
}  // namespace paynamed::live
