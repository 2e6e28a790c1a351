#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "config/config.hpp"
#include "config/source.hpp"

namespace paynamed::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kDaemon = "[daemon]\nstate = \"a.db\"\n";

Config parsed(std::string_view text, const std::filesystem::path& file = "/etc/paynamed/p.toml") {
  Diagnostics diagnostics;
  std::string source{text};
  Config config = parse(source, file, diagnostics);
  EXPECT_EQ(render(diagnostics, "f", source), "");
  return config;
}

std::string complaint(std::string source) {
  Diagnostics diagnostics;
  (void)parse(source, "f", diagnostics);
  return render(diagnostics, "f", source);
}

TEST(Parse, ReadsResolversInAllTheirForms) {
  struct Case {
    std::string text;
    DnsResolver::Kind kind;
    std::string shown, address;
    std::uint16_t port;
    std::string host, path;
  };
  using enum DnsResolver::Kind;
  for (const Case& c : std::vector<Case>{
           {"192.0.2.1", kPlain, "192.0.2.1:53", "192.0.2.1", 53, "", ""},
           {"2001:db8::1", kPlain, "[2001:db8::1]:53", "2001:db8::1", 53, "", ""},
           {"tls://192.0.2.1", kTls, "tls://192.0.2.1", "192.0.2.1", 853, "192.0.2.1", ""},
           {"tls://192.0.2.1:8853#Dns.Example", kTls, "tls://192.0.2.1:8853#Dns.Example", "192.0.2.1", 8853,
            "dns.example", ""},
           {"tls://[2001:db8::1]", kTls, "tls://[2001:db8::1]", "2001:db8::1", 853, "2001:db8::1", ""},
           {"tls://dns.example", kTls, "tls://dns.example", "", 853, "dns.example", ""},
           {"https://dns.example/dns-query", kHttps, "https://dns.example/dns-query", "", 443, "dns.example",
            "/dns-query"},
           {"https://[2001:db8::1]:8443/a/b#dns.example", kHttps,
            "https://[2001:db8::1]:8443/a/b#dns.example", "2001:db8::1", 8443, "dns.example", "/a/b"}}) {
    const Config config = parsed(std::string{kDaemon} + "[dns]\nresolvers = [\"" + c.text +
                                 "\"]\n[tls]\nca_file = \"ca.pem\"\n");
    ASSERT_EQ(config.dns.resolvers.size(), 1U) << c.text;
    const DnsResolver& resolver = config.dns.resolvers.front();
    EXPECT_EQ(resolver.kind, c.kind) << c.text;
    EXPECT_EQ(resolver.shown, c.shown);
    EXPECT_EQ(resolver.address, c.address) << c.text;
    EXPECT_EQ(resolver.port, c.port) << c.text;
    EXPECT_EQ(resolver.host, c.host) << c.text;
    EXPECT_EQ(resolver.path, c.path) << c.text;
    EXPECT_EQ(config.tls.ca_file, "/etc/paynamed/ca.pem");
  }
}

