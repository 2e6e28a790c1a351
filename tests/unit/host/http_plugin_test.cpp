// A real module that asks for pn.http/1 through the PluginHost.
#include <gmock/gmock.h>
#include <paynamed/plugin/v1/dns_provider.pb.h>

#include "fixture.hpp"
#include "host/http_service.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::host {
namespace {

using namespace std::chrono_literals;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using plugin::v1::PublishReply;
using plugin::v1::PublishRequest;
using plugin::v1::ReadReply;
using plugin::v1::ReadRequest;

class HttpPluginTest : public HostFixture {
 protected:
  HttpPluginTest() {
    http_ = *HttpService::create(io_.get_executor(), machine_, log_, metrics_);
    HostSettings settings;
    settings.services.emplace("pn.http/1", http_->service());
    make_host(std::move(settings));
  }
  ~HttpPluginTest() override {
    host_.reset();
    http_.reset();
    io_.stop();
  }
  Instance* make_plugin(const FakeHttpsServer& server) {
    return make(
        "zone", "asks_http",
        {{"url", "https://127.0.0.1:" + std::to_string(server.port())}, {"trust", authority_.certificate()}});
  }

  fakes::TlsAuthority authority_;
  fakes::TlsIdentity good_ = authority_.issue({"IP:127.0.0.1"});
  base::SystemClock machine_;
  std::unique_ptr<HttpService> http_;
};

TEST_F(HttpPluginTest, APluginGetsTheAnswer) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest& request) {
                                 FakeHttpReply reply;
                                 reply.status = request.target == "/absent" ? 404 : 200;
                                 reply.body = request.method + " " + request.target + " " + request.body;
                                 return reply;
                               }};
  Instance* zone = make_plugin(server);
  ReadRequest read;
  read.set_name("alice");
  const auto found = run(host::call<ReadReply>(*zone, "Read", read, CallOptions(20s)));
  ASSERT_TRUE(found.result) << found.result.error().to_string();
  EXPECT_EQ(found.result->records(0).value(), "GET /alice ");
  read.set_name("absent");
  const auto absent = run(host::call<ReadReply>(*zone, "Read", read, CallOptions(20s)));
  EXPECT_EQ(absent.result.error().message(), "The server said 404.");
  PublishRequest publish;
  publish.mutable_record()->set_name("bob");
  publish.mutable_record()->set_value("value");
  const auto published = run(host::call<PublishReply>(*zone, "Publish", publish, CallOptions(20s)));
  ASSERT_TRUE(published.result) << published.result.error().to_string();
  EXPECT_EQ(published.result->change_id(), "POST /bob value");
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Bearer a-very-secret-token");
  EXPECT_FALSE(logged("a-very-secret-token"));
}

TEST_F(HttpPluginTest, AStopEndsWhatThePluginWaitsForAndSaysThatItWasSent) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.hang = true;
                                 return reply;
                               }};
  Instance* zone = make_plugin(server);
  auto open = start(zone, "Publish", 60s);
  eventually([&] { return server.requests().size() == 1; });
  EXPECT_TRUE(run(host_->stop(20s)).empty()) << "its thread could not be joined";
  const auto outcome = get(open);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnknown) << outcome.result.error().to_string();
}

TEST_F(HttpPluginTest, AHostWithoutTheServiceSaysSo) {
  make_host(HostSettings());
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return FakeHttpReply{}; }};
  const auto outcome = call(make_plugin(server), "Read");
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnimplemented);
}

}  // namespace
}  // namespace paynamed::host
