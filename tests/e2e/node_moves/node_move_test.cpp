// Names go from one node to another, with the true programs: while a reader looks at their records without
// pause, when the new node fails, and when the daemon is killed in the middle.
#include <fmt/format.h>
#include <signal.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "base/time.hpp"
#include "tests/e2e/daemon/scene.hpp"
#include "tests/e2e/node_moves/watcher.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NodeMove : public LabTest {
 protected:
  // Two sandboxes, and a third one that makes no offers.
  static Parts two_nodes() {
    Parts parts;
    parts.daemon = "default_node = \"node\"";
    parts.tables = R"(
[plugins.node2]
module = "sandbox"
key_file = "node2.key"
state_file = "node2.state"
[plugins.failing]
module = "sandbox"
key_file = "failing.key"
state_file = "failing.state"
faults = { CreateOffer = { code = "FAILED_PRECONDITION", times = 1000000 } }
)";
    return parts;
  }
  // The modules' files lie where the daemon works.
  static std::string in(const Scene& scene, const std::string& file) {
    return (scene.folder() / file).string();
  }
  static Parts placed(const Scene& scene) {
    Parts parts = two_nodes();
    for (const char* file : {"node2.key", "node2.state", "failing.key", "failing.state"}) {
      const std::string quoted = fmt::format("\"{}\"", file);
      parts.tables.replace(parts.tables.find(quoted), quoted.size(), fmt::format("\"{}\"", in(scene, file)));
    }
    return parts;
  }
  static std::vector<std::string> register_many(Scene& scene, const std::string& prefix, int count) {
    std::vector<std::string> names;
    std::string rows = "name\n";
    for (int i = 0; i < count; ++i) {
      names.push_back(fmt::format("{}{}@example.test", prefix, i));
      rows += names.back() + "\n";
    }
    const std::string file = in(scene, prefix + ".csv");
    write_file(file, rows);
    const auto ended = scene.ctl({"register", "--from", file});
    EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.errors;
    return names;
  }
  static json::object source_of(const Scene& scene, const std::string& name) {
    return scene.get("/v1/names/" + name).at("source").as_object();
  }
  static std::vector<std::filesystem::path> ledgers(const Scene& scene) {
    return {scene.folder() / "sandbox.state", scene.folder() / "node2.state"};
  }
  static std::size_t moved(const Scene& scene) {
    std::set<std::string> moves;
    std::size_t completed = 0;
    for (const json::object& event : scene.events()) {
      const std::string type = text(event, "type");
      if (type == "run.accepted" && text(event.at("data").as_object(), "verb") == "set_source")
        moves.insert(text(event, "run"));
      if (type == "run.completed" && moves.contains(text(event, "run"))) ++completed;
    }
    return completed;
  }
  // Each name is live at node2 by an offer of its own; the one before is retired with its date and enabled.
  static void expect_all_at_node2(const Scene& scene, const std::vector<std::string>& names) {
    const auto old_offers = offers_in(scene.folder() / "sandbox.state");
    const auto new_offers = offers_in(scene.folder() / "node2.state");
    EXPECT_EQ(new_offers.size(), names.size()) << "one offer each";
    for (const auto& [id, offer] : old_offers) EXPECT_TRUE(offer.active) << offer.issuer;
    for (const std::string& name : names) {
      const json::object row = scene.get("/v1/names/" + name);
      EXPECT_EQ(text(row, "state"), "live") << name;
      EXPECT_EQ(text(row.at("source").as_object(), "instance"), "node2") << name;
      EXPECT_THAT(txt_at(lab(), lab().addresses().front(), name), ElementsAre(text(row, "value")));
      EXPECT_TRUE(new_offers.at(text(row, "offer_id")).active);
      EXPECT_EQ(new_offers.at(text(row, "offer_id")).issuer, name);
      EXPECT_THAT(scene.offer_states(name), ElementsAre("active", "retired")) << name;
      const json::object& old_offer = row.at("offers").as_array().back().as_object();
      const auto until = base::from_rfc3339(text(old_offer, "retired_until"));
      ASSERT_TRUE(until) << name;
      const auto left =
          *until - std::chrono::time_point_cast<base::WallTime::duration>(std::chrono::system_clock::now());
      EXPECT_GT(left, std::chrono::hours{24 * 29}) << "retire_after is 30 days";
    }
  }
};

