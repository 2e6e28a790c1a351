// NodeWatch: takes in the payments of one node, for as long as it is let.
//
// It learns who the node is, reads on from the cursor that the store has for it, and hands what comes to the
// store, which decides. A node that does not know the cursor any more was restored from a backup, or another
// one stands in its place: that one has a cursor of its own, and the same node is read again from the start,
// where what is known already is known by its key.
//
// An answer with a payment that cannot be one is a defect of the plugin. What is right of it is taken in, and
// the cursor stays until the plugin is mended: nothing is skipped.
//
// Threads: run() is one coroutine; stop it by cancelling it. Everything else may be called from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <optional>
#include <string>

#include "payments/services.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::payments {

// How the watch of a node is, for operators.
struct WatchStatus {
  enum class State {
    kStarting,
    kReading,     // what is there
    kWaiting,     // for what comes
    kFailing,     // `problem` says why; tried again
    kNotWatched,  // the backend tells of no payments
  };
  WatchedNode node;
  State state = State::kStarting;
  std::string node_id;                       // empty before it is known
  std::string problem;                       // a sentence, while failing
  std::optional<base::WallTime> read_until;  // all that was paid until then has been read
};

class NodeWatch {
 public:
  // `services` outlives it. Only with `long_polls` does a call wait at the node for what comes.
  NodeWatch(WatchedNode node, bool long_polls, const Services& services);

  // Until it is cancelled.
  boost::asio::awaitable<void> run();

  const WatchedNode& node() const { return node_; }
  WatchStatus status() const;

 private:
  // What was learned of the node before its payments are read.
  struct Attached {
    state::PaymentSource source;
    std::string cursor;
  };
  struct Description {
    std::string network;
    bool livemode = false;
  };
  using Reply = plugin::v1::WatchPaymentsReply;

  boost::asio::awaitable<base::Status> watch();
  boost::asio::awaitable<base::Result<Description>> describe();
  boost::asio::awaitable<base::Result<Attached>> attach();
  boost::asio::awaitable<base::Result<void>> read_again(Attached& attached);
  boost::asio::awaitable<base::Result<Reply>> poll(std::string cursor, std::uint32_t most,
                                                   base::Duration wait);
  boost::asio::awaitable<base::Status> take_in(Attached& attached, Reply reply);
  base::Status check(const Attached& attached, const Reply& reply) const;
  base::Result<std::string> stored_cursor(const state::PaymentSource& source) const;
  base::Duration next_wait() const;
  void adapt(const base::Status& status);
  base::Duration pause_after(const base::Status& status);
  void tell(const base::Status& status);
  void fine(WatchStatus::State state);
  void read_to_the_end(base::WallTime asked, base::WallTime answered, base::Duration wait);

  const WatchedNode node_;
  const bool long_polls_;
  const Services& with_;
  const observe::Log log_;
  const observe::Counter taken_in_;
  const observe::Counter strays_;
  const observe::Counter broken_;
  const observe::Counter resyncs_;
  const observe::Counter failures_;

  // Of the coroutine.
  std::uint32_t most_ = 100;     // payments in one answer
  std::uint32_t failed_ = 0;     // times in a row
  bool caught_up_ = false;       // since it attached
  std::string refused_node_id_;  // the node said that it does not know this cursor
  std::string refused_cursor_;

  mutable std::mutex mutex_;
  WatchStatus status_;  // guarded by mutex_
};

}  // namespace paynamed::payments
