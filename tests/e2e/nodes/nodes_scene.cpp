#include "tests/e2e/nodes/nodes_scene.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <thread>

namespace paynamed::e2e {
namespace json = boost::json;
using namespace std::chrono_literals;

bool comes_true(const std::string& what, const std::function<bool()>& condition) {
  for (auto waited = 0ms; waited < 30s; waited += 100ms) {
    if (condition()) return true;
    std::this_thread::sleep_for(100ms);
  }
  ADD_FAILURE() << "it never came true that " << what;
  return false;
}

NodesScene::NodesScene(const fakes::KnotLab& lab, const std::string& interval)
    : interval_(interval), scene_(lab, parts("cln")) {
  use_key('a');
}

Parts NodesScene::parts(const std::string& instance) const {
  Parts parts;
  parts.log = "level = \"trace\"";
  parts.daemon = fmt::format("default_node = \"{}\"\nsecrets_key = {{ file = \"secrets.key\" }}", instance);
  parts.tables = fmt::format(R"(
[nodes]
interval = "{}"
[plugins.cln]
module = "cln"
transport = "rest"
network = "regtest"
timeout = "3s"
url = "{}"
ca = "{}"
rune = {{ file = "{}" }}
added_nodes = ["localhost:*", "127.0.0.1:*"]
[plugins.socket]
module = "cln"
transport = "socket"
network = "regtest"
timeout = "3s"
socket = "{}"
[plugins.grpc]
module = "cln"
transport = "grpc"
network = "regtest"
timeout = "3s"
address = "{}"
ca = "{}"
client_certificate = "{}"
client_key = {{ file = "{}" }}
)",
                             interval_, carol_.url(), carol_.ca(), carol_.write("rune", carol_.rune() + "\n"),
                             carol_.socket(), carol_.grpc_address(), carol_.ca(), carol_.pem("client"),
                             carol_.pem("client-key"));
  return parts;
}

void NodesScene::use_instance(const std::string& instance) {
  scene_.write_config(parts(instance));
  const auto reloaded = scene_.ctl({"reload"});
  EXPECT_EQ(reloaded.exit_code, 0) << reloaded.output << reloaded.errors;
}

void NodesScene::write_added_nodes(const std::string& lines) {
  Parts changed = parts("cln");
  const auto at = changed.tables.find("added_nodes");
  changed.tables.replace(at, changed.tables.find('\n', at) - at, lines);
  scene_.write_config(changed);
}

void NodesScene::use_key(char digit) {
  write_file(scene_.folder() / "secrets.key", std::string(64, digit) + "\n");
}

std::string NodesScene::request(const std::string& rune, const std::string& owner) const {
  return json::serialize(json::object{
      {"instance", "cln"},
      {"owner", owner},
      {"address", bob_.url()},
      {"secrets", json::object{{"rune", rune}, {"ca", read_file(bob_.ca())}}},
  });
}

std::string NodesScene::grpc_request(const std::string& owner) const {
  return json::serialize(json::object{
      {"instance", "cln"},
      {"owner", owner},
      {"address", "grpc://" + bob_.grpc_address()},
      {"secrets", json::object{{"ca", read_file(bob_.ca())},
                               {"client_certificate", read_file(bob_.pem("client"))},
                               {"client_key", read_file(bob_.pem("client-key"))}}},
  });
}

std::string NodesScene::add_bob() {
  const auto reply = scene_.send("POST", "/v1/nodes", request(bob_.rune()));
  EXPECT_EQ(reply.status, 201) << reply.body;
  return reply.status == 201 ? text(reply.json().as_object(), "id") : std::string{};
}

std::string NodesScene::receivable(const std::string& name) {
  return text(scene_.get("/v1/names/" + name).at("receivable").as_object(), "state");
}

}  // namespace paynamed::e2e
