// Instance: a configured plugin that can be called.
//
// Threads: every function may be called from any thread; a coroutine resumes on the executor that it runs on.
// The plugin itself runs on its strand in the plugin pool, never on the caller's thread.
#pragma once

#include <google/protobuf/message_lite.h>

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "base/time.hpp"
#include "host/breaker.hpp"

namespace paynamed::host {

class InstanceCore;

// Not an aggregate on purpose: g++ 12 miscompiles aggregate temporaries in a co_await expression.
struct CallOptions {
  CallOptions() {}  // NOLINT: see above
  explicit CallOptions(base::Duration timeout_, std::string key = {})
      : timeout(timeout_), idempotency_key(std::move(key)) {}

  base::Duration timeout{30'000};
  // How much longer an answer is waited for when the time has passed and the plugin was told to cancel: what
  // really became of the call is worth more than an unknown outcome.
  base::Duration grace{0};
  std::string idempotency_key;
  std::string correlation_id;
  std::string traceparent;
  bool background = false;  // nobody in particular waits; what shares a limit lets other calls go first
  // It is about one of several peers behind the instance, so the breaker neither refuses it nor counts it: a
  // peer that is gone must not keep calls from the others. That such a call was not begun says nothing about
  // its peer: the status is deferred().
  bool beside_breaker = false;
};

// How an attempt ended, and whether the plugin may still be acting.
template <class T>
struct CallOutcome {
  // No outcome yet; co_spawn wants to make one.
  CallOutcome() : result(base::fail(base::internal("The call has no outcome."))) {}
  CallOutcome(base::Result<T> result_, std::uint64_t call_id_, bool still_open_)
      : result(std::move(result_)), call_id(call_id_), still_open(still_open_) {}

  base::Result<T> result;
  std::uint64_t call_id = 0;
  // The deadline passed or the caller was cancelled, and the plugin has not answered: before the next attempt
  // at the same thing await Instance::settled(call_id, ...).
  bool still_open = false;
};

struct InstanceInfo {
  enum class State {
    kRunning,
    kBlocked,  // a call has held the strand for more than a second
    kStuck,    // a call is open 30 s after its deadline
    kStopping,
    kStopped,
    kLeft,  // did not stop in time; its threads may still run
  };
  std::string id;
  std::string module;
  std::string version;
  std::string contract;
  bool retired = false;
  State state = State::kRunning;
  std::string explanation;  // of a state that is not kRunning: a sentence
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;      // answered with another status than OK
  std::uint64_t timeouts = 0;      // deadline passed without an answer
  std::uint64_t late_answers = 0;  // came after the deadline
  std::uint64_t broken_rules = 0;  // second answers, answers after stop, malformed replies
  std::uint64_t open_calls = 0;
  Breaker::State breaker = Breaker::State::kClosed;
  std::string breaker_explanation;  // of a breaker that is not closed: a sentence
};

// "running", "blocked", ...
std::string_view to_string(InstanceInfo::State state);

class Instance {
 public:
  explicit Instance(std::shared_ptr<InstanceCore> core) : core_(std::move(core)) {}

  const std::string& id() const;
  const std::string& module() const;
  const std::string& module_version() const;
  // "DnsProvider"; without the package.
  const std::string& contract() const;
  bool retired() const;

  // Calls `method` and waits at most options.timeout, and then options.grace for a late answer.
  //  - What the plugin answered: its bytes, or its status; the sentence is bounded and free of control
  //  characters.
  //  - DEADLINE_EXCEEDED when the time passed: the outcome is unknown, the plugin was told to cancel,
  //  still_open. An answer within the grace is the outcome all the same.
  //  - UNAVAILABLE, not still_open, when surely nothing was begun: the instance is stopping, or the call did
  //  not reach
  //    the plugin before its deadline.
  //  - UNAVAILABLE and deferred() when its breaker is open: too many of its calls failed, so it is not
  //    called for a while; and, of a call beside the breaker, whenever surely nothing was begun.
  //  - INTERNAL when the plugin broke the contract.
  // Cancelling the coroutine counts as its deadline: CANCELLED, still_open.
  boost::asio::awaitable<CallOutcome<std::string>> call_bytes(std::string method, std::string request,
                                                              CallOptions options);

  // True once that call is answered (at once if it is), false if `timeout` passes before.
  boost::asio::awaitable<bool> settled(std::uint64_t call_id, base::Duration timeout);

  // The deadline of every background call is now.
  void end_background_calls();

  // A call has been open for 30 s beyond its deadline. Ends when that call is answered.
  bool stuck() const;
  InstanceInfo info() const;
  // What a call now would be refused with, because the breaker is open.
  std::optional<base::Status> refusal() const;

  // For call(): counts a reply that could not be decoded and gives the status for it.
  base::Status malformed_reply(std::string_view method) const;

 private:
  std::shared_ptr<InstanceCore> core_;
};

// The same with messages: `auto outcome = co_await host::call<PublishReply>(*instance, "Publish", request,
// options);` `request` is encoded before the first suspension.
template <class ReplyMessage>
boost::asio::awaitable<CallOutcome<ReplyMessage>> call(Instance& instance, std::string_view method,
                                                       const google::protobuf::MessageLite& request,
                                                       CallOptions options) {
  std::string name(method);
  std::string bytes;
  if (!request.SerializeToString(&bytes)) {
    co_return CallOutcome<ReplyMessage>(
        base::fail(base::internal("The request " + name + " could not be encoded.")), 0, false);
  }
  auto outcome = co_await instance.call_bytes(name, std::move(bytes), std::move(options));
  if (!outcome.result) {
    co_return CallOutcome<ReplyMessage>(base::fail(std::move(outcome.result).error()), outcome.call_id,
                                        outcome.still_open);
  }
  ReplyMessage reply;
  if (!reply.ParseFromString(*outcome.result)) {
    co_return CallOutcome<ReplyMessage>(base::fail(instance.malformed_reply(name)), outcome.call_id, false);
  }
  co_return CallOutcome<ReplyMessage>(std::move(reply), outcome.call_id, false);
}

}  // namespace paynamed::host
