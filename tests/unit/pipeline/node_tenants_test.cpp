// Which tenants may name which node instance: in a registration, in a move, and as what the list shows.
#include "pipeline/node_tenants.hpp"

#include <gmock/gmock.h>

#include "pipeline/intake.hpp"

#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::Verb;
using testing::HasSubstr;

// "shop" has a domain, "other" has none; the pipelines make offers at "node".
constexpr const char* kTenants = R"(
[tenants.shop]
api_keys = [{ env = "SHOP_KEY" }]
[tenants.other]
api_keys = [{ env = "OTHER_KEY" }]
)";
constexpr const char* kOfDomain = "tenants = [\"default\", \"shop\"]";

struct NodeTenantsTest : ActionsFixture {
  NodeTenantsTest() { configure("node", kTenants, kOfDomain); }
  // With these lines in the table of a third one.
  void configure_node3(const std::string& lines) {
    configure("node", "[plugins.node3]\nmodule = \"sandbox\"\n" + lines + kTenants, kOfDomain);
  }
  static std::vector<config::At<std::string>> only(const std::string& tenant) {
    return std::vector<config::At<std::string>>(1, config::At<std::string>{tenant, {}});
  }
  bool may(const std::string& instance, const std::string& tenant) const {
    return may_use_node(*runtime, instance, tenant);
  }
  base::Result<void> admitted(Verb verb, const std::string& tenant, const std::string& instance = {}) {
    Command wanted = command(kAlice, verb);
    wanted.tenant = tenant;
    wanted.source.instance = instance;
    SharedPipelines pipelines;
    auto done = admit(wanted, *runtime, pipelines, *store, clock, random);
    if (!done) return base::fail(done.error());
    return {};
  }
};

TEST_F(NodeTenantsTest, WithoutAListThoseWhosePipelinesUseItAndTheOperator) {
  EXPECT_TRUE(may("node", "default"));
  EXPECT_TRUE(may("node", "shop"));
  EXPECT_FALSE(may("node", "other"));
  EXPECT_TRUE(may("node2", "default"));
  EXPECT_FALSE(may("node2", "shop"));
  EXPECT_FALSE(may("gone", "default"));
}

TEST_F(NodeTenantsTest, AListIsExact) {
  configure_node3("tenants = [\"shop\"]\n");
  EXPECT_TRUE(may("node3", "shop"));
  EXPECT_FALSE(may("node3", "default"));
  EXPECT_FALSE(may("node3", "other"));
}

TEST_F(NodeTenantsTest, WhoMayNotIsRefusedBeforeAnythingIsBegun) {
  EXPECT_TRUE(admitted(Verb::kRegister, "shop"));
  EXPECT_TRUE(admitted(Verb::kRegister, "shop", "node"));
  EXPECT_TRUE(admitted(Verb::kRegister, "default", "node2"));
  const auto refused = admitted(Verb::kRegister, "shop", "node2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(refused.error().message(), HasSubstr("'node2'"));
}

TEST_F(NodeTenantsTest, ThePipelinesOwnInstanceIsNoWayAround) {
  configure("node", kTenants, std::string(kOfDomain) + "\n");
  auto changed = std::make_shared<Runtime>(*runtime);
  for (config::Plugin& plugin : changed->config.plugins) {
    if (plugin.id == "node") plugin.tenants = only("default");
  }
  runtime = changed;
  EXPECT_TRUE(admitted(Verb::kRegister, "default"));
  EXPECT_EQ(admitted(Verb::kRegister, "shop").error().code(), Code::kPermissionDenied);
}

TEST_F(NodeTenantsTest, NamesThatAreThereMayMoveOnlyWhereTheirTenantMay) {
  make_live();
  const auto moved = admitted(Verb::kSetSource, "default", "node2");
  EXPECT_TRUE(moved) << moved.error().to_string();
  auto changed = std::make_shared<Runtime>(*runtime);
  for (config::Plugin& plugin : changed->config.plugins) {
    if (plugin.id != "zone") plugin.tenants = only("shop");
  }
  runtime = changed;
  EXPECT_EQ(admitted(Verb::kSetSource, "default", "node2").error().code(), Code::kPermissionDenied);
  // What is there stays there.
  const auto rotated = admitted(Verb::kRotate, "default");
  EXPECT_TRUE(rotated) << rotated.error().to_string();
}

}  // namespace
}  // namespace paynamed::pipeline