TEST(Parse, GivesEveryValueItsType) {
  const Config config = parsed(R"(
[daemon]
state = "state/../a.db"
plugin_path = ["plugins", "/opt/plugins"]
max_open_runs = 7
stop_deadline = "5s"
bulk_wait = "2m"
[log]
level = "warn"
format = "json"
[api]
listen = "[::1]:0"
requests_per_second = 30
request_burst = 60
max_streams = 70
max_streams_of_key = 7
key = { env = "KEY" }
[tenants.shop]
api_keys = [{ file = "shop.key" }]
[dns]
trust_anchor = "root.key"
root_hints = ["127.0.0.1:5300", "[::1]:54", "::1"]
authoritative_port = 5301
query_timeout = "500ms"
resolvers = ["192.0.2.9", "[2001:db8::9]:5353"]
resolver_quorum = "majority"
[monitor]
enabled = false
interval = "2h"
domain_interval = "3h"
registration = false
registration_bootstrap = "https://mirror.example/dns.json"
announce_registration = "60d"
second_look = "90s"
queries_per_second = 200
announce_offers = "14d"
[[dns.stubs]]
zone = "Example.test"
servers = ["192.0.2.1"]
[domains."Example.com."]
dns = "zone"
tenants = ["shop"]
test = true
ttl = "10m"
quarantine = "1d"
retire_after = "2d"
settle = "3h"
[plugins.zone]
module = "rfc2136"
)");
  EXPECT_EQ(config.daemon.state, "/etc/paynamed/a.db");
  EXPECT_THAT(config.daemon.plugin_path, testing::ElementsAre("/etc/paynamed/plugins", "/opt/plugins"));
  EXPECT_EQ(config.daemon.max_open_runs, 7U);
  EXPECT_EQ(config.daemon.stop_deadline, seconds{5});
  EXPECT_EQ(config.daemon.bulk_wait, seconds{120});
  EXPECT_EQ(config.log.level, "warn");
  EXPECT_EQ(config.log.format, "json");
  EXPECT_EQ(config.api.listen.value, "[::1]:0");
  EXPECT_EQ(config.api.requests_per_second, 30U);
  EXPECT_EQ(config.api.request_burst, 60U);
  EXPECT_EQ(config.api.max_streams, 70U);
  EXPECT_EQ(config.api.max_streams_of_key, 7U);
  ASSERT_EQ(config.tenants.size(), 2U);
  EXPECT_EQ(config.tenants[0].id, "default");
  EXPECT_EQ(config.tenants[0].api_keys.at(0).where, "KEY");
  EXPECT_EQ(config.tenants[1].api_keys.at(0).kind, SecretSource::Kind::kFile);
  EXPECT_EQ(config.tenants[1].api_keys.at(0).where, "/etc/paynamed/shop.key");
  EXPECT_EQ(config.dns.trust_anchor, "/etc/paynamed/root.key");
  ASSERT_EQ(config.dns.root_hints.size(), 3U);
  EXPECT_EQ(config.dns.root_hints[1].address, "::1");
  EXPECT_EQ(config.dns.root_hints[1].port, 54);
  EXPECT_EQ(config.dns.root_hints[2].port, 53);
  EXPECT_EQ(config.dns.authoritative_port, 5301);
  EXPECT_EQ(config.dns.query_timeout, std::chrono::milliseconds{500});
  ASSERT_EQ(config.dns.resolvers.size(), 2U);
  EXPECT_EQ(config.dns.resolvers[1].port, 5353);
  EXPECT_EQ(config.dns.resolver_quorum, Dns::Quorum::kMajority);
  EXPECT_FALSE(config.monitor.enabled);
  EXPECT_EQ(config.monitor.interval, hours{2});
  EXPECT_EQ(config.monitor.domain_interval, hours{3});
  EXPECT_FALSE(config.monitor.registration);
  EXPECT_EQ(config.monitor.registration_bootstrap, "https://mirror.example/dns.json");
  EXPECT_EQ(config.monitor.announce_registration, hours{60 * 24});
  EXPECT_EQ(config.monitor.second_look, seconds{90});
  EXPECT_EQ(config.monitor.queries_per_second, 200U);
  EXPECT_EQ(config.monitor.announce_offers, hours{14 * 24});
  EXPECT_EQ(config.dns.stubs.at(0).zone, "example.test.");
  const Domain* domain = config.find_domain("example.com");
  ASSERT_NE(domain, nullptr);
  EXPECT_TRUE(domain->test);
  EXPECT_EQ(domain->ttl_seconds, 600U);
  EXPECT_EQ(domain->quarantine, hours{24});
  EXPECT_EQ(domain->retire_after, hours{48});
  EXPECT_EQ(domain->settle, hours{3});
  EXPECT_EQ(domain->tenants.at(0).value, "shop");
}

