// What a configuration must not take away.
#include "process/configuration_rules.hpp"

#include <gmock/gmock.h>

#include "process/plugin_change.hpp"
#include "process/reload_text.hpp"

namespace paynamed::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

config::Config parsed(const std::string& text) {
  config::Diagnostics diagnostics;
  config::Config config = config::parse("[daemon]\nstate = \"a.db\"\n" + text, "/etc/p.toml", diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << config::render(diagnostics, "f", text);
  return config;
}

constexpr const char* kPlugins =
    "[plugins.zone]\nmodule = \"rfc2136\"\n[plugins.zone2]\nmodule = \"rfc2136\"\n"
    "[plugins.node]\nmodule = \"sandbox\"\n";

std::string domain_at(const std::string& instance) {
  return kPlugins + ("[domains.\"example.com\"]\ndns = \"" + instance + "\"\n");
}

state::InUse uses(std::map<std::string, std::uint64_t> names, std::uint64_t open_runs = 0,
                  std::map<std::string, std::uint64_t> runs_with = {}) {
  state::InUse all;
  for (const auto& [instance, count] : names) all.instances.push_back({instance, 0, count, 0});
  all.domains.push_back({"example.com", std::move(names), open_runs, std::move(runs_with), {}, {}});
  return all;
}

using DomainMove = state::DomainUse::Move;

state::InUse moved(state::InUse all, std::optional<DomainMove> finished,
                   std::optional<DomainMove> open = {}) {
  all.domains.front().moved = std::move(finished);
  all.domains.front().moving = std::move(open);
  return all;
}

std::string refusal(const std::string& config, const state::InUse& in_use) {
  const auto checked = check_in_use(parsed(config), in_use);
  return checked ? "" : checked.error().message();
}

TEST(ConfigurationRules, WebhooksKeepTheirInstance) {
  state::InstanceUse use;
  use.instance = "hooks";
  use.webhooks = 2;
  state::InUse in_use;
  in_use.instances.push_back(use);
  EXPECT_THAT(refusal(kPlugins, in_use), HasSubstr("lacks [plugins.hooks]"));
  EXPECT_THAT(refusal(kPlugins, in_use), HasSubstr("2 webhooks use"));
  const std::string with = kPlugins + std::string{"[plugins.hooks]\nmodule = \"webhook\"\nretired = true\n"};
  EXPECT_EQ(refusal(with, in_use), "");
}

TEST(ConfigurationRules, KeepWhatIsInUse) {
  struct Case {
    const char* rule;
    std::string config;
    state::InUse in_use;
    std::string says;  // empty: it is fine
  };
  for (const Case& c : std::vector<Case>{
           {"a domain stays where its records are", domain_at("zone"), uses({{"zone", 7}}), ""},
           {"and may go elsewhere while it has none", domain_at("zone2"), uses({}), ""},
           {"but not with one", domain_at("zone2"), uses({{"zone", 7}}),
            "'zone' holds the records of 7 of its names; put dns = \"zone\" back and move them first: "
            "paynamectl "
            "domains move example.com --to zone2"},
           {"nor with some at both", domain_at("zone2"), uses({{"zone", 1}, {"zone2", 6}}), "records of 1"},
           {"open runs began with its instance", domain_at("zone"), uses({}, 2, {{"zone", 2}, {"node", 1}}),
            ""},
           {"and end there", domain_at("zone2"), uses({}, 2, {{"zone", 2}, {"node", 1}}),
            "2 open runs of the domain began with another instance"},
           {"even one of several", domain_at("zone2"), uses({}, 2, {{"zone", 1}, {"zone2", 1}}),
            "1 open runs"},
           {"while it is moved, the file says where from", domain_at("zone"),
            moved(uses({{"zone", 1}, {"zone2", 6}}), {}, DomainMove{"zone", "zone2"}), ""},
           {"and not where to", domain_at("zone2"),
            moved(uses({{"zone", 1}, {"zone2", 6}}), {}, DomainMove{"zone", "zone2"}),
            "are being moved from 'zone' to 'zone2'"},
           {"after a move the old instance is right still", domain_at("zone"),
            moved(uses({{"zone2", 7}}, 1, {{"zone2", 1}}), DomainMove{"zone", "zone2"}), ""},
           {"and the new one", domain_at("zone2"),
            moved(uses({{"zone2", 7}}, 1, {{"zone2", 1}}), DomainMove{"zone", "zone2"}), ""},
           {"and on the way back the new one counts", domain_at("zone"),
            moved(uses({{"zone2", 7}}), DomainMove{"zone", "zone2"}, DomainMove{"zone2", "zone"}), ""},
           {"a domain with names stays", kPlugins, uses({{"zone", 3}}),
            "lacks [domains.\"example.com\"], which has 3"},
           {"a domain with open runs stays", kPlugins, uses({}, 1, {{"zone", 1}}), "1 open runs"},
           {"an instance in use stays", "[plugins.node]\nmodule = \"sandbox\"\n", uses({{"zone", 3}}),
            "lacks [plugins.zone], which 3 names"},
           {"retired is there", domain_at("zone2") + "[plugins.old]\nmodule = \"x\"\nretired = true\n",
            [] {
              state::InUse in_use;
              in_use.instances.push_back({"old", 0, 0, 4});
              return in_use;
            }(),
            ""},
       }) {
    const std::string said = refusal(c.config, c.in_use);
    if (c.says.empty()) {
      EXPECT_EQ(said, "") << c.rule;
    } else {
      EXPECT_THAT(said, HasSubstr(c.says)) << c.rule;
    }
  }
}

TEST(ConfigurationRules, TheModuleOfWhatIsUsedStays) {
  const config::Config before = parsed(domain_at("zone"));
  std::string text = domain_at("zone");
  text.replace(text.find("rfc2136"), 7, "powerdns");
  const config::Config after = parsed(text);
  EXPECT_TRUE(check_modules_stay(before, after, uses({})));
  EXPECT_TRUE(check_modules_stay(before, after, uses({{"zone2", 5}})));
  const auto refused = check_modules_stay(before, after, uses({{"zone", 5}}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("make a second instance"));
}

TEST(PluginChange, IsWhatTheHostHasToDo) {
  const config::Config before = parsed(
      "[plugins.kept]\nmodule = \"a\"\n[plugins.changed]\nmodule = \"a\"\nport = 1\n[plugins.gone]\nmodule = "
      "\"a\"\n"
      "[plugins.old]\nmodule = \"a\"\n[plugins.failed]\nmodule = \"a\"\n");
  const config::Config after = parsed(
      "[plugins.kept]\nmodule = \"a\"\n[plugins.changed]\nmodule = \"a\"\nport = 2\n[plugins.old]\nmodule = "
      "\"a\"\n"
      "retired = true\n[plugins.failed]\nmodule = \"a\"\n[plugins.added]\nmodule = \"a\"\n");
  const auto runs = [](const std::string& id) { return id != "failed" && id != "added"; };
  const PluginChange change = plugin_change(before, after, runs);
  std::vector<std::string> made;
  for (const auto& each : change.make) made.push_back(each.id);
  EXPECT_THAT(made, ElementsAre("changed", "failed", "added"));
  EXPECT_THAT(change.retry, ElementsAre("failed"));
  EXPECT_THAT(change.remove, ElementsAre("gone"));
  EXPECT_THAT(change.retired, ElementsAre(Pair("old", true)));
  EXPECT_THAT(plugin_change(after, after, [](const std::string&) { return true; }).make, IsEmpty());
}

TEST(ReloadText, NamesWhatNeedsARestart) {
  EXPECT_FALSE(needs_restart({{config::Change::Kind::kChanged, "log.level", "info", "debug", ""}}));
  const auto status =
      needs_restart({{config::Change::Kind::kChanged, "api.listen", "a", "b", "the port is taken"},
                     {config::Change::Kind::kChanged, "log.level", "info", "debug", ""},
                     {config::Change::Kind::kChanged, "daemon.state", "a", "b", "it is open"}});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->message(), "restart to change api.listen, daemon.state: the port is taken; it is open");
}

TEST(ReloadText, NamesTheFirstMistake) {
  config::Diagnostics diagnostics;
  diagnostics.warning({1, 1, 2}, "beware");
  diagnostics.error({7, 3, 5}, "it is wrong");
  EXPECT_EQ(mistakes_of(diagnostics, "p.toml").message(),
            "p.toml has a mistake, in line 7, column 3: it is wrong");
  diagnostics.error({2, 1, 5}, "so is this");
  EXPECT_EQ(mistakes_of(diagnostics, "p.toml").message(),
            "p.toml has 2 mistakes; the first, in line 2, column 1: so is this");
}

TEST(ConfigurationRules, KeepWhatAddedNodesNeed) {
  std::vector<state::NodeRow> added(5);
  for (state::NodeRow& node : added) {
    node.id = *base::Uuid::parse("01890000-0000-7000-8000-000000000001");
    node.tenant = "shop";
    node.place = {"node", "https://a:1"};
  }
  const auto said = [&](const std::string& text, const std::vector<state::NodeRow>& nodes) {
    const auto checked = check_added_nodes(parsed(text), nodes);
    return checked ? std::string{} : checked.error().message();
  };
  const std::string with = "[plugins.node]\nmodule = \"cln\"\nadded_nodes = [\"a:1\"]\n";
  EXPECT_EQ(said(with, added), "");
  EXPECT_EQ(said(with + "retired = true\n", added), "");
  const std::string without = said(kPlugins, added);
  EXPECT_THAT(without, HasSubstr("[plugins.node] has no added_nodes any more, and 5 nodes"));
  EXPECT_THAT(without, HasSubstr("paynamectl nodes rm 01890000-0000-7000-8000-000000000001"));
  EXPECT_THAT(without, HasSubstr("'shop'"));
  EXPECT_THAT(without, HasSubstr("and 2 more"));
  EXPECT_THAT(said("[plugins.zone]\nmodule = \"rfc2136\"\n", added), HasSubstr("lacks [plugins.node]"));
  EXPECT_EQ(said(kPlugins, {}), "");
}

}  // namespace
}  // namespace paynamed::process
