// Questions about registrations against a strict RDAP server, over TLS with an authority of the test's own.
#include "monitor/registration_check.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <mutex>

#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using base::Code;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr base::Duration kLong{20'000};

// Answers about domains as RFC 9082 and RFC 9083 have it; what is asked in another way gets 400.
class FakeRdapServer {
 public:
  explicit FakeRdapServer(const fakes::TlsIdentity& identity)
      : server_(identity, [this](const FakeHttpRequest& request) { return answer(request); }) {}

  std::string url(const std::string& path) const {
    return fmt::format("https://127.0.0.1:{}{}", server_.port(), path);
  }
  void set_list(std::string body) { put("/dns.json", {200, {}, std::move(body), {}, {}, {}, {}, {}}); }
  void put(const std::string& path, FakeHttpReply reply) {
    const std::lock_guard lock(mutex_);
    replies_[path] = std::move(reply);
  }
  void put_domain(const std::string& domain, const std::string& status, const std::string& expires = {}) {
    FakeHttpReply reply;
    reply.headers = {{"Content-Type", "application/rdap+json"}};
    reply.body = fmt::format(
        R"({{"objectClassName":"domain","ldhName":"{}","status":["{}"],"events":[{}]}})", domain, status,
        expires.empty() ? "" : fmt::format(R"({{"eventAction":"expiration","eventDate":"{}"}})", expires));
    put("/v1/domain/" + domain, std::move(reply));
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> targets;
    for (const auto& request : server_.requests()) targets.push_back(request.target);
    return targets;
  }
  int refused() const { return refused_ + server_.malformed_requests(); }

 private:
  FakeHttpReply answer(const FakeHttpRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto accept = request.headers.find("accept");
    const bool is_polite = request.method == "GET" && request.body.empty() &&
                           accept != request.headers.end() &&
                           accept->second.find("application/rdap+json") != std::string::npos;
    FakeHttpReply reply;
    if (!is_polite) {
      ++refused_;
      reply.status = 400;
      return reply;
    }
    if (const auto found = replies_.find(request.target); found != replies_.end()) return found->second;
    reply.status = 404;
    reply.body = R"({"errorCode":404})";
    return reply;
  }

  std::mutex mutex_;
  std::map<std::string, FakeHttpReply> replies_;
  std::atomic<int> refused_{0};
  fakes::FakeHttpsServer server_;
};

struct RegistrationCheckTest : testing::Test {
  std::filesystem::path ca_file;
  fakes::TlsAuthority authority;
  FakeRdapServer server{authority.issue({"IP:127.0.0.1"})};
  base::SystemClock system;
  base::ManualClock clock{base::WallTime{1'750'000'000s}};
  asio::io_context io;
  net::HttpsClientSettings settings;
  std::unique_ptr<net::HttpsClient> client;
  std::unique_ptr<RegistrationCheck> check;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-ca-XXXXXX").string();
    const int file = mkstemp(pattern.data());
    ASSERT_GE(file, 0);
    close(file);
    ca_file = pattern;
    authority.write_certificate(ca_file);
    settings.policy = *net::TlsPolicy::create(ca_file);
    client = std::make_unique<net::HttpsClient>(io.get_executor(), system, settings);
    RegistrationCheck::Settings how;
    how.bootstrap = server.url("/dns.json");
    auto fetch = [this](net::HttpRequest request) { return client->request(std::move(request), kLong); };
    check = std::make_unique<RegistrationCheck>(how, fetch, clock);
    server.set_list(fmt::format(R"({{"services":[[["com"],["{}"]]]}})", server.url("/v1")));
  }
  void TearDown() override {
    EXPECT_EQ(server.refused(), 0);
    std::filesystem::remove(ca_file);
  }
  base::Result<RegistrationFacts> ask(const std::string& domain = "example.com") {
    std::optional<base::Result<RegistrationFacts>> result;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          auto asked = check->ask(domain);
          result = co_await std::move(asked);
        },
        asio::detached);
    io.restart();
    while (!result && io.run_one() != 0) {
    }
    return result ? *result : base::fail(base::internal("the question never ended"));
  }
  RegistrationFacts facts(const std::string& domain = "example.com") {
    const auto found = ask(domain);
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? *found : RegistrationFacts{};
  }
  Code failure(const std::string& domain = "example.com") {
    const auto found = ask(domain);
    EXPECT_FALSE(found);
    return found ? Code::kOk : found.error().code();
  }
  void redirect(const std::string& domain, int status, const std::string& to) {
    FakeHttpReply reply;
    reply.status = status;
    reply.headers = {{"Location", to}};
    server.put("/v1/domain/" + domain, reply);
  }
};

TEST_F(RegistrationCheckTest, AnActiveDomainIsKnownWithItsEnd) {
  server.put_domain("example.com", "active", "2027-08-13T04:00:00Z");
  const RegistrationFacts found = facts();
  EXPECT_TRUE(found.known);
  EXPECT_EQ(found.code, "");
  EXPECT_THAT(found.status, ElementsAre("active"));
  EXPECT_EQ(found.expires, base::from_rfc3339("2027-08-13T04:00:00.000Z"));
  EXPECT_EQ(found.server, server.url("/v1/"));
  EXPECT_EQ(found.asked, clock.wall());
  facts();
  EXPECT_THAT(server.asked(), ElementsAre("/dns.json", "/v1/domain/example.com", "/v1/domain/example.com"));
  clock.advance(25h);
  facts();
  EXPECT_EQ(server.asked().at(3), "/dns.json") << "the list is read once a day";
}

