// The proof of a name, from the first fetch to its end, judged by a program that shares nothing with us.
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/clock.hpp"
#include "names/proof/payment_proof.hpp"
#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kAlice = "alice@example.test";

std::string proof_target(const std::string& name) {
  return "/dnssecproof?d=" + owner_name(name) + "&t=txt";
}

class Proofs : public LabTest {
 protected:
  // The answer to somebody without a key.
  static fakes::HttpReply ask_openly(Scene& scene, const std::string& target) {
    return fakes::HttpClient{scene.daemon().port()}.send("GET", target);
  }

  // The verifier in Python, with the lab's anchor and no network.
  static fakes::Ended verify(const Scene& scene, const std::string& name, const std::string& bytes,
                             const std::vector<std::string>& options = {}) {
    const auto file = scene.folder() / "bytes";
    write_file(file, bytes);
    std::vector<std::string> words{PAYNAMED_SOURCE_DIR "/tests/e2e/verify_proof.py",
                                   name,
                                   file.string(),
                                   "--anchor",
                                   lab().anchor_file().string(),
                                   "--grace",
                                   "0"};
    words.insert(words.end(), options.begin(), options.end());
    return fakes::run_program(std::move(words), {}, std::chrono::seconds{120});
  }

  static std::string value_of(const Scene& scene, const std::string& name) {
    return text(scene.get("/v1/names/" + name), "value");
  }
};

std::string base64_of(const std::filesystem::path& file) {
  return fakes::run_program({"base64", "-w0", file.string()}).output;
}

TEST_F(Proofs, OfALiveNameAreTheSameInEveryFormAndAnotherProgramAcceptsThem) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(kAlice).status, 201);
  const std::string valid = "valid " + value_of(scene, kAlice) + "\n";

  const auto binary = scene.send("GET", "/v1/names/" + kAlice + "/proof?format=binary");
  ASSERT_EQ(binary.status, 200) << binary.body;
  EXPECT_EQ(binary.header("content-type"), "application/octet-stream");
  const auto verdict = verify(scene, kAlice, binary.body, {"--details"});
  EXPECT_EQ(verdict.exit_code, 0) << verdict.errors;
  EXPECT_THAT(verdict.output, StartsWith(valid));

  const json::object shown = scene.get("/v1/names/" + kAlice + "/proof");
  EXPECT_EQ(text(shown, "chain"), base64_of(scene.folder() / "bytes"));
  EXPECT_THAT(verdict.output,
              HasSubstr("max_cache_ttl=" + json::serialize(shown.at("max_cache_ttl")) + "\n"));
  const auto seconds = [&](const char* member) {
    const auto time = base::from_rfc3339(text(shown, member));
    return time ? std::to_string(
                      std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count())
                : "no time";
  };
  EXPECT_THAT(verdict.output,
              HasSubstr("valid_from=" + seconds("valid_from") + " expires=" + seconds("expires") + " "));

  const auto psbt = scene.send("GET", "/v1/names/" + kAlice + "/proof?format=psbt");
  EXPECT_EQ(verify(scene, kAlice, psbt.body, {"--psbt"}).output, valid);
  EXPECT_EQ(text(shown, "psbt_dnssec_proof"), base64_of(scene.folder() / "bytes"));

  const auto open = ask_openly(scene, proof_target(kAlice));
  EXPECT_EQ(open.status, 200) << open.body;
  EXPECT_EQ(open.body, binary.body);
  EXPECT_EQ(open.header("access-control-allow-origin"), "*");
  EXPECT_THAT(open.header("cache-control"), ContainsRegex("^public, max-age=[1-6]?[0-9]$"));
  const auto resolved = ask_openly(scene, "/v1/resolve/" + kAlice);
  ASSERT_EQ(resolved.status, 200) << resolved.body;
  EXPECT_EQ(text(resolved.json().as_object(), "uri"), value_of(scene, kAlice));
  EXPECT_EQ(text(resolved.json().at("proof").as_object(), "chain"), text(shown, "chain"));

  const auto file = scene.folder() / "alice.proof";
  const auto fetched = scene.ctl({"proof", kAlice, "--format", "binary", "--output", file.string()});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.errors;
  EXPECT_EQ(read_file(file), binary.body);
  EXPECT_THAT(scene.ctl({"resolve", kAlice}).output, HasSubstr(value_of(scene, kAlice) + "\n"));

  const auto delv =
      fakes::run_program({"delv", "@127.0.0.1", "-p", std::to_string(lab().port()), "-a",
                          lab().delv_anchor_file().string(), "+root=.", owner_name(kAlice), "TXT"});
  EXPECT_THAT(delv.output, HasSubstr("fully validated")) << delv.errors;
}

// The number after a word of a text; -1 when there is none.
int number_after(const std::string& text, const std::string& word) {
  int number = -1;
  if (const std::size_t at = text.find(word); at != text.npos)
    std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
  return number;
}

