// GrpcChannel: the connection to a node's gRPC, with mutual TLS. gRPC keeps the certificates with which a
// connection was made; so when one is lost, the next is made anew, with what the files hold by then.
//
// Threads: every function may be called from any thread that may wait.
#pragma once

#include <cln/node.grpc.pb.h>
#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "grpc_settings.hpp"

namespace paynamed::cln {

class MutualTls;

// When a call must be over, by a clock that nobody sets.
gpr_timespec grpc_deadline(std::chrono::milliseconds from_now);

class GrpcChannel {
 public:
  class Connection {
   public:
    Connection(const GrpcSettings& settings, const MutualTls& tls);
    ::cln::Node::Stub& stub() { return *stub_; }
    // Not after the node has hung up, as far as that was noticed: between calls nobody looks.
    bool is_ready() const;
    // False when it does not come about until then.
    bool become_ready(gpr_timespec until) const;

   private:
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<::cln::Node::Stub> stub_;
  };

  // No I/O.
  explicit GrpcChannel(GrpcSettings settings);

  // One that is ready. Calls that need one at the same time wait for one attempt: a hundred handshakes at
  // once are more than a node takes. Throws Error UNAVAILABLE or UNAUTHENTICATED: then nothing was sent.
  std::shared_ptr<Connection> connected(std::chrono::milliseconds most);
  // It is of no use any more; the next is a new one.
  void drop(const std::shared_ptr<Connection>& connection);

 private:
  // Who connects.
  class Turn;

  const GrpcSettings settings_;
  std::mutex mutex_;
  std::condition_variable connected_;
  bool connecting_ = false;                 // guarded by mutex_
  std::shared_ptr<Connection> connection_;  // the same
};

}  // namespace paynamed::cln
