// NodeBook: what is known of every node now, in memory, so that an answer about a name costs no reading: the
// added nodes as the store has them, and the last look at each node.
//
// Threads: every function may be called from any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

// Whether a payment to a name would arrive, as far as its node says.
struct Receivable {
  state::Ternary state = state::Ternary::kUnknown;
  std::string reason;                     // a sentence
  std::optional<base::WallTime> as_of;    // when the node was asked
  std::optional<std::uint64_t> max_msat;  // the largest amount, where it can receive
};

class NodeBook {
 public:
  // `clock` outlives it.
  explicit NodeBook(base::Clock& clock) : clock_(clock) {}

  // Reads what the store knows.
  base::Result<void> load(state::NodeStore& store);
  // How often nodes are looked at: a look that is three times as old says nothing.
  void set_interval(base::Duration interval);

  void put_node(state::NodeRow node);
  // In the place of what is known of the same node; nothing when it was removed meanwhile.
  void renew_node(state::NodeRow node);
  // With its look.
  void erase_node(const state::NodePlace& place);
  void put_look(state::NodeLook look);
  // Follows the look before it; what tenants were told stays as it was.
  void renew_look(state::NodeLook look);
  void erase_look(const state::NodePlace& place);

  // At the place of an added node somebody answered as `node_id`.
  void saw(const state::NodePlace& place, const std::string& node_id);
  // Who answered there last, if that was another node than the one that was added.
  std::optional<std::string> other_at(const state::NodePlace& place) const;

  std::optional<state::NodeLook> look_at(const state::NodePlace& place) const;
  std::optional<state::NodeRow> node_at(const state::NodePlace& place) const;
  std::optional<state::NodeRow> find_node(const base::Uuid& id) const;
  // In order of their places.
  std::vector<state::NodeRow> nodes() const;
  std::size_t nodes_of(const std::string& instance) const;
  std::size_t nodes_of(const std::string& instance, const std::string& tenant) const;
  std::vector<state::NodeLook> looks() const;

  // The handles that go with calls of the node; none for one that nobody added.
  std::vector<std::string> secret_handles(const state::NodePlace& place) const;

  // In words for this tenant (node_sentence.hpp).
  Receivable receivable(const state::NameRow& name, std::string_view tenant) const;
  // The same of a node itself.
  Receivable receivable_at(const state::NodePlace& place, std::string_view tenant) const;

 private:
  base::Clock& clock_;
  mutable std::shared_mutex mutex_;
  base::Duration interval_{60'000};  // guarded by mutex_, as all below
  std::map<state::NodePlace, state::NodeRow> nodes_;
  std::map<state::NodePlace, state::NodeLook> looks_;
  std::map<state::NodePlace, std::string> others_;
};

}  // namespace paynamed::nodes
