#include "nodes/node_identity.hpp"

#include <fmt/format.h>

namespace paynamed::nodes {

bool is_other(const state::NodeRow& added, std::string_view node_id) {
  return !node_id.empty() && !added.node_id.empty() && node_id != added.node_id;
}

std::string said_of_other(const state::NodeRow& added, std::string_view node_id) {
  return fmt::format(
      "The node {} answers at {}, where {} was added: no offers or invoices are made there and no payments "
      "are "
      "read until that one is back; or give its names another source, remove it and add the other",
      node_id, added.place.reference, added.node_id);
}

void compare_identity(state::NodeLook& look, const state::NodeRow& added) {
  if (!is_other(added, look.node_id)) return;
  look.explanation = said_of_other(added, look.node_id) + ".";
  look.code = kOtherNode;
  look.reachable = state::Ternary::kNo;
  look.receivable = state::Ternary::kNo;
  look.inbound_msat = 0;
}

}  // namespace paynamed::nodes
