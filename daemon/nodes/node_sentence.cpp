#include "nodes/node_sentence.hpp"

namespace paynamed::nodes {
namespace {

using state::Ternary;

constexpr std::string_view kOperator = "default";

std::string_view said_of(const state::NodeLook& look) {
  if (look.reachable == Ternary::kUnknown) return "It is not known how the node is.";
  if (look.reachable == Ternary::kNo) {
    if (look.code == "unauthenticated")
      return "The node does not take the daemon's credentials; the operator has to mend that.";
    if (look.code == "refused") return "The node is not what the operator's configuration says.";
    return "The node does not answer.";
  }
  if (look.receivable == Ternary::kYes) return "The node has room for an incoming payment.";
  if (look.receivable == Ternary::kNo) return "The node cannot take an incoming payment now.";
  return "The node does not say whether it can take a payment.";
}

}  // namespace

std::string sentence_for(const state::NodeLook& look, std::string_view tenant, bool is_added) {
  return is_added || tenant == kOperator ? look.explanation : std::string(said_of(look));
}

}  // namespace paynamed::nodes
