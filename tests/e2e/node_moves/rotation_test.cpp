// Names whose offers end are rotated by themselves, with the true programs and short lives.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "tests/e2e/monitor/name_watch.hpp"
#include "tests/e2e/node_moves/watcher.hpp"

namespace paynamed::e2e {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

class Rotation : public NameWatch {
 protected:
  // The first offer of a name lives 70 minutes, and is to be replaced `before` its end by one without an end.
  static Parts ending(const std::string& before) {
    Parts parts = watched("2s");
    if (!before.empty()) parts.domain = fmt::format("rotate_before = \"{}\"", before);
    const auto step = [&](const std::string& id, const std::string& kind, const std::string& more = {}) {
      parts.pipelines +=
          fmt::format("[[pipelines.register.steps]]\nid = \"{}\"\ndo = \"{}\"\n{}\n", id, kind, more);
    };
    step("check", "domain.check");
    step("node", "node.provision", "with = \"node\"");
    step("offer", "offer.create", "with = \"node\"\nargs = { expires_in = \"4200s\" }");
    step("publish", "dns.publish");
    step("await", "dns.await");
    step("prove", "name.prove");
    return parts;
  }
};

TEST_F(Rotation, ComesByItselfBeforeTheOfferEnds) {
  const std::string name = "ending@example.test";
  // It is due eight seconds after it is made.
  Scene scene{lab(), ending("4192s")};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(name).status, 201);
  const json::object before = scene.get("/v1/names/" + name);
  RecordWatcher watcher{lab(), {name}, {scene.folder() / "sandbox.state"}};
  ASSERT_TRUE(comes_to_say(scene, name, "name.live", 2));
  ASSERT_TRUE(comes_to_say(scene, name, "run.completed", 2));
  watcher.stop();
  EXPECT_THAT(watcher.findings(), IsEmpty());
  const json::object after = scene.get("/v1/names/" + name);
  EXPECT_NE(text(after, "offer_id"), text(before, "offer_id"));
  EXPECT_EQ(text(after, "state"), "live");
  const json::object& old_offer = after.at("offers").as_array().back().as_object();
  EXPECT_EQ(text(old_offer, "offer_id"), text(before, "offer_id"));
  EXPECT_EQ(text(old_offer, "state"), "retired");
  EXPECT_EQ(text(old_offer, "retired_until"), text(old_offer, "expires"))
      << "it ends before retire_after is over";
  EXPECT_THAT(scene.event_types(name), Not(Contains("offer.expiring")));
  EXPECT_THAT(scene.send("GET", "/metrics").body,
              testing::HasSubstr("paynamed_monitor_rotations_total{result=\"begun\"} 1\n"));
}

TEST_F(Rotation, IsNotWhereNothingIsSaid) {
  Scene scene{lab(), ending({})};
  const auto checked =
      fakes::run_program({PAYNAMED_PROGRAM, "check", "--config", scene.config_file().string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
  EXPECT_THAT(checked.output + checked.errors, testing::HasSubstr("nobody rotates the names of this domain"));
  scene.daemon().start();
  const std::string name = "left@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  // As it was: said in time, for somebody to rotate it.
  ASSERT_TRUE(comes_to_say(scene, name, "offer.expiring"));
  EXPECT_EQ(count_of(scene, name, "name.live"), 1);
}

}  // namespace
}  // namespace paynamed::e2e
