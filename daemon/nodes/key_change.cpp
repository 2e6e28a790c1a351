#include "nodes/key_change.hpp"

namespace paynamed::nodes {

base::Result<std::optional<state::NodeRow>> lost_by(Vault& vault, const std::vector<state::NodeRow>& nodes,
                                                    const host::SealingKey& after,
                                                    const std::optional<host::SealingKey>& now,
                                                    const std::set<base::Uuid>& lost) {
  for (const state::NodeRow& node : nodes) {
    const auto opened = vault.opens(node, after);
    if (!opened) return base::fail(opened.error());
    if (*opened) continue;
    base::Result<bool> is_read = !lost.contains(node.id);
    if (!*is_read && now) is_read = vault.opens(node, *now);
    if (!is_read) return base::fail(is_read.error());
    if (*is_read) return node;
  }
  return std::nullopt;
}

}  // namespace paynamed::nodes
