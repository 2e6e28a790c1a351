#include "api/render_node.hpp"

#include <string>

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value{};
}

}  // namespace

json::object to_json(const nodes::Receivable& receivable) {
  return json::object{
      {"state", state::to_string(receivable.state)},
      {"reason", receivable.reason},
      {"as_of", time_or_null(receivable.as_of)},
      {"max_msat", receivable.max_msat ? json::value(std::to_string(*receivable.max_msat)) : json::value{}},
  };
}

json::object to_json(const NodeView& node) {
  const state::NodeLook look = node.look.value_or(state::NodeLook{});
  const bool is_reached = look.reachable == state::Ternary::kYes;
  json::object object{
      {"id", node.added ? json::value(node.added->id.to_string()) : json::value{}},
      {"kind", node.added ? "added" : "configured"},
      {"instance", node.place.instance},
      {"reference", text_or_null(node.place.reference)},
      {"owner", node.added ? text_or_null(node.added->owner) : json::value{}},
      {"label", node.added ? text_or_null(node.added->label) : json::value{}},
      {"added", node.added ? json::value(base::to_rfc3339(node.added->added)) : json::value{}},
      {"node_id", text_or_null(node.added ? node.added->node_id : look.node_id)},
      {"reachable", state::to_string(look.reachable)},
      {"code", text_or_null(look.code)},
      {"explanation", text_or_null(look.explanation)},
      {"signer", state::to_string(look.signer)},
      {"receivable", to_json(node.receivable)},
      {"inbound_msat", is_reached ? json::value(std::to_string(look.inbound_msat)) : json::value{}},
      {"version", text_or_null(look.version)},
      {"network", text_or_null(look.network)},
      {"custody", state::to_string(look.custody)},
      {"looked", node.look ? json::value(base::to_rfc3339(look.looked)) : json::value{}},
      {"seen", time_or_null(look.seen)},
      {"names", node.names},
      {"offers", node.offers},
  };
  if (node.added) object["links"] = json::object{{"self", "/v1/nodes/" + node.added->id.to_string()}};
  return object;
}

}  // namespace paynamed::api
