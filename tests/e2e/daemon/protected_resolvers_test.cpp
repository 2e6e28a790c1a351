// Resolvers over TLS and HTTPS, with dnsdist between the daemon and the lab's server.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/dns/dnsdist.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class ProtectedResolvers : public LabTest {
 protected:
  static void SetUpTestSuite() {
    LabTest::SetUpTestSuite();
    authority_ = std::make_unique<fakes::TlsAuthority>();
    front_ = std::make_unique<fakes::Dnsdist>(fmt::format("{}:{}", lab().addresses().front(), lab().port()),
                                              authority_->issue({"DNS:dns.example"}));
    folder_ = std::make_unique<TemporaryFolder>();
    authority_->write_certificate(ca_file());
  }
  static void TearDownTestSuite() {
    front_.reset();
    folder_.reset();
    LabTest::TearDownTestSuite();
  }
  static std::filesystem::path ca_file() { return folder_->path() / "ca.pem"; }
  static fakes::Dnsdist& front() { return *front_; }

  static std::string over_tls(const std::string& name = "dns.example") {
    return fmt::format("tls://127.0.0.1:{}#{}", front_->tls_port(), name);
  }
  static std::string over_https() {
    return fmt::format("https://127.0.0.1:{}/dns-query#dns.example", front_->https_port());
  }
  // Both, and whom they are signed by.
  static Parts with_resolvers(const std::vector<std::string>& resolvers, const std::string& more = {}) {
    Parts parts;
    for (const auto& each : resolvers)
      parts.dns += fmt::format("{}\"{}\"", parts.dns.empty() ? "" : ", ", each);
    parts.dns = fmt::format("resolvers = [{}]\n{}", parts.dns, more);
    parts.tables = fmt::format("[tls]\nca_file = \"{}\"\n", ca_file().string());
    parts.pipelines = register_pipeline({}, "args = { poll = \"100ms\" }\n");
    return parts;
  }
  static std::vector<std::string> verdicts(const json::object& await) {
    std::vector<std::string> all;
    for (const auto& each : await.at("outputs").at("resolvers").as_array())
      all.push_back(text(each.as_object(), "resolver") + " " + text(each.as_object(), "verdict"));
    return all;
  }

 private:
  static inline std::unique_ptr<fakes::TlsAuthority> authority_;
  static inline std::unique_ptr<fakes::Dnsdist> front_;
  static inline std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(ProtectedResolvers, ANameIsLiveWhenBothKindsHaveIt) {
  Scene scene{lab(), with_resolvers({over_tls(), over_https()})};
  scene.daemon().start();
  const auto reply = scene.register_name("alice@example.test");
  ASSERT_EQ(reply.status, 201) << reply.body;
  const json::object await = scene.step(text(reply.json().as_object(), "run"), "await");
  EXPECT_THAT(verdicts(await), testing::ElementsAre(over_tls() + " has_it", over_https() + " has_it"));
  EXPECT_THAT(text(await, "message"), HasSubstr("2 of 2 resolvers have it"));
  EXPECT_EQ(text(scene.get("/v1/names/alice@example.test"), "state"), "live");
}

TEST_F(ProtectedResolvers, AResolverThatIsNotTrustedHoldsTheNameUpAndSaysWhy) {
  Scene scene{lab(), with_resolvers({over_tls("other.example"), over_https()})};
  scene.daemon().start();
  const std::string run = scene.begin_registration("bob@example.test");
  scene.run_when(run, [&](const json::object&) {
    return text(scene.step(run, "await"), "message").find("1 of 2 resolvers have it") != std::string::npos;
  });
  const json::object await = scene.step(run, "await");
  EXPECT_EQ(text(await, "state"), "waiting");
  EXPECT_THAT(text(await, "message"), HasSubstr("is not trusted: it is not for other.example"));
  EXPECT_EQ(text(scene.get("/v1/names/bob@example.test"), "state"), "published") << "not live yet";
}

