// Nodes: the nodes of one instance. An empty reference names the one of the configuration; another one is the
// address of a node that was added, and comes with the handles of its secrets.
//
// Threads: every function may be called from any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "node.hpp"

namespace paynamed::cln {

// The settings of an added node: the instance's network and timeout, the address, and the secrets by the last
// parts of their handles. "https://host:port" is clnrest: "rune", and "ca" for an authority of its own;
// "grpc://host:port" is cln-grpc: "ca", "client_certificate" and "client_key". Throws NOT_FOUND for what is
// no such address or lacks a secret, INVALID_ARGUMENT for secrets that are not known there.
Settings settings_of(const Host& host, const Settings& instance, const proto::NodeRef& node);

class Nodes {
 public:
  Nodes(Host host, Settings instance);

  // Whoever has one keeps it alive. Throws as settings_of().
  std::shared_ptr<Node> of(const proto::NodeRef& reference);
  // What is remembered of an added node.
  void forget(const proto::NodeRef& reference);
  Node& own() { return *own_; }

 private:
  struct Added {
    std::string key;
    std::shared_ptr<Node> node;
  };

  const Host host_;
  const Settings settings_;
  const std::shared_ptr<Node> own_;
  std::mutex mutex_;
  std::list<Added> added_;  // the last used first; guarded by mutex_
};

}  // namespace paynamed::cln
