#include "cln_lab.hpp"

#include <boost/json.hpp>

namespace paynamed::nodes {
namespace json = boost::json;

bool ClnWorld::pay_invoice(const std::string& bolt11) {
  return node_.control("pay_invoice", {{"bolt11", bolt11}}).at("paid").as_bool();
}

bool ClnWorld::pay_offer(const std::string& offer, std::uint64_t amount_msat, const std::string& payer_note) {
  return node_
      .control("pay_offer", {{"offer", offer}, {"amount_msat", amount_msat}, {"payer_note", payer_note}})
      .at("paid")
      .as_bool();
}

void ClnWorld::pass(std::chrono::seconds time) {
  node_.control("pass", {{"seconds", time.count()}});
}

void ClnWorld::lose_next_write_reply() {
  node_.order({{"method", "writes"}, {"kind", "lose_reply"}});
}

std::int64_t ClnWorld::state(const char* key) const {
  return node_.control("state").at(key).to_number<std::int64_t>();
}

json::object table_for(const fakes::FakeCln& node, Transport transport, const std::string& rune) {
  json::object table{{"network", "regtest"}, {"timeout", "5s"}};
  if (transport == Transport::kSocket) {
    table["transport"] = "socket";
    table["socket"] = node.socket();
    return table;
  }
  if (transport == Transport::kGrpc) {
    table["transport"] = "grpc";
    table["address"] = node.grpc_address();
    table["ca"] = node.ca();
    table["client_certificate"] = node.pem("client");
    table["client_key"] = json::object{{"file", node.pem("client-key")}};
    return table;
  }
  table["transport"] = "rest";
  table["url"] = node.url();
  table["ca"] = node.ca();
  table["rune"] = json::object{
      {"file", node.write("rune-" + std::to_string(std::hash<std::string>()(rune)), rune + "\n")}};
  return table;
}

std::unique_ptr<fakes::HostedPlugin> plugin_for(json::object table, fakes::Journal& journal) {
  return std::make_unique<fakes::HostedPlugin>(CLN_MODULE, std::move(table), journal);
}

}  // namespace paynamed::nodes