TEST_F(ProtectedResolvers, AnAuthorityFileThatIsNoneEndsTheStart) {
  Parts parts = with_resolvers({over_tls()});
  parts.tables = "[tls]\nca_file = \"paynamed.toml\"\n";
  Scene scene{lab(), parts};
  scene.daemon().launch();
  EXPECT_EQ(scene.daemon().wait(), 78);
  EXPECT_THAT(scene.daemon().log(), HasSubstr("give a file with certificates in PEM form"));
}

class BlockedPort53 : public ProtectedResolvers {
 protected:
  // No authoritative server can be found or reached by the daemon; only its DNS provider can.
  static Parts blocked(const std::string& tables = {}) {
    Parts parts = with_resolvers({over_tls(), over_https()}, "port_53 = \"blocked\"\n");
    parts.reachable_servers = false;
    parts.tables += tables;
    return parts;
  }
};

TEST_F(BlockedPort53, ANameBecomesLiveThroughResolversAlone) {
  Scene scene{lab(), blocked()};
  scene.daemon().start();
  const auto reply = scene.register_name("carol@example.test");
  ASSERT_EQ(reply.status, 201) << reply.body;
  const std::string run = text(reply.json().as_object(), "run");
  EXPECT_EQ(text(scene.get("/v1/names/carol@example.test"), "state"), "live");
  const json::object await = scene.step(run, "await");
  EXPECT_THAT(text(await, "message"), HasSubstr("authoritative servers were not asked: port 53 is blocked"));
  EXPECT_THAT(text(await, "message"), HasSubstr("2 of 2 resolvers have it"));
  const auto& servers = await.at("outputs").at("servers").as_array();
  ASSERT_EQ(servers.size(), 1U);
  EXPECT_EQ(text(servers.at(0).as_object(), "verdict"), "not_checked");
  // Proven as always: the stored proof stands on its own.
  const auto proof = scene.send("GET", "/v1/names/carol@example.test/proof");
  EXPECT_EQ(proof.status, 200) << proof.body;
  EXPECT_EQ(scene.send("GET", "/v1/resolve/carol@example.test").status, 200);
  // Changed, then removed, and nobody was asked at port 53.
  EXPECT_EQ(scene.send("POST", "/v1/names/carol@example.test/rotate", {}, {{"Prefer", "wait=30"}}).status,
            200);
  EXPECT_EQ(text(scene.get("/v1/names/carol@example.test"), "state"), "live");
  EXPECT_THAT(text(scene.get("/v1/names/carol@example.test"), "value"),
              testing::Eq(txt_at(lab(), "127.0.0.1", "carol@example.test").at(0)));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(BlockedPort53, ADomainThatIsNotSecureIsRefusedAsAlways) {
  Scene scene{lab(), blocked()};
  scene.daemon().start();
  for (const std::string domain : {"unsigned.test", "bogus.test"}) {
    const auto reply = scene.register_name("dave@" + domain);
    EXPECT_NE(reply.status, 201) << reply.body;
    EXPECT_THAT(txt_at(lab(), "127.0.0.1", "dave@" + domain), testing::IsEmpty());
    EXPECT_EQ(scene.send("GET", "/v1/names/dave@" + domain).status, 404);
  }
}

TEST_F(BlockedPort53, ALiveNameIsWatchedThroughResolvers) {
  Scene scene{lab(), blocked("[monitor]\ninterval = \"1s\"\nsecond_look = \"1s\"\n")};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("erin@example.test").status, 201);
  const std::string value = text(scene.get("/v1/names/erin@example.test"), "value");
  const auto becomes = [&](const std::string& state) {
    for (int i = 0; i < 600; ++i) {
      if (text(scene.get("/v1/names/erin@example.test"), "state") == state) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return false;
  };
  lab().remove_txt("example.test.", owner_name("erin@example.test"));
  EXPECT_TRUE(becomes("degraded"));
  for (const json::object& event : scene.events()) {
    if (text(event, "type") != "name.degraded") continue;
    EXPECT_THAT(text(event.at("data").as_object(), "reason"), HasSubstr("#dns.example has no TXT record"));
  }
  lab().put_txt("example.test.", owner_name("erin@example.test"), {value});
  EXPECT_TRUE(becomes("live"));
}

}  // namespace
}  // namespace paynamed::e2e
