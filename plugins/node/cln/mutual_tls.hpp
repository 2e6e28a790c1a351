// MutualTls: the certificates by which a node and we know each other over gRPC, checked before they are used,
// and why a connection with them does not come about, which gRPC hardly tells.
//
// Threads: every function may be called from any thread that may wait.
#pragma once

#include <chrono>
#include <memory>
#include <paynamed/error.hpp>
#include <paynamed/secret.hpp>
#include <string>

namespace paynamed::cln {

class HostLookup;

class MutualTls {
 public:
  // In PEM: who signed the node's certificate; ours; its key. Throws Error UNAUTHENTICATED naming the setting
  // that is no such thing, and when key and certificate do not belong together or the latter has expired.
  MutualTls(std::string authority, std::string certificate, SecretValue key);
  ~MutualTls();
  MutualTls(const MutualTls&) = delete;
  MutualTls& operator=(const MutualTls&) = delete;

  const std::string& authority() const { return authority_; }
  const std::string& certificate() const { return certificate_; }
  const SecretValue& key() const { return key_; }

  // Connects once more to `address`, "host:port", until the node says something or hangs up, for `most` at
  // most, and tells what was wrong: UNAUTHENTICATED when one side does not believe the other, else
  // UNAVAILABLE. Sends no request.
  Error why_not(const std::string& address, const std::string& server_name, HostLookup& lookup,
                std::chrono::milliseconds most) const;

 private:
  struct Context;

  const std::string authority_;
  const std::string certificate_;
  const SecretValue key_;
  std::unique_ptr<Context> context_;
};

}  // namespace paynamed::cln
