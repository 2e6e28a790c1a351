#include "process/node_secrets.hpp"

#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::process {
namespace v1 = paynamed::plugin::v1;

void add_secret_handles(pipeline::PluginCall& call, const nodes::NodeBook& book) {
  if (book.nodes_of(call.instance) == 0) return;
  v1::NodeInfoRequest named;
  if (!named.ParseFromString(call.request) || named.node().node().empty()) return;
  if (!book.node_at({call.instance, named.node().node()})) return;
  call.beside_breaker = true;
  if (named.node().secret_handles_size() > 0) return;
  v1::NodeInfoRequest more;
  for (std::string& handle : book.secret_handles({call.instance, named.node().node()}))
    more.mutable_node()->add_secret_handles(std::move(handle));
  // A message field that stands twice is merged by whoever reads it (protobuf's encoding).
  if (more.has_node()) call.request += more.SerializeAsString();
}

std::optional<state::NodeRow> added_node_of(const pipeline::PluginCall& call, const nodes::NodeBook& book) {
  if (book.nodes_of(call.instance) == 0) return std::nullopt;
  v1::NodeInfoRequest named;
  if (!named.ParseFromString(call.request) || named.node().node().empty()) return std::nullopt;
  return book.node_at({call.instance, named.node().node()});
}

}  // namespace paynamed::process
