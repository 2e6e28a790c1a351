// NodeWatch: takes in the payments of one node, for as long as it is let.
//
// It learns who the node is, reads on from the cursor that the store has for it, and hands what comes to the
// store, which decides. A node that does not know the cursor any more was restored from a backup, or another
// one stands in its place: that one has a cursor of its own, and the same node is read again from the start,
// where what is known already is known by its key.
//
// An answer with a payment that cannot be one is a defect of the plugin. What is right of it is taken in, and
// the cursor stays until the plugin is mended, unless nothing that we made was paid: what is ours is never
// skipped.
//
// A backend that takes none of its own cursors is read from the start again and again, ever more seldom; that
// it was restored is said once, until it takes one.
//
// Threads: run() is one coroutine; stop it by cancelling it. Everything else may be called from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <optional>
#include <string>

#include "payments/payment_check.hpp"
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
    bool told_of_broken = false;
  };
  struct Description {
    std::string network;
    bool livemode = false;
  };
  using Reply = plugin::v1::WatchPaymentsReply;
  // What the node said, and what it had been asked.
  struct Told {
    base::Result<Reply> reply;
    std::uint32_t most = 0;
    base::Duration wait{0};
    base::WallTime asked;
    base::WallTime answered;
    bool at_once = false;
    bool read_ahead = false;
  };
  // One of the two things that are done side by side.
  struct Half {
    base::Status taken;
    std::optional<Told> told;
  };

  boost::asio::awaitable<base::Status> watch();
  boost::asio::awaitable<base::Result<Description>> describe();
  boost::asio::awaitable<base::Result<Attached>> attach();
  boost::asio::awaitable<base::Result<void>> read_again(Attached& attached);
  bool is_resynced(const Attached& attached) const { return resynced_node_id_ == attached.source.node_id; }
  state::NewEvent resynced_event(const Attached& attached) const;
  boost::asio::awaitable<base::Result<Reply>> poll(std::string cursor, std::uint32_t most,
                                                   base::Duration wait);
  boost::asio::awaitable<Told> listen(std::string cursor, base::Duration wait);
  // Takes in what was told; when it may be a part of more, what follows is read meanwhile into `ahead`.
  boost::asio::awaitable<base::Status> take_in_and_listen(Attached& attached, Told told,
                                                          std::optional<Told>& ahead);
  boost::asio::awaitable<Half> write_half(Attached& attached, Reply reply);
  boost::asio::awaitable<Half> read_half(std::string cursor);
  boost::asio::awaitable<base::Status> take_in(Attached& attached, Reply reply);
  base::Status check(const Attached& attached, const Reply& reply) const;
  // Why nothing behind this payment is read.
  base::Status holds(const Broken& payment) const;
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
  const observe::Counter batches_;
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
  std::string resynced_node_id_;  // that node was read again, and has taken no cursor since

  mutable std::mutex mutex_;
  WatchStatus status_;  // guarded by mutex_
};

}  // namespace paynamed::payments
