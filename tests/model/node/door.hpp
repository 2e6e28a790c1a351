// Door: the node's JSON-RPC socket, with faults that the play orders for single calls.
//
// A call that waits (for a payment, or for ever because of a fault) is told to the World, so that time may
// pass.
//
// Threads: belongs to the thread of its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/node/commands.hpp"

namespace paynamed::model {

// What happens to one call.
enum class FaultKind {
  kReset,      // the connection ends before anything is done
  kLoseReply,  // it is done, and the connection ends without an answer
  kHang,       // nothing is done, and the connection ends after `seconds`
  kSlow,       // done after `seconds`
  kDuplicate,  // done twice, one answer
  kGarbage,    // done, and the answer is not JSON
  kError,      // not done; the node answers with the error `code`
  kUnknown,    // done, and the answer has a status that nobody knows
  kHollow,     // waitanyinvoice tells of an invoice that is not paid, and leaves its status out
  kDieBefore,  // the daemon's process ends before anything is done
  kDieAfter,   // it is done, and the daemon's process ends before the answer
};
std::string_view to_string(FaultKind kind);

struct Fault {
  std::string method;  // "*": whatever comes
  FaultKind kind = FaultKind::kReset;
  std::uint64_t seconds = 0;
  std::int64_t code = -1;
};

class Door {
 public:
  Door(boost::asio::io_context& io, World& world, LnNode& node, std::string path);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // A node that is down: connections end, and no new one is taken.
  void open();
  void close();
  bool is_open() const { return acceptor_.has_value(); }
  // As a restart of lightningd does, or the end of the daemon's process.
  void cut();

  // For the next call of that method.
  void order(Fault fault) { ordered_.push_back(std::move(fault)); }
  void clear_faults() { ordered_.clear(); }
  // Whose time is over gets its answer. After the World's time moved.
  void time_passed();
  // Wakes who waits for a payment, with whatever was paid (lightningd does not look at its number).
  void paid(const NodeInvoice& invoice);

  const Commands& commands() const { return commands_; }
  // Ends the daemon's process.
  std::function<void()> kill_daemon;

 private:
  struct Session;
  using SessionPtr = std::shared_ptr<Session>;
  // An answer that is due by time, or by a payment.
  struct Waiting {
    SessionPtr session;
    boost::json::object request;
    std::int64_t until_ms = World::kNever;
    bool for_payment = false;
    std::function<void()> then;
  };

  void accept();
  void read(const SessionPtr& session);
  void called(const SessionPtr& session, const boost::json::object& request);
  void serve(const SessionPtr& session, const boost::json::object& request,
             const std::optional<Fault>& fault);
  void wait_any(const SessionPtr& session, const boost::json::object& request,
                const std::optional<Fault>& fault);
  void wait(Waiting waiting);
  std::optional<Fault> take(const std::string& method);
  std::optional<NodeInvoice> hollow() const;
  void answer(const SessionPtr& session, const boost::json::object& request, boost::json::object result,
              const std::optional<Fault>& fault);
  void refuse(const SessionPtr& session, const boost::json::object& request, std::int64_t code,
              const std::string& text);
  void send(const SessionPtr& session, std::string text);
  void drop(const SessionPtr& session);
  void tell_world();

  boost::asio::io_context& io_;
  World& world_;
  LnNode& node_;
  Commands commands_;
  const std::string path_;
  std::optional<boost::asio::local::stream_protocol::acceptor> acceptor_;
  std::list<SessionPtr> sessions_;
  std::list<Waiting> waiting_;
  std::list<Fault> ordered_;
};

}  // namespace paynamed::model
