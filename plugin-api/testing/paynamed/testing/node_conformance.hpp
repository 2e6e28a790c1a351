// The conformance suite of NodeBackend: one list of cases that every backend has to pass against its real
// node or a strict fake of it. A case is named after the rule of node_backend.proto that it checks.
//
// The author of a backend writes a NodeSubject: how the plugin is called (PluginCaller; TestHostCaller calls
// one in a TestHost) and the world around the node, which pays (NodeWorld). node_conformance_gtest.hpp makes
// a GoogleTest of each case.
//
// Threads: a case calls everything from one thread; if NodeCapabilities::pays_beside, NodeWorld's paying
// functions also from another one at the same time.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "paynamed/testing/plugin_caller.hpp"

namespace paynamed::testing {

// The node's network, seen and moved without the plugin. Functions throw std::exception when they cannot do
// it, which fails the case.
class NodeWorld {
 public:
  virtual ~NodeWorld() = default;
  // Somebody pays an invoice of the node with the amount that it asks for. Whether the payment arrived.
  virtual bool pay_invoice(const std::string& bolt11) = 0;
  // Somebody asks the node for an invoice of the offer and pays that. Whether the payment arrived.
  virtual bool pay_offer(const std::string& offer, std::uint64_t amount_msat,
                         const std::string& payer_note) = 0;
  // How many the node has, whoever made them; nothing where that cannot be counted.
  virtual std::optional<std::size_t> offers() { return std::nullopt; }
  virtual std::optional<std::size_t> invoices() { return std::nullopt; }
  // Unix seconds at the node.
  virtual std::uint64_t now() = 0;
  // Lets that much time pass at the plugin and at its node.
  virtual void pass(std::chrono::seconds time) = 0;

  // The next request of the plugin that changes the node is carried out and its answer never arrives. Only if
  // NodeCapabilities::loses_replies.
  virtual void lose_next_write_reply();
};

// What differs between backends beyond what Describe says, and what the fixture can do. A case that needs
// what is not there is skipped and says so.
struct NodeCapabilities {
  bool single_use = true;
  bool expiry = true;  // NodeWorld::pass() works
  bool loses_replies = false;
  bool pays_beside = false;  // NodeWorld's paying functions may be called while the plugin is
};

// A plugin and the node that it is asked about.
struct NodeCallee {
  PluginCaller* plugin = nullptr;
  plugin::v1::NodeRef node{};
};

// A backend with its node.
class NodeSubject {
 public:
  virtual ~NodeSubject() = default;
  virtual NodeCallee callee() = 0;
  virtual NodeWorld& world() = 0;
  virtual NodeCapabilities capabilities() const = 0;
  // Another node, to which nothing was ever paid. Without: its case is skipped.
  virtual std::optional<NodeCallee> unpaid_node() { return std::nullopt; }
  // A node that nobody answers for. Without: its case is skipped.
  virtual std::optional<NodeCallee> unreachable_node() { return std::nullopt; }
  // A node that refuses the plugin's credentials. Without: its case is skipped.
  virtual std::optional<NodeCallee> node_with_wrong_credentials() { return std::nullopt; }
  // Everything that the plugin's instances have logged so far.
  virtual std::string logged() = 0;
  // What must be neither in a log line nor in an error: keys and tokens, the wrong ones too.
  virtual std::vector<std::string> secrets() const = 0;
};

class NodeCaseRun;  // for the cases

struct NodeCase {
  const char* name;  // its rule: "TwoKeysNeverShareAnOffer"
  void (*run)(NodeCaseRun& run);
};

struct NodeCaseResult {
  std::vector<std::string> failures;  // sentences; empty: the rule holds
  std::string skipped;                // why it was not checked; empty: it was
};

// All cases.
const std::vector<NodeCase>& node_cases();
NodeCaseResult run_node_case(const NodeCase& which, NodeSubject& subject);

}  // namespace paynamed::testing
