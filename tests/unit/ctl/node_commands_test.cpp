// Nodes on the command line: secrets come from files.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kNode =
    R"({"id":"01890000-0000-7000-8000-000000000001","kind":"added","instance":"node","reference":"https://a:1",)"
    R"("owner":"o1","reachable":"yes","custody":"receive_only","looked":"2026-11-23T11:59:00.000Z",)"
    R"("receivable":{"state":"no","reason":"it is full","as_of":null,"max_msat":null},"explanation":"it is full"})";

class NodeCommands : public CommandTest {
 protected:
  ~NodeCommands() override { std::filesystem::remove(file); }
  void write(const std::string& text) { std::ofstream(file, std::ios::binary) << text; }
  std::string file = ::testing::TempDir() + "paynamectl-rune-" + std::to_string(::getpid());
};

TEST_F(NodeCommands, AreListed) {
  script.reply(200, R"({"items":[)" + kNode + R"(],"next":null})");
  EXPECT_EQ(run({"nodes"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre(HasSubstr("GET /v1/nodes?")));
  EXPECT_THAT(out, HasSubstr("receive_only"));
  EXPECT_THAT(out, HasSubstr("it is full"));
  script.reply(200, R"({"items":[)" + kNode + R"(],"next":null})");
  EXPECT_EQ(run({"nodes", "--json"}), 0);
  EXPECT_THAT(out, HasSubstr("\"items\""));
}

TEST_F(NodeCommands, OneIsShownAndForgotten) {
  script.reply(200, kNode);
  EXPECT_EQ(run({"nodes", "show", "01890000-0000-7000-8000-000000000001"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("receivable      no: it is full\n"));
  script.reply(409, R"({"detail":"2 names use it","correlation_id":"c"})");
  EXPECT_EQ(run({"nodes", "rm", "01890000-0000-7000-8000-000000000001"}), 1);
  EXPECT_THAT(script.lines(), ElementsAre("DELETE /v1/nodes/01890000-0000-7000-8000-000000000001"));
  EXPECT_THAT(err, HasSubstr("2 names use it"));
}

TEST_F(NodeCommands, SecretsAreReadFromFiles) {
  write("the-rune\n");
  script.reply(201, kNode);
  EXPECT_EQ(
      run({"nodes", "add", "https://a:1", "--instance", "node", "--owner", "o1", "--secret", "rune=" + file}),
      0)
      << err;
  ASSERT_EQ(script.calls.size(), 1U);
  EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "POST /v1/nodes");
  EXPECT_EQ(script.calls[0].body,
            R"({"instance":"node","address":"https://a:1","owner":"o1","secrets":{"rune":"the-rune"}})");
  EXPECT_THAT(out, Not(HasSubstr("the-rune")));
}

TEST_F(NodeCommands, OtherSecretsAreReadFromFilesToo) {
  write("the-rune\n");
  script.reply(200, kNode);
  const std::string id = "01890000-0000-7000-8000-000000000001";
  EXPECT_EQ(run({"nodes", "credentials", id, "--secret", "rune=" + file}), 0) << err;
  ASSERT_EQ(script.calls.size(), 1U);
  EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "PUT /v1/nodes/" + id + "/credentials");
  EXPECT_EQ(script.calls[0].body, R"({"secrets":{"rune":"the-rune"}})");
  EXPECT_THAT(out, Not(HasSubstr("the-rune")));
  EXPECT_EQ(run({"nodes", "credentials", id, "--secret", "rune=" + file + "-absent"}), 2);
  EXPECT_EQ(run({"nodes", "credentials", id}), 2);
}

TEST_F(NodeCommands, ASecretThatIsNotThereIsAMistakeAndNothingIsSent) {
  for (const std::string& bad : {std::string("rune"), std::string("=x"), "rune=" + file + "-absent"}) {
    EXPECT_EQ(run({"nodes", "add", "https://a:1", "--instance", "node", "--secret", bad}), 2) << bad;
    EXPECT_TRUE(script.calls.empty());
  }
  write("");
  EXPECT_EQ(run({"nodes", "add", "https://a:1", "--instance", "node", "--secret", "rune=" + file}), 2);
}

}  // namespace
}  // namespace paynamed::ctl