TEST_F(Proofs, WithAnyByteChangedAreRefusedByBothVerifiers) {
  Scene scene{lab()};
  scene.daemon().start();
  // Alice is taken: the lab still has her record.
  const std::string name = "erin@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string chain = scene.send("GET", "/v1/names/" + name + "/proof?format=binary").body;
  const auto judged = verify(scene, name, chain, {"--tamper"});
  EXPECT_EQ(judged.exit_code, 0) << judged.output << judged.errors;
  EXPECT_THAT(judged.output, HasSubstr(", 0 wrong,"));
  RecordProperty("tamper", judged.output.substr(judged.output.rfind("tamper:")));

  // Our own verifier refuses as many of the same changes, and those that it takes change nothing.
  const auto anchors = names::read_trust_anchors(lab().anchor_file());
  ASSERT_TRUE(anchors);
  base::SystemClock clock;
  names::ChainOptions options;
  options.now = clock.wall();
  std::vector<std::uint8_t> bytes(chain.begin(), chain.end());
  const auto whole = names::verify_payment_proof(bytes, owner_name(name), *anchors, options);
  ASSERT_TRUE(whole) << whole.error().message();
  int refused = 0;
  int harmless = 0;
  for (std::uint8_t& byte : bytes) {
    for (const unsigned mask : {0x01U, 0x20U, 0x80U, 0xffU}) {
      byte = static_cast<std::uint8_t>(byte ^ mask);
      const auto proof = names::verify_payment_proof(bytes, owner_name(name), *anchors, options);
      byte = static_cast<std::uint8_t>(byte ^ mask);
      ++(proof ? harmless : refused);
      if (proof) {
        EXPECT_EQ(proof->uri, whole->uri);
      }
    }
  }
  EXPECT_EQ(refused, number_after(judged.output, " bytes, "));
  EXPECT_EQ(harmless, number_after(judged.output, " changes refused, "));
}

TEST_F(Proofs, AreOfTheNewValueAfterAChange) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string name = "bob@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string first = value_of(scene, name);
  const auto expect_proof_of_now = [&] {
    const std::string valid = "valid " + value_of(scene, name) + "\n";
    EXPECT_EQ(
        verify(scene, name, scene.send("GET", "/v1/names/" + name + "/proof?format=binary").body).output,
        valid);
    EXPECT_EQ(verify(scene, name, ask_openly(scene, proof_target(name)).body).output, valid);
  };
  expect_proof_of_now();
  ASSERT_EQ(scene.send("POST", "/v1/names/" + name + "/rotate", {}, {{"Prefer", "wait=30"}}).status, 200);
  EXPECT_NE(value_of(scene, name), first);
  expect_proof_of_now();
  const auto set = scene.send("PUT", "/v1/names/" + name + "/source", R"({"uri":")" + first + "\"}",
                              {{"Prefer", "wait=30"}});
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(value_of(scene, name), first);
  expect_proof_of_now();
}

TEST_F(Proofs, GoWithTheName) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string name = "carol@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  ASSERT_EQ(ask_openly(scene, proof_target(name)).status, 200);
  ASSERT_EQ(scene.send("DELETE", "/v1/names/" + name, {}, {{"Prefer", "wait=30"}}).status, 200);
  for (const std::string& target : {proof_target(name), "/v1/resolve/" + name}) {
    const auto reply = ask_openly(scene, target);
    EXPECT_EQ(reply.status, 404) << target << ": " << reply.body;
    EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  }
  const auto reply = scene.send("GET", "/v1/names/" + name + "/proof");
  EXPECT_EQ(reply.status, 404) << reply.body;
}

TEST_F(Proofs, SurviveARestart) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string name = "dora@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string before = ask_openly(scene, proof_target(name)).body;
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  EXPECT_EQ(ask_openly(scene, proof_target(name)).body, before);
  const auto verdict = verify(scene, name, before);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
}

TEST_F(Proofs, OfOthersNeedAKeyAndAPlaceInThePublicTree) {
  Scene scene{lab()};
  scene.daemon().start();
  struct Case {
    std::string name;
    int openly;
    int with_key;
  };
  // None of these reaches a server: the last two are refused by what the name says.
  for (const Case& c : std::vector<Case>{{"nobody@example.test", 404, 404},
                                         {"bob@somewhere.onion", 401, 422},
                                         {"bob@printer.local", 401, 422},
                                         {"bob@elsewhere.test", 401, 422}}) {
    for (const std::string& target : {proof_target(c.name), "/v1/resolve/" + c.name}) {
      const auto open = ask_openly(scene, target);
      EXPECT_EQ(open.status, c.openly) << target << ": " << open.body;
      const auto keyed = scene.send("GET", target);
      EXPECT_EQ(keyed.status, c.with_key) << target << ": " << keyed.body;
    }
  }
  EXPECT_EQ(ask_openly(scene, "/dnssecproof?d=bob@elsewhere.example&t=txt").status / 100, 4);
  EXPECT_EQ(ask_openly(scene, "/v1/names/" + kAlice + "/proof").status, 401);
}

}  // namespace
}  // namespace paynamed::e2e