TEST_F(NodeMove, ManyNamesMoveAndEachCanBePaidAtEveryMoment) {
  Scene scene{lab()};
  scene.write_config(placed(scene));
  scene.daemon().start();
  const auto names = register_many(scene, "many", 25);
  const auto refused = scene.ctl({"names", "move", "--to-node", "node2", "--domain", "example.test"});
  EXPECT_EQ(refused.exit_code, 2) << "nobody can be asked: " << refused.errors;
  const auto planned =
      scene.ctl({"names", "move", "--to-node", "node2", "--domain", "example.test", "--dry-run"});
  EXPECT_EQ(planned.exit_code, 0) << planned.errors;
  EXPECT_THAT(planned.output, HasSubstr("25 names move to 'node2'"));
  EXPECT_EQ(moved(scene), 0U);

  RecordWatcher watcher{lab(), names, ledgers(scene)};
  const auto ended = scene.ctl({"names", "move", "--to-node", "node2", "--domain", "example.test", "--yes"});
  watcher.stop();
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("25 of 25 moved"));
  EXPECT_THAT(watcher.findings(), IsEmpty());
  EXPECT_GT(watcher.looks(), names.size());
  for (const std::string& name : names)
    EXPECT_LE(watcher.seen(name).size(), 2U) << "the old one, then the new";
  expect_all_at_node2(scene, names);

  const auto again = scene.ctl({"names", "move", "--to-node", "node2", "--domain", "example.test", "--yes"});
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("25 names were at 'node2' already"));
  EXPECT_EQ(moved(scene), 25U);
}

TEST_F(NodeMove, ANewNodeThatFailsLeavesEveryNameWhereItWas) {
  Scene scene{lab()};
  scene.write_config(placed(scene));
  scene.daemon().start();
  const auto names = register_many(scene, "stays", 5);
  std::map<std::string, std::string> values;
  for (const std::string& name : names) values[name] = text(scene.get("/v1/names/" + name), "value");
  RecordWatcher watcher{lab(), names, ledgers(scene)};
  const auto ended =
      scene.ctl({"names", "move", "--to-node", "failing", "--domain", "example.test", "--yes"});
  watcher.stop();
  EXPECT_EQ(ended.exit_code, 4) << ended.output << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("0 of 5 moved"));
  EXPECT_THAT(ended.output, HasSubstr("plans this fault of CreateOffer"));
  EXPECT_THAT(watcher.findings(), IsEmpty());
  for (const std::string& name : names) {
    EXPECT_EQ(text(source_of(scene, name), "instance"), "node");
    EXPECT_EQ(text(scene.get("/v1/names/" + name), "state"), "live");
    EXPECT_THAT(watcher.seen(name), ElementsAre(values[name]));
    EXPECT_THAT(scene.offer_states(name), ElementsAre("active"));
  }
  EXPECT_THAT(offers_in(scene.folder() / "failing.state"), IsEmpty());

  const auto wrong = scene.ctl({"names", "move", "--to-node", "zone", "--domain", "example.test", "--yes"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("there are: failing, node, node2"));
  const auto put = scene.send("PUT", "/v1/names/" + names.front() + "/source", R"({"instance":"zone"})");
  EXPECT_EQ(put.status, 422) << put.body;
}

TEST_F(NodeMove, ADaemonThatIsKilledInTheMiddleGoesOnAndTheSameCommandEndsIt) {
  Scene scene{lab()};
  scene.write_config(placed(scene));
  scene.daemon().start();
  const auto names = register_many(scene, "killed", 40);
  RecordWatcher watcher{lab(), names, ledgers(scene)};
  for (const std::size_t goal : {5U, 15U}) {
    fakes::Child client{
        {PAYNAMECTL_PROGRAM, "--url", fmt::format("http://127.0.0.1:{}", scene.daemon().port()), "names",
         "move", "--to-node", "node2", "--domain", "example.test", "--yes", "--in-flight", "10",
         "--concurrency", "2"},
        {"PAYNAMED_API_KEY=" + scene.api_key()}};
    while (moved(scene) < goal && !client.wait(5ms)) {
    }
    scene.daemon().kill();
    client.signal(SIGKILL);
    client.wait(10s);
    scene.daemon().start();
  }
  const auto ended = scene.ctl({"names", "move", "--to-node", "node2", "--domain", "example.test", "--yes"});
  watcher.stop();
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.errors;
  EXPECT_THAT(watcher.findings(), IsEmpty());
  expect_all_at_node2(scene, names);
  EXPECT_EQ(moved(scene), names.size()) << "each once";
}

}  // namespace
}  // namespace paynamed::e2e
