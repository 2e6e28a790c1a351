// The plugin webhook in the daemon's own plugin host, with its HTTP client, against a strict server with TLS:
// the conformance suite.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "paynamed/testing/notifier_conformance_gtest.hpp"
#include "tests/fakes/dns/tcp_gate.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::webhook {
namespace {

using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using testing::Receiver;

constexpr const char* kSecret = "whsec_FbFQe4OmZ7nvH5w82PQuHVW/YVrTP8aSc0RkXq8BPUc=";
constexpr const char* kPair =
    "whsk_RnCzc3zE8DyX4AX0R9pyYjWWcLv8cvFqUBkaawg98VonE5xI5M3wVk3TfNvmToWYqkm+kr6slmgmyxXlz6NPHQ==";

class HttpReceiver final : public testing::NotifierWorld {
 public:
  std::vector<testing::ReceivedEvent> received() override {
    std::vector<testing::ReceivedEvent> events;
    for (const auto& each : server_.requests()) events.push_back({each.headers.at("webhook-id"), each.body});
    return events;
  }
  bool behave(Receiver how) override {
    mood_ = how;
    if (how == Receiver::kIsAway) {
      gate_.shut();
    } else {
      gate_.open();
    }
    return true;
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(gate_.port()) + "/hook"; }
  void write_authority(const std::filesystem::path& file) const { authority_.write_certificate(file); }
  int malformed_requests() const { return server_.malformed_requests(); }

 private:
  FakeHttpReply answer() const {
    FakeHttpReply reply;
    switch (mood_.load()) {
      case Receiver::kRefuses:
        reply.status = 500;
        break;
      case Receiver::kThrottles:
        reply.status = 429;
        reply.headers = {{"Retry-After", "7"}};
        break;
      case Receiver::kIsGone:
        reply.status = 410;
        break;
      case Receiver::kSaysALot:
        reply.body = std::string(1'000'000, 'x');
        break;
      case Receiver::kHangs:
        reply.hang = true;
        break;
      default:
        reply.status = 204;
    }
    return reply;
  }

  std::atomic<Receiver> mood_{Receiver::kTakes};
  fakes::TlsAuthority authority_;
  fakes::FakeHttpsServer server_{authority_.issue({"IP:127.0.0.1"}),
                                 [this](const FakeHttpRequest&) { return answer(); }};
  fakes::TcpGate gate_{"127.0.0.1", server_.port()};
};

class WebhookSubject : public testing::NotifierSubject {
 public:
  WebhookSubject() {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-webhook-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory can be made");
    directory_ = pattern;
    const auto authority = directory_ / "authority.pem";
    receiver_.write_authority(authority);
    boost::json::object table{{"allow", boost::json::array{"127.0.0.0/8"}},
                              {"ca", boost::json::object{{"file", authority.string()}}}};
    plugin_ = std::make_unique<fakes::HostedPlugin>(WEBHOOK_MODULE, std::move(table), journal_, &secret);
  }
  ~WebhookSubject() override {
    EXPECT_EQ(receiver_.malformed_requests(), 0);
    std::filesystem::remove_all(directory_);
  }
  testing::PluginCaller& plugin() override { return *plugin_; }
  testing::NotifierWorld& world() override { return receiver_; }
  plugin::v1::NotifierTarget target() override { return with_key("secret:zone/added/secret"); }
  std::optional<plugin::v1::NotifierTarget> target_without_secret() override {
    return with_key("secret:zone/added/absent");
  }
  std::vector<std::string> bad_addresses() override {
    return {"",
            "hook.example",
            "ftp://hook.example/",
            "http://hook.example/",
            "https://user:word@hook.example/",
            "https://hook.example/#part",
            "https://127.1/",
            "https://2130706433/",
            "https://hook.example./",
            "https://hook.example/" + std::string(3000, 'x')};
  }
  std::vector<std::string> forbidden_addresses() override {
    return {"https://10.0.0.1/", "https://169.254.169.254/latest/", "https://[::1]/",
            "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/"};
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override {
    return {std::string(kSecret).substr(6), std::string(kPair).substr(5, 40)};
  }

 private:
  static base::Result<std::string> secret(std::string_view handle) {
    if (handle == "secret:zone/added/secret") return kSecret;
    if (handle == "secret:zone/added/pair") return kPair;
    return base::fail(base::not_found("there is no such secret"));
  }
  plugin::v1::NotifierTarget with_key(const char* handle) const {
    plugin::v1::NotifierTarget target;
    target.set_id("6f1d4d3e-0000-4000-8000-000000000001");
    target.set_address(receiver_.url());
    auto& key = *target.add_keys();
    key.set_kind(plugin::v1::SigningKey::HMAC_SHA256);
    key.set_handle(handle);
    auto& pair = *target.add_keys();
    pair.set_kind(plugin::v1::SigningKey::ED25519);
    pair.set_handle("secret:zone/added/pair");
    return target;
  }

  HttpReceiver receiver_;
  std::filesystem::path directory_;
  fakes::Journal journal_;
  std::unique_ptr<fakes::HostedPlugin> plugin_;
};

PAYNAMED_NOTIFIER_CONFORMANCE(WebhookConformance, WebhookSubject)

}  // namespace
}  // namespace paynamed::webhook
