#include "scene.hpp"

#include <thread>

#include "paynamed/plugin/v1/event_server.pb.h"

namespace paynamed {
namespace json = boost::json;

void WebSocketScene::start(json::object table) {
  if (!table.contains("listen")) table["listen"] = "127.0.0.1:0";
  host_ = std::make_unique<fakes::EventHost>(WEBSOCKET_MODULE, std::move(table), directory_.path());
  host_->start();
}

fakes::WebSocketClient WebSocketScene::client() {
  fakes::WebSocketClient client(host().port());
  EXPECT_EQ(client.open({{"Authorization", "Bearer key"}}), 101) << client.answer();
  EXPECT_EQ(text_in(client.read_json(), "connected", "tenant"), "default");
  return client;
}

fakes::WebSocketClient WebSocketScene::subscriber(const std::string& members) {
  fakes::WebSocketClient made = client();
  made.send(subscribe(members));
  const json::object reply = made.read_json();
  EXPECT_TRUE(reply.contains("subscribed")) << json::serialize(reply);
  return made;
}

namespace {

plugin::v1::ServerStatusReply status_of(fakes::EventHost& host) {
  plugin::v1::ServerStatusReply status;
  const auto bytes = host.call("Status", "");
  EXPECT_TRUE(bytes && status.ParseFromString(*bytes));
  return status;
}

}  // namespace

std::uint64_t WebSocketScene::connections() {
  return status_of(host()).connections();
}

std::uint64_t WebSocketScene::subscriptions() {
  return status_of(host()).subscriptions();
}

void WebSocketScene::await_connections(std::uint64_t count) {
  for (int i = 0; i < 2'000 && connections() != count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(connections(), count);
}

std::string subscribe(const std::string& members) {
  return R"({"id":1,"subscribe":{)" + members + "}}";
}

std::uint64_t next_seq(fakes::WebSocketClient& client) {
  const json::object message = client.read_json();
  const json::value* event = message.if_contains("event");
  EXPECT_TRUE(event) << json::serialize(message);
  return event ? std::stoull(std::string(event->at("seq").as_string())) : 0;
}

std::vector<std::uint64_t> next_seqs(fakes::WebSocketClient& client, std::size_t count) {
  std::vector<std::uint64_t> seqs;
  while (seqs.size() < count) seqs.push_back(next_seq(client));
  return seqs;
}

std::string text_in(const json::object& object, const std::string& outer, const std::string& member) {
  const json::value* found = object.if_contains(outer);
  if (!found || !found->is_object()) return "no " + outer + ": " + json::serialize(object);
  const json::value* value = found->as_object().if_contains(member);
  return value && value->is_string() ? std::string(value->as_string()) : "no " + member;
}

}  // namespace paynamed
