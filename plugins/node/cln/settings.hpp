// Settings: the table of an instance.
//
// Threads: a value type.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <paynamed/config.hpp>
#include <paynamed/secret.hpp>
#include <string>
#include <vector>

#include "host_lookup.hpp"

namespace paynamed::cln {

struct Settings {
  enum class Transport { kSocket, kRest, kGrpc };

  // Throws Error naming the key that is wrong.
  explicit Settings(const Config& config);

  Transport transport;
  std::string network;
  std::chrono::milliseconds timeout;
  std::string socket;                       // kSocket
  std::string url;                          // kRest; without a slash at its end
  std::optional<Secret> rune;               // kRest
  std::string ca;                           // kGrpc, kRest; empty, only there: the system's authorities
  std::string address;                      // kGrpc; host:port
  std::string server_name;                  // kGrpc
  std::string client_certificate;           // kGrpc
  std::optional<Secret> client_key;         // kGrpc
  std::vector<std::string> fronting_nodes;  // lower-case hex; empty: blinded paths as the node decides
  // Of a node that was added, in the place of the files: PEM.
  std::optional<Secret> ca_secret = {};           // kRest, kGrpc
  std::optional<Secret> certificate_secret = {};  // kGrpc
  // kGrpc: shared by all nodes of the instance.
  std::shared_ptr<HostLookup> lookup = std::make_shared<HostLookup>();
};

}  // namespace paynamed::cln
