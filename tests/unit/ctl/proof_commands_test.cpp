// What people and programs get of proofs.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/ctl/command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kBytes{"\x05\x00\n\xff\x1b[2J", 8};

class ProofCommands : public CommandTest {
 protected:
  std::filesystem::path file =
      std::filesystem::path{::testing::TempDir()} / ("proof-" + std::to_string(getpid()));

  void TearDown() override { std::filesystem::remove(file); }
  std::string written() const {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
};

TEST_F(ProofCommands, ProofIsJsonWhenNothingElseIsAskedFor) {
  style = {true, true, 20, true};
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--json"}, {"--format", "json"}}) {
    script.reply(200, R"({"name":"alice@example.test","chain":"BQA="})");
    std::vector<std::string> arguments{"proof", "alice@example.test"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_EQ(run(arguments), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("GET /v1/names/alice@example.test/proof?format=json"));
    EXPECT_EQ(out, "{\"name\":\"alice@example.test\",\"chain\":\"BQA=\"}\n");
  }
}

TEST_F(ProofCommands, BytesGoIntoAPipeAsTheyAre) {
  for (const std::string format : {"binary", "psbt"}) {
    script.reply(200, kBytes);
    EXPECT_EQ(run({"proof", "alice@example.test", "--format", format}), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("GET /v1/names/alice@example.test/proof?format=" + format));
    EXPECT_EQ(out, kBytes);
  }
}

TEST_F(ProofCommands, BytesAreNotWrittenToATerminal) {
  style = {false, false, 80, true};
  for (const std::string format : {"binary", "psbt"}) {
    EXPECT_EQ(run({"proof", "alice@example.test", "--format", format}), 2);
    EXPECT_THAT(err, HasSubstr("--output"));
    EXPECT_EQ(out, "");
    EXPECT_THAT(script.calls, IsEmpty());

    script.reply(200, kBytes);
    EXPECT_EQ(run({"proof", "alice@example.test", "--format", format, "--output", file.string()}), 0) << err;
    EXPECT_EQ(out, "");
    EXPECT_EQ(written(), kBytes);
  }
}

TEST_F(ProofCommands, OutputTakesJsonToo) {
  script.reply(200, R"({"chain":"BQA="})");
  EXPECT_EQ(run({"proof", "alice@example.test", "-o", file.string()}), 0) << err;
  EXPECT_EQ(written(), "{\"chain\":\"BQA=\"}\n");
}

TEST_F(ProofCommands, AFileThatCannotBeWrittenIsAnError) {
  script.reply(200, kBytes);
  EXPECT_EQ(run({"proof", "alice@example.test", "--format", "binary", "--output", "/nonexistent/file"}), 2);
  EXPECT_THAT(err, HasSubstr("/nonexistent/file"));
}

TEST_F(ProofCommands, ARefusalIsASentenceAndWritesNoFile) {
  for (const std::string format : {"json", "binary"}) {
    script.reply(409, R"({"detail":"it is not proven: it is pending","correlation_id":"c1"})");
    EXPECT_EQ(run({"proof", "alice@example.test", "--format", format, "--output", file.string()}), 1);
    EXPECT_EQ(err, "paynamectl: it is not proven: it is pending\ncorrelation id: c1\n");
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  EXPECT_EQ(run({"proof", "alice@example.test", "--format", "binary"}), 3) << "the script is over";
  EXPECT_EQ(run({"proof", "alice@example.test", "--format", "hex"}), 2);
}

TEST_F(ProofCommands, ResolveShowsWhatAWalletGets) {
  script.reply(
      200, R"({"name":"alice@example.test","uri":"bitcoin:?lno=lno1x","offers":["lno1x"],)"
           R"("warnings":[{"code":"in_currency","message":"wallets need a rate"}],)"
           R"("proof":{"chain":"BQA=","made":"t0","valid_from":"t1","expires":"t2","max_cache_ttl":60}})");
  style = {false, false, 20, true};
  EXPECT_EQ(run({"resolve", "alice", "--domain", "example.test"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/resolve/alice@example.test"));
  EXPECT_EQ(out,
            "WHAT              VALUE\n"
            "name              alice@example.test\n"
            "uri               bitcoin:?lno=lno1x\n"
            "offer             lno1x\n"
            "proven            t0\n"
            "valid from        t1\n"
            "expires           t2\n"
            "keep for at most  60 s\n"
            "\n"
            "WARNING      MEANING\n"
            "in_currency  wallets need a rate\n");
}

TEST_F(ProofCommands, ResolveCannotSteerTheTerminal) {
  script.reply(
      200, R"({"name":"a@b.test","uri":"bitcoin:?lno=\u001b[2J","offers":[7],"warnings":[null],"proof":[]})");
  EXPECT_EQ(run({"resolve", "a@b.test"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("bitcoin:?lno=?[2J"));
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
}

TEST_F(ProofCommands, ResolveSpeaksJson) {
  const std::string body = R"({"name":"alice@example.test","uri":"bitcoin:?lno=lno1x"})";
  script.reply(200, body);
  EXPECT_EQ(run({"resolve", "alice@example.test", "--json"}), 0) << err;
  EXPECT_EQ(out, body + "\n");
  script.reply(401, R"({"detail":"without a key only names of this daemon are proven"})");
  EXPECT_EQ(run({"resolve", "bob@elsewhere.example"}), 1);
  EXPECT_THAT(err, StartsWith("paynamectl: without a key"));
}

}  // namespace
}  // namespace paynamed::ctl
