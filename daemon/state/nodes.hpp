// What the store keeps of Lightning nodes: those that were added by their owners (a read model, by node.added
// and node.removed), the last look at every node (operational), and sealed secrets (operational).
//
// Threads: value types; NodeStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::state {

// A node as calls name it: the instance and what goes into NodeRef.node; empty for the instance's default
// node.
struct NodePlace {
  std::string instance;
  std::string reference;
  friend auto operator<=>(const NodePlace&, const NodePlace&) = default;
};

// A node that was added.
struct NodeRow {
  base::Uuid id;
  std::string tenant;
  std::string owner;
  NodePlace place;
  std::string label;
  std::string node_id;               // hex of the node's key, as it said when it was added
  std::vector<std::string> secrets;  // their names, "rune"; see secret_handle()
  base::WallTime added;
};

// "secret:<instance>/added/<id>/<name>": the handle under which a plugin reads a secret of an added node.
std::string secret_handle(const NodeRow& node, std::string_view name);

enum class Ternary { kUnknown, kYes, kNo };
std::string_view to_string(Ternary value);  // "unknown", "yes", "no"

enum class NodeCustody { kUnknown, kNone, kReceiveOnly, kFull };
std::string_view to_string(NodeCustody value);  // "unknown", "none", "receive_only", "full"

// What the last look at a node found.
struct NodeLook {
  NodePlace place;
  base::WallTime looked;
  Ternary reachable = Ternary::kUnknown;
  Ternary signer = Ternary::kUnknown;
  Ternary receivable = Ternary::kUnknown;
  NodeCustody custody = NodeCustody::kUnknown;
  std::uint64_t inbound_msat = 0;  // the largest amount that could arrive, as far as the node knows
  std::string node_id;
  std::string version;
  std::string network;
  std::string code;  // why it is not reachable: "unreachable", "unauthenticated", "refused"; else empty
  std::string explanation;             // a sentence
  std::optional<base::WallTime> seen;  // when a look last reached it
  // Looks in a row, this one included, that did not reach it, or did.
  std::uint32_t missed = 0;
  std::uint32_t reached = 0;
  // Tenants that were told that it is not reachable, and not yet that it is again.
  std::vector<std::string> told;
};

// How much of a tenant is at a node.
struct NodeUse {
  std::string tenant;
  NodePlace place;
  std::uint64_t names = 0;   // with a record in DNS
  std::uint64_t offers = 0;  // active or retired
};

struct SealedSecret {
  std::string handle;
  std::vector<std::uint8_t> bytes;
};

// How many nodes may be added to an instance, by a tenant and by all: the watch of each node's payments holds
// one of the plugin's threads.
inline constexpr std::size_t kMostAddedNodes = 50;
inline constexpr std::size_t kMostNodesOfInstance = 100;

struct NewNode {
  NodeRow node;
  // Instances whose nodes may have several owners: all where the same node is have to be among them.
  std::vector<std::string> custodial = {};
  std::vector<SealedSecret> secrets;
  NewEvent event;  // node.added
  // The API's Idempotency-Key with a hash of the request that nobody can guess the request from.
  std::string idempotency_key;
  std::string request_hash;
};

struct AddedNode {
  NodeRow node;
  bool replayed = false;  // the same request added it before; nothing was written
};

// All secrets of a node from now on.
struct NewCredentials {
  std::string tenant;
  base::Uuid id;
  std::vector<SealedSecret> secrets;
  NewEvent event;  // node.credentials_changed
};

struct NodeNews {
  std::string tenant;
  NewEvent event;
};

class NodeStore {
 public:
  virtual ~NodeStore() = default;

  // ALREADY_EXISTS when the instance has a node at this place, or another owner has it and one of the two
  // instances is not custodial; FAILED_PRECONDITION when the tenant has kMostAddedNodes there, or
  // all have kMostNodesOfInstance;
  // INVALID_ARGUMENT when the idempotency key was used for another request; FAILED_PRECONDITION when what it
  // added was removed since.
  virtual boost::asio::awaitable<base::Result<AddedNode>> add_node(NewNode node) = 0;
  // With its secrets. NOT_FOUND when the tenant has no such node; FAILED_PRECONDITION while names, offers or
  // open runs use it: the message counts them.
  virtual boost::asio::awaitable<base::Result<void>> remove_node(std::string tenant, base::Uuid id,
                                                                 NewEvent event) = 0;
  // These secrets take the place of all that the node had, which are then in no part of the file any more
  // (the rows are overwritten, and the write-ahead log is emptied as soon as no reader holds it). The node
  // with them. NOT_FOUND when the tenant has no such node.
  virtual boost::asio::awaitable<base::Result<NodeRow>> replace_credentials(NewCredentials credentials) = 0;
  // The look and what follows from it in one transaction.
  virtual boost::asio::awaitable<base::Result<void>> record_node_look(NodeLook look,
                                                                      std::vector<NodeNews> news) = 0;

  // Of all tenants, in order of their ids, after `after`.
  virtual base::Result<std::vector<NodeRow>> added_nodes(base::Uuid after, std::uint32_t limit) = 0;
  virtual base::Result<std::vector<NodeLook>> node_looks() = 0;
  // Of all tenants and nodes that are used at all.
  virtual base::Result<std::vector<NodeUse>> node_uses() = 0;
  virtual base::Result<std::vector<NodeUse>> node_uses_of(std::string_view tenant) = 0;
  virtual base::Result<std::optional<SealedSecret>> find_secret(std::string_view handle) = 0;
  // What add_node() would replay.
  struct NodeKeyUse {
    base::Uuid node;
    std::string request_hash;
  };
  virtual base::Result<std::optional<NodeKeyUse>> find_node_key(std::string_view tenant,
                                                                std::string_view key) = 0;
};

}  // namespace paynamed::state
