// An owner's node is added, names go on it, and it is lost and found.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "tests/e2e/nodes/nodes_scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;

class AddedNode : public LabTest {
 protected:
  static std::vector<std::string> node_events(const Scene& scene) {
    std::vector<std::string> types;
    for (const json::object& event : scene.events()) {
      if (text(event, "type").starts_with("node.")) types.push_back(text(event, "type"));
    }
    return types;
  }
  // The run ended, with both ids as the reason.
  static void expect_refused_for_other(const fakes::HttpReply& reply, NodesScene& nodes) {
    EXPECT_EQ(reply.status, 202) << reply.body;
    const json::object run = reply.json().as_object();
    EXPECT_EQ(text(run, "state"), "compensated") << reply.body;
    EXPECT_THAT(text(run, "reason"), HasSubstr("answers at " + nodes.bob().url()));
    EXPECT_THAT(text(run, "reason"), HasSubstr(nodes.carol().id()));
  }
  static std::string source(const std::string& node) { return json::serialize(json::object{{"node", node}}); }
};

TEST_F(AddedNode, CarriesNamesOfItsOwnerThroughRestarts) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  ASSERT_FALSE(id.empty());
  EXPECT_EQ(text(nodes.node(id), "node_id"), nodes.bob().id());
  EXPECT_EQ(text(nodes.node(id), "custody"), "receive_only");

  const auto stranger = scene.register_name("eve@example.test", "eve", source(id));
  EXPECT_EQ(stranger.status, 403) << stranger.body;
  const auto registered = scene.register_name("alice@example.test", "somebody", source(id));
  ASSERT_EQ(registered.status, 201) << registered.body;
  const json::object name = scene.get("/v1/names/alice@example.test");
  EXPECT_EQ(text(name.at("source").as_object(), "node"), nodes.bob().url());
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), 1);
  comes_true("the name is receivable", [&] { return nodes.receivable("alice@example.test") == "yes"; });

  const auto refused = scene.send("DELETE", "/v1/nodes/" + id);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("1 names"));

  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  EXPECT_EQ(scene.send("POST", "/v1/names/alice@example.test/rotate", {}, {{"Prefer", "wait=30"}}).status,
            200);
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), 2);
  EXPECT_EQ(nodes.carol().control("state").at("offers").to_number<int>(), 0);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, OverGrpcCarriesNamesToo) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const auto added = scene.send("POST", "/v1/nodes", nodes.grpc_request());
  ASSERT_EQ(added.status, 201) << added.body;
  const std::string id = text(added.json().as_object(), "id");
  EXPECT_EQ(text(nodes.node(id), "node_id"), nodes.bob().id());
  EXPECT_EQ(text(nodes.node(id), "custody"), "full");
  const auto registered = scene.register_name("gregor@example.test", "somebody", source(id));
  ASSERT_EQ(registered.status, 201) << registered.body;
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), 1);
  comes_true("the name is receivable", [&] { return nodes.receivable("gregor@example.test") == "yes"; });
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, ThatIsWrongIsToldAndNotKept) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const auto wrong_rune = scene.send("POST", "/v1/nodes", nodes.request(nodes.bob().foreign_rune()));
  EXPECT_EQ(wrong_rune.status, 422);
  EXPECT_THAT(wrong_rune.body, HasSubstr("does not know the rune"));
  nodes.bob().control("set", {{"network", "bitcoin"}});
  const auto wrong_network = scene.send("POST", "/v1/nodes", nodes.request(nodes.bob().rune()));
  EXPECT_EQ(wrong_network.status, 422);
  EXPECT_THAT(wrong_network.body, HasSubstr("bitcoin"));
  const auto elsewhere = scene.send(
      "POST", "/v1/nodes",
      R"({"instance":"cln","address":"https://metadata.example.com:3010","secrets":{"rune":"abc"}})");
  EXPECT_EQ(elsewhere.status, 403) << elsewhere.body;
  const json::object listed = scene.get("/v1/nodes");
  for (const auto& each : listed.at("items").as_array())
    EXPECT_EQ(text(each.as_object(), "kind"), "configured");
  EXPECT_TRUE(node_events(scene).empty());
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, WhoseRuneEndsCannotReceiveAndComesBackWithIt) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  ASSERT_EQ(scene.register_name("anna@example.test", "somebody", source(id)).status, 201);
  comes_true("the name is receivable", [&] { return nodes.receivable("anna@example.test") == "yes"; });
  nodes.bob().control("set", {{"revoked_runes", json::array{nodes.bob().rune()}}});
  comes_true("the name is not receivable", [&] { return nodes.receivable("anna@example.test") == "no"; });
  EXPECT_EQ(text(nodes.node(id), "code"), "unauthenticated");
  comes_true("it is said", [&] {
    const auto said = node_events(scene);
    return std::count(said.begin(), said.end(), "node.unreachable") == 1;
  });
  nodes.bob().control("set", {{"revoked_runes", json::array{}}});
  comes_true("the name is receivable again", [&] { return nodes.receivable("anna@example.test") == "yes"; });
  comes_true("that is said", [&] {
    const auto said = node_events(scene);
    return std::count(said.begin(), said.end(), "node.reachable") == 1;
  });
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, GetsAnotherRuneWhileNamesAreOnIt) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  ASSERT_EQ(scene.register_name("berta@example.test", "somebody", source(id)).status, 201);
  nodes.bob().control("set", {{"revoked_runes", json::array{nodes.bob().rune()}}});
  comes_true("the rune is refused", [&] { return text(nodes.node(id), "code") == "unauthenticated"; });
  const std::string wrong = nodes.bob().write("wrong", nodes.bob().foreign_rune() + "\n");
  const std::string right = nodes.bob().write("right", nodes.bob().master_rune() + "\n");
  const std::string authority = "ca=" + nodes.bob().ca();
  const auto refused =
      scene.ctl({"nodes", "credentials", id, "--secret", "rune=" + wrong, "--secret", authority});
  EXPECT_EQ(refused.exit_code, 1) << refused.output;
  EXPECT_THAT(refused.errors, HasSubstr("does not know the rune"));
  const auto changed =
      scene.ctl({"nodes", "credentials", id, "--secret", "rune=" + right, "--secret", authority});
  EXPECT_EQ(changed.exit_code, 0) << changed.errors;
  EXPECT_EQ(text(nodes.node(id), "custody"), "full");
  EXPECT_EQ(scene.send("POST", "/v1/names/berta@example.test/rotate", {}, {{"Prefer", "wait=30"}}).status,
            200);
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), 2);
  EXPECT_THAT(node_events(scene), Contains("node.credentials_changed"));
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  comes_true("it is reachable after a restart", [&] { return text(nodes.node(id), "reachable") == "yes"; });
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, BehindWhoseAddressIsAnotherGetsNoOffers) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  ASSERT_EQ(scene.register_name("dora@example.test", "somebody", source(id)).status, 201);
  comes_true("the name is receivable", [&] { return nodes.receivable("dora@example.test") == "yes"; });
  const std::string bob = nodes.bob().id();
  nodes.bob().control("set", {{"id", nodes.carol().id()}});
  comes_true("it is noticed", [&] { return text(nodes.node(id), "code") == "other_node"; });
  EXPECT_EQ(nodes.receivable("dora@example.test"), "no");
  EXPECT_EQ(text(nodes.node(id), "node_id"), bob);
  const auto rotated = scene.send("POST", "/v1/names/dora@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  expect_refused_for_other(rotated, nodes);
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), 1);
  nodes.bob().control("set", {{"id", bob}});
  comes_true("it is back", [&] { return nodes.receivable("dora@example.test") == "yes"; });
  EXPECT_EQ(scene.send("POST", "/v1/names/dora@example.test/rotate", {}, {{"Prefer", "wait=30"}}).status,
            200);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, ThatIsAnotherIsFoundOutByWhatItMakes) {
  NodesScene nodes{lab(), "1h"};  // nobody looks meanwhile
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  ASSERT_EQ(scene.register_name("erna@example.test", "somebody", source(id)).status, 201);
  const json::object before = scene.get("/v1/names/erna@example.test");
  nodes.bob().control("set", {{"id", nodes.carol().id()}});
  const auto rotated = scene.send("POST", "/v1/names/erna@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  expect_refused_for_other(rotated, nodes);
  const json::object after = scene.get("/v1/names/erna@example.test");
  EXPECT_EQ(text(after, "offer"), text(before, "offer"));
  // And nothing more is asked of it.
  const auto offers = nodes.bob().control("state").at("offers").to_number<int>();
  const auto again = scene.send("POST", "/v1/names/erna@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  expect_refused_for_other(again, nodes);
  EXPECT_EQ(nodes.bob().control("state").at("offers").to_number<int>(), offers);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, WithAnotherSealingKeyIsSaidAndNothingElseSuffers) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  EXPECT_EQ(scene.daemon().terminate(), 0);
  nodes.use_key('b');
  scene.daemon().start();
  EXPECT_THAT(scene.daemon().last_log(), HasSubstr("secrets_key"));
  comes_true("the node cannot be used", [&] { return text(nodes.node(id), "code") == "unauthenticated"; });
  EXPECT_EQ(scene.register_name("carol@example.test").status, 201);
  EXPECT_EQ(scene.daemon().terminate(), 0);
  nodes.use_key('a');
  scene.daemon().start();
  comes_true("the node can be used", [&] { return text(nodes.node(id), "reachable") == "yes"; });
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, KeepsWhatItNeedsOverReloads) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string id = nodes.add_bob();
  nodes.use_key('b');
  const auto other_key = scene.ctl({"reload"});
  EXPECT_NE(other_key.exit_code, 0);
  EXPECT_THAT(other_key.output + other_key.errors, HasSubstr("secrets_key"));
  nodes.use_key('a');
  nodes.write_added_nodes("");
  const auto nothing_added = scene.ctl({"reload"});
  EXPECT_NE(nothing_added.exit_code, 0);
  EXPECT_THAT(nothing_added.output + nothing_added.errors, HasSubstr("paynamectl nodes rm " + id));
  EXPECT_EQ(text(nodes.node(id), "reachable"), "yes");
  nodes.write_added_nodes("added_nodes = [\"*.example.com:3010\"]");
  EXPECT_EQ(scene.ctl({"reload"}).exit_code, 0) << "which may be added is no matter of those that are there";
  EXPECT_EQ(scene.ctl({"nodes", "rm", id}).exit_code, 0);
  nodes.write_added_nodes("");
  EXPECT_EQ(scene.ctl({"reload"}).exit_code, 0);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(AddedNode, IsAddedShownAndForgottenFromTheCommandLine) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  scene.daemon().start();
  const std::string rune = nodes.bob().write("rune", nodes.bob().rune() + "\n");
  const auto added = scene.ctl({"nodes", "add", nodes.bob().url(), "--instance", "cln", "--owner", "somebody",
                                "--secret", "rune=" + rune, "--secret", "ca=" + nodes.bob().ca()});
  EXPECT_EQ(added.exit_code, 0) << added.errors;
  EXPECT_THAT(added.output, HasSubstr(nodes.bob().id()));
  const auto listed = scene.ctl({"nodes"});
  EXPECT_THAT(listed.output, HasSubstr("receive_only"));
  std::string id;
  const json::object all = scene.get("/v1/nodes");
  for (const auto& each : all.at("items").as_array()) {
    if (text(each.as_object(), "kind") == "added") id = text(each.as_object(), "id");
  }
  EXPECT_EQ(scene.ctl({"nodes", "show", id}).exit_code, 0);
  EXPECT_EQ(scene.ctl({"nodes", "rm", id}).exit_code, 0);
  EXPECT_EQ(scene.ctl({"nodes", "show", id}).exit_code, 1);
  EXPECT_THAT(node_events(scene), testing::ElementsAre("node.added", "node.removed"));
  // Its place is free again.
  EXPECT_FALSE(nodes.add_bob().empty());
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

}  // namespace
}  // namespace paynamed::e2e
