// Runes, private keys and certificates are in no log, event, answer, error or file of the daemon, whatever
// happens to the nodes; and the search for them finds one that is there.
#include <boost/json/serialize.hpp>
#include <fstream>
#include <set>

#include "tests/e2e/nodes/leak_search.hpp"
#include "tests/e2e/nodes/nodes_scene.hpp"

namespace paynamed::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::IsEmpty;
using testing::Not;

// Files that hold secrets because the operator put them there.
const std::set<std::string> kSecretFiles{"api.key", "secrets.key", "sandbox.key"};

class Leaks : public LabTest {
 protected:
  static LeakSearch search_for(NodesScene& nodes) {
    LeakSearch search;
    for (const auto& [name, node] : {std::pair{"carol", &nodes.carol()}, std::pair{"bob", &nodes.bob()}}) {
      const std::string of = std::string(" of ") + name;
      search.add_rune("the rune" + of, node->rune());
      search.add_rune("the wrong rune" + of, node->foreign_rune());
      const fs::path folder = fs::path(node->ca()).parent_path();
      for (const char* file :
           {"ca.pem", "ca-key.pem", "server.pem", "server-key.pem", "client.pem", "client-key.pem"})
        search.add_pem(file + of, read_file(folder / file));
    }
    search.add_text("the sealing key", std::string(64, 'a'));
    return search;
  }

  // All that the daemon wrote and said.
  static std::vector<std::string> leaks_in(NodesScene& nodes, const LeakSearch& search,
                                           const std::string& answers) {
    Scene& scene = nodes.scene();
    auto found = search.found_in("the answers", answers);
    const auto more = [&](const std::string& where, const std::string& bytes) {
      for (std::string& each : search.found_in(where, bytes)) found.push_back(std::move(each));
    };
    more("the log", scene.daemon().log());
    for (const auto& entry : fs::recursive_directory_iterator{scene.folder()}) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && !kSecretFiles.contains(name)) more(name, read_file(entry.path()));
    }
    return found;
  }

  static std::string all_answers(const Scene& scene) {
    std::string said;
    for (const char* target : {"/v1/nodes", "/v1/names", "/v1/plugins", "/v1/runs?limit=500",
                               "/v1/events?limit=1000", "/readyz", "/healthz", "/metrics", "/v1/domains"})
      said += scene.send("GET", target).body;
    const json::object runs = scene.get("/v1/runs?limit=500");
    for (const auto& run : runs.at("items").as_array())
      said += scene.send("GET", "/v1/runs/" + text(run.as_object(), "id")).body;
    const json::object names = scene.get("/v1/names");
    for (const auto& name : names.at("items").as_array())
      said += scene.send("GET", "/v1/names/" + text(name.as_object(), "name")).body;
    return said;
  }
};

