// Where a server is: what the configuration and /etc/resolv.conf may say.
#include "server_address.hpp"

#include <gtest/gtest.h>

#include <paynamed/json.hpp>
#include <paynamed/testing/test_host.hpp>
#include <regex>
#include <sstream>

#include "config_schema.hpp"
#include "rfc2136.hpp"

namespace paynamed::rfc2136 {
namespace {

using ::paynamed::testing::TestHost;

TEST(ServerAddress, HostAndPort) {
  struct Case {
    std::string text;
    std::string host;
    int port;  // 0: none
  };
  const std::vector<Case> good = {
      {"192.0.2.1", "192.0.2.1", 0},
      {"192.0.2.1:5353", "192.0.2.1", 5353},
      {"2001:db8::1", "2001:db8::1", 0},
      {"[2001:db8::1]", "2001:db8::1", 0},
      {"[2001:db8::1]:5353", "2001:db8::1", 5353},
      {"::1", "::1", 0},
      {"fe80::1%eth0", "fe80::1%eth0", 0},
      {"ns1.example.com", "ns1.example.com", 0},
      {"ns1.example.com.", "ns1.example.com.", 0},
      {"NS1.example.com:53", "NS1.example.com", 53},
      {"localhost", "localhost", 0},
  };
  // `paynamed check` sees the schema only: it must not refuse what works.
  const Json schema = Json::parse(kConfigSchema);
  const auto* properties = schema.as<Json::Object>()->at("properties").as<Json::Object>();
  for (const std::string key : {"server", "resolver"}) {
    const std::regex pattern(*properties->at(key).as<Json::Object>()->at("pattern").as<std::string>());
    for (const auto& each : good) EXPECT_TRUE(std::regex_search(each.text, pattern)) << each.text;
    for (const std::string bad :
         {"", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:domain", "tcp://192.0.2.1", "a b"})
      EXPECT_FALSE(std::regex_search(bad, pattern)) << bad;
  }
  for (const auto& each : good) {
    const auto found = host_and_port(each.text);
    ASSERT_TRUE(found) << each.text;
    EXPECT_EQ(found->host, each.host);
    EXPECT_EQ(found->port.value_or(0), each.port) << each.text;
  }
  for (const std::string bad : {"",
                                ":",
                                ":53",
                                "192.0.2.1:",
                                "192.0.2.1:0",
                                "192.0.2.1:65536",
                                "192.0.2.1:5 3",
                                "192.0.2.1:-1",
                                "192.0.2.1:+5",
                                "192.0.2.1:53:53",
                                "192.0.2.300",
                                "192.0.2",
                                "1",
                                "1.2.3.4.:53",
                                "2001:db8::1::2",
                                "2001:db8::1]:53",
                                "[2001:db8::1]53",
                                "[2001:db8::1]:",
                                "[2001:db8::1",
                                "[192.0.2.1]:53",
                                "[]",
                                "[]:53",
                                "a b",
                                "a..b",
                                "tcp://192.0.2.1",
                                "192.0.2.1/24",
                                "a\nb",
                                "ns1.example.com:domain",
                                "."}) {
    EXPECT_FALSE(host_and_port(bad)) << bad;
  }
  EXPECT_FALSE(host_and_port(std::string("a\0b", 3)));
  EXPECT_FALSE(host_and_port(std::string(300, 'a')));
}

TEST(ServerAddress, SystemResolvers) {
  const auto hosts = [](const std::string& text) {
    std::istringstream in(text);
    std::string joined;
    for (const auto& each : system_resolvers(in)) {
      EXPECT_EQ(each.port, 53);
      joined += each.host + " ";
    }
    return joined;
  };
  EXPECT_EQ(
      hosts(
          "# a comment\nsearch example.com\nnameserver 192.0.2.1\nnameserver\t2001:db8::1\noptions edns0\n"),
      "192.0.2.1 2001:db8::1 ");
  EXPECT_EQ(hosts("nameserver fe80::1%eth0\n;nameserver 192.0.2.9\n nameserver 192.0.2.2 # here\n"),
            "fe80::1%eth0 192.0.2.2 ");
  EXPECT_EQ(hosts("nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n"),
            "1.1.1.1 2.2.2.2 3.3.3.3 ");
  EXPECT_EQ(hosts("nameserver not-an-address\nnameserver\nnameservers 192.0.2.1\n"), "127.0.0.1 ");
  EXPECT_EQ(hosts(""), "127.0.0.1 ");
}

TEST(ServerAddress, TheConfigurationSaysWhatIsWrong) {
  TestHost host;
  const std::string tsig = R"("tsig": {"name": "a", "secret": "key"}})";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"server": "192.0.2.1:", )", R"("server" must be an IP address or a host name)"},
      {R"({"server": "192.0.2.1:99999", )", R"("192.0.2.1:99999" is not)"},
      {R"({"server": "https://ns1.example.com", )", R"("server" must be)"},
      {R"({"server": "192.0.2.1:5353", "port": 53, )",
       R"("port" must not stand beside the port in "server")"},
      {R"({"server": "", )", R"("server")"},
      {R"({"server": 53, )", R"("server")"},
      {R"({"resolver": "dns.example.com", )", R"("resolver" must be an IP address)"},
      {R"({"resolver": "192.0.2.1:0", )", R"("resolver" must be an IP address)"},
      {R"({"port": 0, )", R"("port")"},
  };
  for (const auto& [start, says] : bad) {
    const auto made = host.create<Rfc2136>(start + tsig);
    ASSERT_FALSE(made.ok()) << start;
    EXPECT_EQ(made.code(), Code::kInvalidArgument);
    EXPECT_NE(made.error().message().find(says), std::string::npos) << made.error().message();
  }
  const std::vector<std::pair<std::string, std::string>> good = {
      {R"({"server": "192.0.2.1", )", "192.0.2.1 port 53,"},
      {R"({"server": "192.0.2.1:5353", )", "192.0.2.1 port 5353,"},
      {R"({"server": "[2001:db8::1]:5353", )", "2001:db8::1 port 5353,"},
      {R"({"server": "192.0.2.1", "port": 5353, )", "192.0.2.1 port 5353,"},
      {R"({)", "the primary that the zone's SOA names, port 53, asked from the system's resolver,"},
      {R"({"port": 5353, "resolver": "192.0.2.1", )", "port 5353, asked from 192.0.2.1 port 53,"},
      {R"({"resolver": "[2001:db8::1]:5353", )", "port 53, asked from 2001:db8::1 port 5353,"},
  };
  for (const auto& [start, says] : good) {
    const auto made = host.create<Rfc2136>(start + tsig);
    ASSERT_TRUE(made.ok()) << start << made.error().message();
    const auto about =
        host.call<plugin::v1::DescribeDnsReply>(made.value(), "Describe", plugin::v1::DescribeDnsRequest());
    EXPECT_NE(about->summary().find(says), std::string::npos) << about->summary();
  }
}

}  // namespace
}  // namespace paynamed::rfc2136
