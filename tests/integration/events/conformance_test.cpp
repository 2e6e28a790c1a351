// The conformance suite of EventServer with the true module over a true log.
// First, for the suite's namespace hides GoogleTest's in what scene.hpp includes.
#include "scene.hpp"

#include "paynamed/testing/event_server_conformance_gtest.hpp"

namespace paynamed {
namespace {

namespace json = boost::json;
using testing::EventFollower;
using testing::PluginCall;

class SocketFollower final : public EventFollower {
 public:
  explicit SocketFollower(fakes::WebSocketClient client) : client_(std::move(client)) {}

  bool follow(const Wish& wish) override {
    json::object subscribe{{"names", json::array(wish.names.begin(), wish.names.end())},
                           {"types", json::array(wish.types.begin(), wish.types.end())}};
    if (!wish.position.empty()) subscribe["position"] = wish.position;
    client_.send(json::serialize(json::object{{"id", 1}, {"subscribe", std::move(subscribe)}}));
    return client_.read_json().at("subscribed").at("recovered").as_bool();
  }
  std::optional<Event> next(std::chrono::milliseconds most) override {
    const auto frame = client_.read(most);
    if (!frame) return std::nullopt;
    const json::value event = json::parse(frame->payload).at("event");
    return Event{std::stoull(std::string(event.at("seq").as_string())),
                 std::string(event.at("position").as_string())};
  }
  bool ends(std::chrono::milliseconds most) override {
    const bool closed = client_.read_close(most) == 3001;
    client_.cut();
    return closed;
  }

 private:
  fakes::WebSocketClient client_;
};

class HostCaller final : public testing::PluginCaller {
 public:
  explicit HostCaller(fakes::EventHost& host) : host_(host) {}

  std::vector<Result<std::string>> call_all(const std::vector<PluginCall>& calls) override {
    std::vector<Result<std::string>> answers;
    for (const PluginCall& each : calls) {
      auto answer = host_.call(each.method, each.request, each.timeout);
      if (answer) {
        answers.emplace_back(*std::move(answer));
      } else {
        answers.emplace_back(
            Error(static_cast<Code>(static_cast<int>(answer.error().code())), answer.error().message()));
      }
    }
    return answers;
  }
  void restart() override { host_.load(); }
  void pass(std::chrono::milliseconds) override {}

 private:
  fakes::EventHost& host_;
};

class WebSocketSubject final : public testing::EventServerSubject {
 public:
  WebSocketSubject() {
    host_.set_caller("key-of-other", {"other"});
    host_.set_caller("key-of-default", {"default"});
    host_.load();
  }

  testing::PluginCaller& fresh() override { return caller_; }
  void append(const std::string& tenant, const std::string& type, const std::string& name) override {
    host_.append({{type, name}}, tenant);
  }
  std::string credential(const std::string& tenant) override { return "key-of-" + tenant; }
  std::string wrong_credential() override { return "key-of-nobody"; }
  std::unique_ptr<EventFollower> connect(const std::string& address, const std::string& credential) override {
    fakes::WebSocketClient client(fakes::port_in(address));
    if (client.open({{"Authorization", "Bearer " + credential}}) != 101) return nullptr;
    client.read_json();
    return std::make_unique<SocketFollower>(std::move(client));
  }
  std::string logged() override { return host_.log(); }

 private:
  state::TemporaryDirectory directory_;
  fakes::EventHost host_{WEBSOCKET_MODULE, {{"listen", "127.0.0.1:0"}, {"threads", 2}}, directory_.path()};
  HostCaller caller_{host_};
};

PAYNAMED_EVENT_SERVER_CONFORMANCE(WebSocketConformance, WebSocketSubject)

}  // namespace
}  // namespace paynamed
