// What changed between two files, and what of it a running daemon can take up.
#include "config/difference.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "config/config.hpp"

namespace paynamed::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kBefore = R"(
[daemon]
state = "a.db"
[log]
level = "info"
[api]
key = { env = "KEY" }
[tenants.shop]
api_keys = [{ env = "SHOP" }]
[dns]
[monitor]
[domains."example.com"]
dns = "zone"
[plugins.zone]
module = "rfc2136"
server = "192.0.2.1"
[plugins.node]
module = "sandbox"
[[pipelines.remove.steps]]
id = "withdraw"
do = "dns.withdraw"
[[pipelines.remove.steps]]
id = "disable"
do = "offer.disable"
)";

Config parsed(const std::string& text) {
  Diagnostics diagnostics;
  Config config = parse(text, "/etc/paynamed/p.toml", diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << render(diagnostics, "f", text);
  return config;
}

// kBefore with `from` replaced.
std::vector<Change> changed(const std::string& from, const std::string& to) {
  std::string text = kBefore;
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  text.replace(at, from.size(), to);
  return difference(parsed(kBefore), parsed(text));
}

TEST(Difference, OfEachKeyIsLiveOrNeedsARestart) {
  struct Case {
    const char* from;
    std::string to;
    const char* line;  // as rendered, without why it needs a restart
    bool live = true;
  };
  const std::string domain = "dns = \"zone\"\n";
  const std::string daemon = "state = \"a.db\"\n";
  for (const Case& c : std::vector<Case>{
           {"state = \"a.db\"", "state = \"b.db\"",
            "~ daemon.state: /etc/paynamed/a.db -> /etc/paynamed/b.db", false},
           {"state = \"a.db\"\n", daemon + "plugin_path = [\"/opt/p\"]\n",
            "~ daemon.plugin_path: [] -> [/opt/p]"},
           {"state = \"a.db\"\n", daemon + "max_open_runs = 5\n", "~ daemon.max_open_runs: 10000 -> 5"},
           {"state = \"a.db\"\n", daemon + "stop_deadline = \"5s\"\n", "~ daemon.stop_deadline: 20s -> 5s"},
           {"state = \"a.db\"\n", daemon + "bulk_wait = \"5s\"\n", "~ daemon.bulk_wait: 10m -> 5s"},
           {"state = \"a.db\"\n", daemon + "default_node = \"node\"\n",
            "~ daemon.default_node: (none) -> node"},
           {"state = \"a.db\"\n", daemon + "secrets_key = { env = \"SEAL\" }\n", "~ daemon.secrets_key"},
           {"[dns]", "[nodes]\ninterval = \"5m\"\n[dns]", "~ nodes.interval: 1m -> 5m"},
           {"module = \"sandbox\"", "module = \"sandbox\"\ncustodial = true",
            "~ plugins.node.custodial: false -> true"},
           {"module = \"sandbox\"", "module = \"sandbox\"\ntenants = [\"default\"]",
            "~ plugins.node.tenants: (none) -> [default]"},
           {"module = \"sandbox\"", "module = \"sandbox\"\nadded_nodes = [\"a.example:1\"]",
            "~ plugins.node.added_nodes"},
           {"level = \"info\"", "level = \"debug\"", "~ log.level: info -> debug"},
           {"level = \"info\"", "format = \"json\"", "~ log.format: text -> json", false},
           {"key = { env = \"KEY\" }\n", "key = { env = \"KEY\" }\nlisten = \"127.0.0.1:9\"\n",
            "~ api.listen: 127.0.0.1:8080 -> 127.0.0.1:9", false},
           {"key = { env = \"KEY\" }\n", "key = { env = \"KEY\" }\nrequests_per_second = 9\n",
            "~ api.requests_per_second: 1000 -> 9", false},
           {"key = { env = \"KEY\" }\n", "key = { env = \"KEY\" }\nrequest_burst = 9\n",
            "~ api.request_burst: 2000 -> 9", false},
           {"key = { env = \"KEY\" }", "key = { file = \"new.key\" }", "~ api.key"},
           {"{ env = \"SHOP\" }", "{ env = \"SHOP2\" }", "~ tenants.shop.api_keys"},
           {"[tenants.shop]", "[tenants.mall]\n[tenants.shop]", "+ tenants.mall"},
           {"[tenants.shop]\napi_keys = [{ env = \"SHOP\" }]\n", "", "- tenants.shop"},
           {"[dns]", "[tls]\nca_file = \"/ca.pem\"\n[dns]", "~ tls.ca_file: (none) -> /ca.pem"},
           {"[dns]", "[dns]\nresolvers = [\"tls://192.0.2.1\"]\nport_53 = \"blocked\"",
            "~ dns.resolvers: [] -> [tls://192.0.2.1]\n~ dns.port_53: open -> blocked"},
           {"[dns]", "[dns]\ntrust_anchor = \"/a\"", "~ dns.trust_anchor: /usr/share/dns/root.key -> /a"},
           {"[dns]", "[dns]\nroot_hints = [\"192.0.2.1\"]", "~ dns.root_hints: [] -> [192.0.2.1:53]"},
           {"[dns]", "[dns]\nauthoritative_port = 54", "~ dns.authoritative_port: 53 -> 54"},
           {"[dns]", "[dns]\nquery_timeout = \"1s\"", "~ dns.query_timeout: 3s -> 1s"},
           {"[dns]", "[dns]\nresolvers = [\"192.0.2.1\"]", "~ dns.resolvers: [] -> [192.0.2.1:53]"},
           {"[dns]", "[dns]\nresolver_quorum = \"one\"", "~ dns.resolver_quorum: all -> one"},
           {"[dns]", "[[dns.stubs]]\nzone = \"a.test.\"\nservers = [\"2001:db8::1\"]",
            "~ dns.stubs: [] -> [a.test. at [[2001:db8::1]:53]]"},
           {"[monitor]", "[monitor]\nenabled = false", "~ monitor.enabled: true -> false"},
           {"[monitor]", "[monitor]\ninterval = \"1h\"", "~ monitor.interval: 6h -> 1h"},
           {"[monitor]", "[monitor]\ndomain_interval = \"2h\"", "~ monitor.domain_interval: 1h -> 2h"},
           {"[monitor]", "[monitor]\nsecond_look = \"1s\"", "~ monitor.second_look: 30s -> 1s"},
           {"[monitor]", "[monitor]\nqueries_per_second = 99", "~ monitor.queries_per_second: 50 -> 99"},
           {"[monitor]", "[monitor]\nannounce_offers = \"1d\"", "~ monitor.announce_offers: 7d -> 1d"},
           {"[monitor]", "[monitor]\nregistration = false", "~ monitor.registration: true -> false"},
           {"[monitor]", "[monitor]\nregistration_bootstrap = \"https://a.example/\"",
            "~ monitor.registration_bootstrap: https://data.iana.org/rdap/dns.json -> https://a.example/"},
           {"[monitor]", "[monitor]\nannounce_registration = \"1d\"",
            "~ monitor.announce_registration: 30d -> 1d"},
           {"[monitor]", "[delivery]\nschedule = [\"0s\", \"1m\"]\n[monitor]",
            "~ delivery.schedule: [] -> [0s, 1m]"},
           {"[monitor]", "[delivery]\nkeep_dead = \"60d\"\n[monitor]", "~ delivery.keep_dead: 30d -> 60d"},
           {"[domains.\"example.com\"]", "[domains.\"a.example\"]\ndns = \"zone\"\n[domains.\"example.com\"]",
            "+ domains.\"a.example\""},
           {"[domains.\"example.com\"]\ndns = \"zone\"\n", "", "- domains.\"example.com\""},
           {"dns = \"zone\"\n", domain + "tenants = [\"shop\"]\n",
            "~ domains.\"example.com\".tenants: [default] -> [shop]"},
           {"dns = \"zone\"\n", domain + "test = true\n", "~ domains.\"example.com\".test: false -> true"},
           {"dns = \"zone\"\n", domain + "ttl = \"1m\"\n", "~ domains.\"example.com\".ttl: 5m -> 1m"},
           {"dns = \"zone\"\n", domain + "quarantine = \"1d\"\n",
            "~ domains.\"example.com\".quarantine: 365d -> 1d"},
           {"dns = \"zone\"\n", domain + "retire_after = \"1d\"\n",
            "~ domains.\"example.com\".retire_after: 30d -> 1d"},
           {"dns = \"zone\"\n", domain + "settle = \"1s\"\n", "~ domains.\"example.com\".settle: 0s -> 1s"},
           {"dns = \"zone\"\n", domain + "repair = \"republish\"\n",
            "~ domains.\"example.com\".repair: report -> republish"},
           {"dns = \"zone\"\n", domain + "rotate_before = \"7d\"\n",
            "~ domains.\"example.com\".rotate_before: (none) -> 7d"},
           {"dns = \"zone\"\n", "dns = \"node\"\n", "~ domains.\"example.com\".dns: zone -> node"},
           {"[plugins.node]", "[plugins.two]\nmodule = \"rfc2136\"\n[plugins.node]", "+ plugins.two"},
           {"[plugins.node]\nmodule = \"sandbox\"\n", "", "- plugins.node"},
           {"module = \"rfc2136\"", "module = \"powerdns\"", "~ plugins.zone.module: rfc2136 -> powerdns"},
           {"module = \"sandbox\"", "module = \"sandbox\"\nretired = true",
            "~ plugins.node.retired: false -> true"},
           {"server = \"192.0.2.1\"", "server = \"192.0.2.2\"", "~ plugins.zone.server"},
           {"server = \"192.0.2.1\"", "port = 5", "+ plugins.zone.port\n- plugins.zone.server"},
           {"id = \"withdraw\"", "id = \"withdraw\"\ntimeout = \"1m\"", "~ pipelines.remove"},
           {"id = \"withdraw\"", "id = \"withdraw\"\nretry = { attempts = 2 }", "~ pipelines.remove"},
       }) {
    const auto changes = changed(c.from, c.to);
    std::string lines = render(changes);
    for (auto at = lines.find("  (needs"); at != lines.npos; at = lines.find("  (needs"))
      lines.erase(at, lines.find('\n', at) - at);
    EXPECT_EQ(lines, std::string{c.line} + "\n") << c.to;
    EXPECT_TRUE(std::ranges::all_of(changes, [&](const Change& each) {
      return each.restart.empty() == c.live;
    })) << c.line;
  }
}

// A key that nobody compares would be changed in the file and never in the daemon.
TEST(Difference, KnowsEveryKeyOfTheExample) {
  std::ifstream stream{PAYNAMED_CONFIG_EXAMPLE};
  const std::string example{std::istreambuf_iterator<char>{stream}, {}};
  const auto changes = difference(parsed("[daemon]\nstate = \"a.db\"\n"), parsed(example));
  const std::string lines = render(changes);
  for (const char* key :
       {"daemon.state", "daemon.default_node", "api.key", "tenants.shop", "tls.ca_file", "dns.stubs",
        "domains.\"example.com\"", "plugins.zone", "plugins.node", "pipelines.register"}) {
    EXPECT_THAT(lines, HasSubstr(key));
  }
}

TEST(Difference, OfPlacesAndOrderIsNone) {
  EXPECT_THAT(difference(parsed(kBefore), parsed(std::string{"# a comment\n"} + kBefore)), IsEmpty());
}

TEST(Difference, ShowsNothingOfPluginsAndSecrets) {
  const std::string lines = render(changed("{ env = \"SHOP\" }", "{ env = \"OTHER_NAME\" }")) +
                            render(changed("server = \"192.0.2.1\"", "account = \"4711\""));
  EXPECT_THAT(lines, Not(HasSubstr("OTHER_NAME")));
  EXPECT_THAT(lines, Not(HasSubstr("4711")));
}

TEST(Difference, OfWhatIsShownCutIsSeen) {
  const std::string long_path(200, 'a');
  const auto changes = changed("[dns]", "[dns]\ntrust_anchor = \"/" + long_path + "b\"");
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_LT(changes[0].after.size(), 200u);
}

TEST(Difference, SaysWhyItNeedsARestart) {
  EXPECT_THAT(render(changed("level = \"info\"", "format = \"json\"")),
              HasSubstr("(needs a restart: whoever reads the log"));
}

}  // namespace
}  // namespace paynamed::config
