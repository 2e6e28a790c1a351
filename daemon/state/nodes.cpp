#include "state/nodes.hpp"

#include <fmt/format.h>

#include <array>

namespace paynamed::state {
namespace {

constexpr std::array<std::string_view, 3> kTernaries{"unknown", "yes", "no"};
constexpr std::array<std::string_view, 4> kCustodies{"unknown", "none", "receive_only", "full"};

}  // namespace

std::string secret_handle(const NodeRow& node, std::string_view name) {
  return fmt::format("secret:{}/added/{}/{}", node.place.instance, node.id.to_string(), name);
}

std::string_view to_string(Ternary value) {
  return kTernaries.at(static_cast<std::size_t>(value));
}

std::string_view to_string(NodeCustody value) {
  return kCustodies.at(static_cast<std::size_t>(value));
}

}  // namespace paynamed::state