TEST(Parse, LeavesTheRestAtItsDefault) {
  const Config config = parsed(kDaemon, "p.toml");
  EXPECT_EQ(config.daemon.state, "a.db");
  EXPECT_EQ(config.daemon.max_open_runs, 10'000U);
  EXPECT_EQ(config.daemon.bulk_wait, seconds{600});
  EXPECT_EQ(config.api.listen.value, "127.0.0.1:8080");
  EXPECT_EQ(config.api.requests_per_second, 1'000U);
  EXPECT_EQ(config.api.request_burst, 2'000U);
  EXPECT_EQ(config.api.max_streams, 512U);
  EXPECT_EQ(config.api.max_streams_of_key, 256U);
  EXPECT_EQ(config.dns.trust_anchor, "/usr/share/dns/root.key");
  EXPECT_TRUE(config.monitor.enabled);
  EXPECT_EQ(config.monitor.interval, hours{6});
  EXPECT_EQ(config.monitor.queries_per_second, 50U);
  ASSERT_EQ(config.tenants.size(), 1U);
  EXPECT_EQ(config.tenants[0].id, "default");
}

TEST(Parse, GivesAModuleItsSettingsAndKnowsTheirPlaces) {
  const Config config = parsed(std::string{kDaemon} + R"([plugins.zone]
module = "rfc2136"
retired = true
"a/b~c" = { deep = [1, 2.5, true, "t"] }
tsig.secret = { env = "T" }
)");
  const Plugin* plugin = config.find_plugin("zone");
  ASSERT_NE(plugin, nullptr);
  EXPECT_TRUE(plugin->retired);
  EXPECT_EQ(
      boost::json::value(plugin->settings),
      boost::json::parse(R"({"a/b~c": {"deep": [1, 2.5, true, "t"]}, "tsig": {"secret": {"env": "T"}}})"));
  const auto place = [&](std::string_view pointer, bool key = false) {
    const Region region = config.place_in_plugin("zone", pointer, key);
    return std::pair{region.line, region.column};
  };
  EXPECT_EQ(place("/a~1b~0c/deep/2"), std::pair(6U, 29U));
  EXPECT_EQ(place("/a~1b~0c", true), std::pair(6U, 1U));
  EXPECT_EQ(place("/tsig/secret"), std::pair(7U, 15U));
  EXPECT_EQ(place("/tsig/secret", true), std::pair(7U, 6U));
  EXPECT_EQ(place("/nowhere"), std::pair(3U, 10U)) << "the table's own place";
  EXPECT_EQ(config.place_in_plugin("none", "").line, 0U);
}

TEST(Parse, KeepsTheOrderOfTheFile) {
  const Config config =
      parsed(std::string{kDaemon} + "[plugins.z]\nmodule = \"m\"\n[plugins.a]\nmodule = \"m\"\n");
  ASSERT_EQ(config.plugins.size(), 2U);
  EXPECT_EQ(config.plugins[0].id, "z");
}

TEST(Parse, RefusesAFileThatIsTooLarge) {
  EXPECT_EQ(
      complaint(std::string(kMaxSourceBytes + 1, '#')),
      "f: error: the file has 4194305 bytes; at most 4194304 are read\n      = is this the right file?\n");
}

TEST(Parse, OfAnEmptyFileSaysWhatItNeeds) {
  EXPECT_THAT(complaint(""), testing::StartsWith("f: error: the file has no [daemon] table\n"));
}

TEST(Parse, SurvivesNestingOfEveryKind) {
  const auto many = [](std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  constexpr int kDepth = 400'000;
  for (const std::string& bomb :
       {"a = " + many("[", kDepth), "a = " + many("{a=", kDepth), "[" + many("a.", kDepth) + "a]",
        many("a.", kDepth) + "a = 1", many("\"a\" . ", kDepth) + "a = 1", "a = " + many("[{a.a.a.a=", kDepth),
        many("[a]\n", 1'000), many("'''", kDepth), "a = \"" + many("\\", kDepth)}) {
    EXPECT_THAT(complaint(bomb), testing::HasSubstr("error"));
  }
}

TEST(Load, OfAMissingFileSaysWhy) {
  Diagnostics diagnostics;
  (void)load("/nonexistent/p.toml", diagnostics);
  EXPECT_THAT(render(diagnostics, "p.toml", ""),
              testing::StartsWith("p.toml: error: the file cannot be read: No such file or directory"));
  Diagnostics folder;
  (void)load("/", folder);
  EXPECT_THAT(render(folder, "/", ""), testing::HasSubstr("the file cannot be read: Is a directory"));
}

TEST(Load, OfAnEndlessFileStops) {
  Diagnostics diagnostics;
  (void)load("/dev/zero", diagnostics);
  EXPECT_THAT(render(diagnostics, "f", ""), testing::HasSubstr("at most 4194304 are read"));
}

struct PlaceCase {
  std::string literal;  // from line 1, column 5
  std::size_t offset;
  std::uint32_t line;
  std::uint32_t column;
};

class PlaceInString : public testing::TestWithParam<PlaceCase> {};

TEST_P(PlaceInString, CountsWhatIsWritten) {
  const std::string source = "a = " + GetParam().literal;
  const SourceText text{source};
  const Region region = text.place_in_string({1, 5, 0}, GetParam().offset, 1);
  EXPECT_EQ(region.line, GetParam().line);
  EXPECT_EQ(region.column, GetParam().column);
  EXPECT_EQ(text.line(region.line).substr(region.column - 1, 1), "$");
}

INSTANTIATE_TEST_SUITE_P(
    All, PlaceInString,
    testing::Values(PlaceCase{R"("$")", 0, 1, 6}, PlaceCase{R"("ab$")", 2, 1, 8},
                    PlaceCase{R"('a\$')", 2, 1, 8}, PlaceCase{R"("\t$")", 1, 1, 8},
                    PlaceCase{R"("\u00e9$")", 2, 1, 12}, PlaceCase{R"("\U0001F600$")", 4, 1, 16},
                    PlaceCase{"\"\u00e9$\"", 2, 1, 8}, PlaceCase{"\"\"\"$\"\"\"", 0, 1, 8},
                    PlaceCase{"\"\"\"\nab\n$\"\"\"", 3, 3, 1}, PlaceCase{"'''\r\nab\r\n$'''", 3, 3, 1},
                    PlaceCase{"\"\"\"a\\\n   $\"\"\"", 1, 2, 4}));

TEST(PlaceInStringOf, SomethingElseIsItsOwnPlace) {
  const SourceText text{"a = 5\n"};
  EXPECT_EQ(text.place_in_string({1, 5, 6}, 0, 1).column, 5U);
  EXPECT_EQ(text.place_in_string({7, 5, 6}, 0, 1).line, 7U);
  EXPECT_EQ(text.place_in_string({}, 3, 1).line, 0U);
}

TEST(SecretColumn, IsWhereAPlainValueBegins) {
  const std::vector<std::pair<std::string, std::uint32_t>> lines = {
      {"secret = \"x\"", 10},
      {"api_keys = [\"x\"]", 12},
      {"  \"api-token\"= 'x'", 16},
      {"key = { env = \"K\" }", 0},
      {"key = { value = \"K\" }", 7},
      {"keys = [{ env = \"K\" }]", 0},
      {"token =", 0},
      {"# nothing", 0},
      {"key_file = \"x\"", 0},
      {"a = 1, PASSWORD = 2", 19},
  };
  for (const auto& [line, column] : lines) EXPECT_EQ(secret_column(line), column) << line;
}

}  // namespace
}  // namespace paynamed::config
