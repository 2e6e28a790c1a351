// Node: one Core Lightning node with what we ask of it, and what is remembered of it.
//
// Threads: every function may be called from any thread that may wait. They throw as NodeCalls does, and with
// the codes of the contract.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <memory>
#include <mutex>
#include <optional>
#include <paynamed/host.hpp>

#include "invoices.hpp"
#include "node_calls.hpp"
#include "offers.hpp"
#include "payments.hpp"
#include "settings.hpp"

namespace paynamed::cln {

class Node {
 public:
  // No I/O.
  Node(const Host& host, Settings settings);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Asked at the first call; throws FAILED_PRECONDITION when the node is not what the configuration says.
  NodeFacts known(const Call& call);
  // Asked anew.
  NodeFacts asked(const Call& call);
  // It may be another node by now.
  void forget_facts();
  // What our credentials allow.
  proto::Custody custody() const;
  // Why the node cannot make offers with the fronting nodes that the configuration names; empty: it can.
  std::string fronting_problem(const NodeFacts& facts) const;
  std::string explanation(const NodeFacts& facts, std::uint64_t inbound_msat) const;
  // Through whom its offers lead, in a sentence.
  std::string paths() const;
  const std::string& network() const { return settings_.network; }

  std::vector<Channel> channels(const Call& call) { return calls_->channels(call); }
  Offers& offers() { return offers_; }
  Invoices& invoices() { return invoices_; }
  Payments& payments() { return payments_; }

 private:
  void check(const NodeFacts& facts) const;

  const Settings settings_;
  const std::unique_ptr<NodeCalls> calls_;
  Offers offers_;
  Invoices invoices_;
  Payments payments_;
  std::mutex mutex_;
  std::optional<NodeFacts> facts_;  // guarded by mutex_
};

}  // namespace paynamed::cln