TEST_F(RegistrationCheckTest, AHoldIsSaid) {
  server.put_domain("example.com", "server hold");
  EXPECT_EQ(facts().code, "server_hold");
  EXPECT_THAT(facts().reason, HasSubstr("example.com"));
}

TEST_F(RegistrationCheckTest, APartOfADomainIsLookedForAbove) {
  server.put_domain("example.com", "active");
  EXPECT_TRUE(facts("pay.names.example.com").known);
  EXPECT_THAT(server.asked(), ElementsAre("/dns.json", "/v1/domain/pay.names.example.com",
                                          "/v1/domain/names.example.com", "/v1/domain/example.com"));
}

TEST_F(RegistrationCheckTest, WhatTheRegistryDoesNotHaveIsNotKnown) {
  EXPECT_FALSE(facts().known);
  EXPECT_FALSE(facts("example.test").known) << "a top level domain without RDAP";
  EXPECT_THAT(server.asked(), ElementsAre("/dns.json", "/v1/domain/example.com"))
      << "never the domain com itself";
}

TEST_F(RegistrationCheckTest, AServerThatWantsRestIsLeftAloneForAsLongAsItSays) {
  FakeHttpReply busy;
  busy.status = 429;
  busy.headers = {{"Retry-After", "7200"}};
  server.put("/v1/domain/example.com", busy);
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after_ms(), 7'200'000U);
  // The list stands on the same server, so another one shows that it is the server that is left alone.
  EXPECT_EQ(failure("other.com"), Code::kResourceExhausted);
  EXPECT_EQ(server.asked().size(), 2U);
  clock.advance(7201s);
  server.put_domain("example.com", "active");
  EXPECT_TRUE(facts().known);
  busy.status = 503;
  busy.headers.clear();
  server.put("/v1/domain/example.com", busy);
  EXPECT_EQ(ask().error().retry_after_ms(), 3'600'000U) << "when it does not say";
}

TEST_F(RegistrationCheckTest, BrokenAnswersAreNoKnowledge) {
  FakeHttpReply broken;
  broken.body = "{\"objectClassName\":";
  server.put("/v1/domain/example.com", broken);
  EXPECT_EQ(failure(), Code::kDataLoss);
  server.put_domain("other.com", "active");
  FakeHttpReply other;
  other.body = R"({"objectClassName":"domain","ldhName":"other.com"})";
  server.put("/v1/domain/example.com", other);
  EXPECT_EQ(failure(), Code::kDataLoss) << "an answer about another domain";
  FakeHttpReply huge;
  huge.body = std::string(kMostRdapBytes + 1, ' ');
  server.put("/v1/domain/example.com", huge);
  EXPECT_EQ(failure(), Code::kOutOfRange);
  FakeHttpReply wrong;
  wrong.status = 500;
  server.put("/v1/domain/example.com", wrong);
  EXPECT_EQ(failure(), Code::kUnavailable);
}

TEST_F(RegistrationCheckTest, ARedirectIsFollowedToHttpsAndNotForEver) {
  server.put_domain("registrar.com", "client hold");
  FakeHttpReply at_registrar;
  at_registrar.body = R"({"objectClassName":"domain","ldhName":"example.com","status":["client hold"]})";
  server.put("/registrar/domain/example.com", at_registrar);
  for (const int status : {301, 302, 303, 307, 308}) {
    redirect("example.com", status, server.url("/registrar/domain/example.com"));
    EXPECT_EQ(facts().code, "client_hold") << status;
  }
  redirect("example.com", 302, "/registrar/domain/example.com");
  EXPECT_EQ(facts().code, "client_hold");
  const std::size_t before = server.asked().size();
  redirect("example.com", 302, "/v1/domain/example.com");
  EXPECT_EQ(failure(), Code::kDataLoss) << "round and round";
  EXPECT_EQ(server.asked().size(), before + 4);
  redirect("example.com", 302, "http://127.0.0.1/domain/example.com");
  EXPECT_EQ(failure(), Code::kDataLoss);
  redirect("example.com", 302, "");
  EXPECT_EQ(failure(), Code::kDataLoss);
}

TEST_F(RegistrationCheckTest, AListThatCannotBeReadIsTriedAgainLater) {
  server.set_list("<html>");
  EXPECT_EQ(failure(), Code::kDataLoss);
  EXPECT_THAT(ask().error().message(), HasSubstr("registration_bootstrap"));
  EXPECT_EQ(server.asked().size(), 1U);
  clock.advance(11min);
  server.set_list(fmt::format(R"({{"services":[[["com"],["{}"]]]}})", server.url("/v1/")));
  server.put_domain("example.com", "active");
  EXPECT_TRUE(facts().known);
  clock.advance(25h);
  server.set_list("");
  EXPECT_TRUE(facts().known) << "an old list is better than none";
}

TEST_F(RegistrationCheckTest, AServerThatNobodyVouchesForIsNotBelieved) {
  const fakes::TlsAuthority stranger;
  const FakeRdapServer false_server{stranger.issue({"IP:127.0.0.1"})};
  server.set_list(fmt::format(R"({{"services":[[["com"],["{}"]]]}})", false_server.url("/v1/")));
  EXPECT_EQ(failure(), Code::kUnauthenticated);
  EXPECT_TRUE(false_server.asked().empty());
}

}  // namespace
}  // namespace paynamed::monitor
