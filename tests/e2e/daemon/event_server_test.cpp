// Events over WebSocket from the true daemon: tokens, restarts, reloads, and an address that is taken.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/websocket/websocket_client.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using fakes::WebSocketClient;
using testing::HasSubstr;

class EventServers : public LabTest {
 protected:
  static Parts with_server(const std::string& listen = "127.0.0.1:0") {
    Parts parts;
    parts.tables = "[plugins.wss]\nmodule = \"websocket\"\nlisten = \"" + listen + "\"\n";
    return parts;
  }
  static json::object server(const Scene& scene) {
    const json::object plugins = scene.get("/v1/plugins");
    for (const json::value& each : plugins.at("items").as_array()) {
      if (each.at("id") == json::value("wss")) return each.as_object();
    }
    ADD_FAILURE() << "no plugin wss";
    return {};
  }
  // Where it listens; waits for that.
  static std::uint16_t port(const Scene& scene) {
    for (int i = 0; i < 600; ++i) {
      const json::object now = server(scene);
      if (const json::value* addresses = now.if_contains("addresses")) {
        const std::string address(addresses->at(0).as_string());
        return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    ADD_FAILURE() << "it does not listen: " << json::serialize(server(scene));
    return 0;
  }
  static WebSocketClient connect(std::uint16_t port, const std::string& credential) {
    WebSocketClient client(port);
    EXPECT_EQ(client.open({{"Authorization", "Bearer " + credential}}), 101) << client.answer();
    EXPECT_TRUE(client.read_json().contains("connected"));
    return client;
  }
  static void subscribe(WebSocketClient& client, const std::string& members) {
    client.send(R"({"id":1,"subscribe":{)" + members + "}}");
    EXPECT_TRUE(client.read_json().at("subscribed").at("recovered").as_bool());
  }
  // Types of the next events, up to one.
  static std::vector<std::string> types_until(WebSocketClient& client, const std::string& last,
                                              std::string* position = nullptr) {
    std::vector<std::string> types;
    while (types.empty() || types.back() != last) {
      const json::object message = client.read_json();
      if (!message.contains("event")) continue;
      types.emplace_back(message.at("event").at("type").as_string());
      if (position) *position = message.at("event").at("position").as_string();
    }
    return types;
  }
};

TEST_F(EventServers, ARegistrationIsFollowedWithATokenAcrossARestart) {
  Scene scene{lab(), with_server()};
  scene.daemon().start();
  const auto made =
      scene.send("POST", "/v1/tokens", R"({"names":["alice@example.test"],"types":["run.*","name.*"]})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string token(made.json().at("token").as_string());
  auto client = connect(port(scene), token);
  subscribe(client, "");
  EXPECT_EQ(scene.register_name("bob@example.test").status, 201);
  EXPECT_EQ(scene.register_name("alice@example.test").status, 201);
  std::string position;
  const auto types = types_until(client, "run.completed", &position);
  EXPECT_EQ(types.front(), "run.accepted");
  EXPECT_THAT(types, testing::Not(testing::Contains("offer.created")));
  EXPECT_THAT(types, testing::Contains("name.live"));

  std::thread stopping([&] { EXPECT_EQ(scene.daemon().terminate(), 0); });
  EXPECT_EQ(client.read_close(), 3001);
  client.cut();
  stopping.join();
  scene.daemon().start();
  // Without secrets_key tokens end with the process.
  WebSocketClient late(port(scene));
  EXPECT_EQ(late.open({{"Authorization", "Bearer " + token}}), 401);
  auto again = connect(port(scene), scene.api_key());
  subscribe(again, R"("position":")" + position + R"(","names":["alice@example.test"])");
  EXPECT_EQ(scene.send("DELETE", "/v1/names/alice@example.test", {}, {{"Prefer", "wait=30"}}).status, 200);
  EXPECT_EQ(types_until(again, "run.completed").front(), "run.accepted");
  const std::string log = scene.daemon().log();
  EXPECT_EQ(log.find(token), log.npos);
}

TEST_F(EventServers, ATakenAddressIsSaidAndTriedAgainWhileRestServes) {
  int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(holder, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(holder, 1), 0);
  ASSERT_EQ(::getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string taken = "127.0.0.1:" + std::to_string(::ntohs(address.sin_port));
  Scene scene{lab(), with_server(taken)};
  scene.daemon().start();
  ASSERT_TRUE(scene.daemon().wait_for_log(taken + " is taken"));
  const auto ready = scene.send("GET", "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr(R"("name":"event server wss","ready":false)"));
  EXPECT_THAT(json::serialize(server(scene)), HasSubstr(taken + " is taken"));
  ::close(holder);
  EXPECT_EQ(port(scene), ::ntohs(address.sin_port));
  EXPECT_EQ(scene.send("GET", "/readyz").body.find("event server wss"), std::string::npos);
}

TEST_F(EventServers, AReloadMovesItsCallersToTheNewInstance) {
  Scene scene{lab(), with_server()};
  scene.daemon().start();
  const std::uint16_t before = port(scene);
  auto client = connect(before, scene.api_key());
  subscribe(client, "");
  std::string config = read_file(scene.config_file());
  config.replace(config.find("module = \"websocket\""), 20, "module = \"websocket\"\nmax_subscriptions = 3");
  write_file(scene.config_file(), config);
  const auto reply = scene.send("POST", "/v1/reload");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(client.read_close(), 3001);
  client.cut();
  std::uint16_t after = before;
  for (int i = 0; i < 600 && after == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    after = port(scene);
  }
  auto next = connect(after, scene.api_key());
  subscribe(next, "");
}

}  // namespace
}  // namespace paynamed::e2e