TEST_F(Leaks, ThereAreNoneWhateverHappensToTheNodes) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  const LeakSearch search = search_for(nodes);
  scene.daemon().start();
  std::string said;
  const auto send = [&](const std::string& method, const std::string& target, const std::string& body = {},
                        const fakes::HttpClient::Headers& headers = {}) {
    const auto reply = scene.send(method, target, body, headers);
    said += reply.body;
    for (const auto& [name, value] : reply.headers) said += name + ": " + value + "\n";
    return reply;
  };
  const auto registered = [&](const std::string& name, const std::string& source) {
    const auto reply = scene.register_name(name, "somebody", source);
    said += reply.body;
    return reply.status;
  };

  // Additions that are refused, repeated, misspelt and good.
  EXPECT_EQ(send("POST", "/v1/nodes", nodes.request(nodes.bob().foreign_rune())).status, 422);
  auto misspelt = nodes.request(nodes.bob().rune());
  misspelt.replace(misspelt.find("\"secrets\""), 9, "\"secretz\"");
  EXPECT_EQ(send("POST", "/v1/nodes", misspelt).status, 400);
  EXPECT_EQ(send("POST", "/v1/nodes", nodes.request(nodes.bob().rune()).substr(1)).status, 400);
  const std::string good = nodes.request(nodes.bob().rune());
  nodes.bob().order({{"method", "getinfo"}, {"kind", "garbage"}});
  EXPECT_EQ(send("POST", "/v1/nodes", good, {{"Idempotency-Key", "k"}}).status, 422);
  const auto added = send("POST", "/v1/nodes", good, {{"Idempotency-Key", "k"}});
  ASSERT_EQ(added.status, 201) << added.body;
  EXPECT_EQ(send("POST", "/v1/nodes", good, {{"Idempotency-Key", "k"}}).status, 201);
  EXPECT_EQ(send("POST", "/v1/nodes", nodes.request(nodes.bob().rune(), "other"), {{"Idempotency-Key", "k"}})
                .status,
            422);
  const std::string id = text(added.json().as_object(), "id");
  const std::string on_bob = json::serialize(json::object{{"node", id}});

  // Names on both, with every kind of fault, and nodes that say the rune back.
  EXPECT_EQ(registered("one@example.test", on_bob), 201);
  EXPECT_EQ(registered("two@example.test", R"({"node": true})"), 201);
  for (const char* kind : {"reset", "lose_reply", "garbage", "duplicate"}) {
    for (fakes::FakeCln* node : {&nodes.carol(), &nodes.bob()})
      node->order({{"method", "offer"}, {"kind", kind}});
    EXPECT_EQ(registered(std::string("three") + kind[0] + kind[1] + "@example.test", on_bob), 201);
    EXPECT_EQ(registered(std::string("four") + kind[0] + kind[1] + "@example.test", R"({"node": true})"),
              201);
  }
  for (fakes::FakeCln* node : {&nodes.carol(), &nodes.bob()}) {
    node->order({{"method", "offer"},
                 {"kind", "error"},
                 {"code", -32602},
                 {"message", "your rune is " + node->rune() + "\nand " + node->rune()}});
  }
  registered("five@example.test", on_bob);
  registered("six@example.test", R"({"node": true})");
  for (fakes::FakeCln* node : {&nodes.carol(), &nodes.bob()})
    node->control("set", {{"revoked_runes", json::array{node->rune()}}});
  comes_true("the node is lost", [&] { return text(nodes.node(id), "code") == "unauthenticated"; });
  registered("seven@example.test", on_bob);
  const auto credentials = [&](const std::string& rune) {
    const json::object secrets{{"rune", rune}, {"ca", read_file(nodes.bob().ca())}};
    return send("PUT", "/v1/nodes/" + id + "/credentials",
                json::serialize(json::object{{"secrets", secrets}}))
        .status;
  };
  EXPECT_EQ(credentials(nodes.bob().foreign_rune()), 422);
  EXPECT_EQ(credentials(nodes.bob().rune()), 422);
  said += all_answers(scene);
  for (fakes::FakeCln* node : {&nodes.carol(), &nodes.bob()})
    node->control("set", {{"revoked_runes", json::array{}}});
  EXPECT_EQ(credentials(nodes.bob().rune()), 200);
  comes_true("the node is back", [&] { return text(nodes.node(id), "reachable") == "yes"; });
  send("POST", "/v1/names/one@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  send("DELETE", "/v1/nodes/" + id);

  // The same over the node's other doors.
  for (const std::string instance : {"socket", "grpc"}) {
    nodes.use_instance(instance);
    EXPECT_EQ(registered(instance + "@example.test", R"({"node": true})"), 201);
    nodes.carol().order({{"method", "offer"}, {"kind", "lose_reply"}});
    EXPECT_EQ(registered(instance + "-lost@example.test", R"({"node": true})"), 201);
    nodes.carol().order({{"method", "offer"},
                         {"kind", "error"},
                         {"code", -32602},
                         {"message", "your key is " + read_file(nodes.carol().pem("client-key"))}});
    registered(instance + "-refused@example.test", R"({"node": true})");
  }
  said += all_answers(scene);

  // What is on the disk while it runs, after a crash, and after a stop.
  EXPECT_THAT(leaks_in(nodes, search, said), IsEmpty());
  scene.daemon().kill();
  scene.daemon().start();
  comes_true("the node is there", [&] { return text(nodes.node(id), "reachable") == "yes"; });
  said += all_answers(scene);
  EXPECT_EQ(scene.daemon().terminate(), 0);
  EXPECT_GT(scene.daemon().log().size(), 10'000U) << "this is not the log of level trace";
  EXPECT_THAT(leaks_in(nodes, search, said), IsEmpty());
}

TEST_F(Leaks, OneThatIsPlantedIsFoundEverywhere) {
  NodesScene nodes{lab()};
  Scene& scene = nodes.scene();
  const LeakSearch search = search_for(nodes);
  scene.daemon().start();
  // A caller who writes a rune where it is no secret: it is an event, in answers and in the state file. The
  // daemon never read this one, so it does not hide it in the log either.
  const std::string body =
      json::serialize(json::object{{"name", "planted@example.test"},
                                   {"owner", "somebody"},
                                   {"reference", nodes.bob().foreign_rune().substr(0, 200)}});
  const auto reply = scene.send("POST", "/v1/names", body, {{"Prefer", "wait=30"}});
  ASSERT_EQ(reply.status, 201) << reply.body;
  const std::string answers = all_answers(scene);
  EXPECT_THAT(search.found_in("the answers", answers), Not(IsEmpty()));
  EXPECT_EQ(scene.daemon().terminate(), 0);
  bool in_state = false;
  for (const std::string& each : leaks_in(nodes, search, {}))
    in_state = in_state || each == "the first half of the wrong rune of bob in state.sqlite3";
  EXPECT_TRUE(in_state);
}

TEST_F(Leaks, EveryFormIsFoundInTheMiddleOfOtherBytes) {
  NodesScene nodes{lab()};
  const LeakSearch search = search_for(nodes);
  EXPECT_GT(search.forms().size(), 100U);
  for (const LeakSearch::Form& form : search.forms()) {
    const std::string page = std::string(1'000, '\0') + "text " + form.bytes + std::string(1'000, 'x');
    EXPECT_THAT(search.found_in("a page", page), testing::Contains(form.name + " in a page"));
  }
  EXPECT_THAT(search.found_in("a page", std::string(10'000, 'x')), IsEmpty());
}

}  // namespace
}  // namespace paynamed::e2e
