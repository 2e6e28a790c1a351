// IntentTurns: who asks a node for an invoice does so alone, or what one of them gives up would be what
// another is asking for.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor. A Turn
// and who waits for one may outlive it, as when a request ends with its io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

namespace paynamed::payments {

class IntentTurns {
 private:
  struct State;

 public:
  explicit IntentTurns(base::Clock& clock);
  ~IntentTurns();  // who waits gets none
  IntentTurns(const IntentTurns&) = delete;
  IntentTurns& operator=(const IntentTurns&) = delete;

  // Until its end nobody else has the turn of the intent.
  class Turn {
   public:
    Turn(std::shared_ptr<State> turns, base::Uuid intent) : turns_(std::move(turns)), intent_(intent) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    std::shared_ptr<State> turns_;
    base::Uuid intent_;
  };

  // Nothing when somebody has it.
  std::optional<Turn> try_take(base::Uuid intent);
  // Waits for it, in no order:
  //   DEADLINE_EXCEEDED    nobody gave it back for so long as a caller can wait
  //   FAILED_PRECONDITION  many wait for it already
  //   UNAVAILABLE          the turns ended
  boost::asio::awaitable<base::Result<Turn>> take(base::Uuid intent);

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace paynamed::payments
