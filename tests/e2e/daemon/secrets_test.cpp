// Secrets are read, used and never written down.
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class Secrets : public LabTest {
 protected:
  void TearDown() override { lab().restore_secret(); }
};

TEST_F(Secrets, AreInNoLogNoAnswerAndNotInTheState) {
  for (const char* format : {"text", "json"}) {
    Parts parts;
    parts.log = std::string{"level = \"trace\"\nformat = \""} + format + "\"";
    Scene scene{lab(), parts};
    scene.daemon().start();
    // All that is likely to speak of the key: a success, a refusal by the server, a refusal of a caller.
    EXPECT_EQ(scene.register_name(std::string{"alice"} + format + "@example.test").status, 201);
    lab().set_secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    const auto refused = scene.register_name("bob@example.test");
    lab().restore_secret();
    const fakes::HttpClient stranger{scene.daemon().port(), scene.api_key() + "x"};
    EXPECT_EQ(stranger.send("GET", "/v1/names").status, 401);
    EXPECT_EQ(scene.send("GET", "/v1/names?key=" + scene.api_key()).status, 400);
    std::string said = refused.body;
    for (const char* target : {"/v1/plugins", "/v1/runs", "/v1/events", "/readyz", "/metrics"})
      said += scene.send("GET", target).body;
    EXPECT_EQ(scene.daemon().terminate(), 0);
    const std::string log = scene.daemon().log();
    EXPECT_GT(log.size(), 1000U) << "this is not the log of level trace:\n" << log;
    for (const std::string& secret : {scene.api_key(), lab().tsig_secret()}) {
      EXPECT_THAT(said, Not(HasSubstr(secret)));
      EXPECT_THAT(log, Not(HasSubstr(secret)));
      for (const auto& entry : std::filesystem::directory_iterator{scene.folder()}) {
        if (entry.path().filename() == "api.key") continue;
        EXPECT_THAT(read_file(entry.path()), Not(HasSubstr(secret))) << entry.path();
      }
    }
  }
}

TEST_F(Secrets, ThatAreNotReadableAreNamedByTheirPlace) {
  Scene scene{lab()};
  std::filesystem::remove(scene.folder() / "api.key");
  scene.daemon().start();
  EXPECT_THAT(scene.daemon().log(), HasSubstr("api.key"));
  EXPECT_EQ(scene.send("GET", "/v1/names").status, 401);
  // A key that comes later counts without a restart.
  write_file(scene.folder() / "api.key", scene.api_key() + "\n");
  std::filesystem::permissions(scene.folder() / "api.key", std::filesystem::perms::owner_read);
  int status = 0;
  for (int i = 0; i < 100 && status != 200; ++i) {
    status = scene.send("GET", "/v1/names").status;
    if (status != 200) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace paynamed::e2e
