#include "payments/intent_turns.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "base/broadcast.hpp"

namespace paynamed::payments {
namespace asio = boost::asio;
using base::Result;

namespace {

// A request has this and a call to the node before it; whoever sent it has gone by then.
constexpr base::Duration kLongestWait{20'000};
constexpr int kMostWaiting = 8;

}  // namespace

struct IntentTurns::State {
  struct Intent {
    bool taken = true;
    int waiting = 0;
    std::shared_ptr<base::Broadcast> given_back;  // once somebody waits
  };

  explicit State(base::Clock& with) : clock(with) {}

  bool take_new(base::Uuid intent) {
    const std::lock_guard lock(mutex);
    return intents.try_emplace(intent).second;
  }

  // What tells that it was given back; null when nobody had it, and the caller has it now.
  Result<std::shared_ptr<base::Broadcast>> take_or_join(base::Uuid intent) {
    const std::lock_guard lock(mutex);
    const auto [at, is_new] = intents.try_emplace(intent);
    if (is_new) return nullptr;
    Intent& of = at->second;
    if (of.waiting >= kMostWaiting) {
      return base::fail(base::failed_precondition(
          "a request under this Idempotency-Key is under way, and others wait for it; wait for its answer "
          "before you send it again"));
    }
    if (!of.given_back) of.given_back = std::make_shared<base::Broadcast>(clock);
    ++of.waiting;
    return of.given_back;
  }

  // For who joined: whether it has the turn now. With `last` it waits no longer either way.
  Result<bool> take(base::Uuid intent, bool last) {
    const std::lock_guard lock(mutex);
    if (closed) return base::fail(base::unavailable("the daemon stops; send the request again"));
    Intent& of = intents.at(intent);
    const bool has_it = !std::exchange(of.taken, true);
    if (has_it || last) --of.waiting;
    return has_it;
  }

  void give_back(base::Uuid intent) {
    std::shared_ptr<base::Broadcast> given_back;
    {
      const std::lock_guard lock(mutex);
      const auto at = intents.find(intent);
      if (at->second.waiting == 0) {
        intents.erase(at);
        return;
      }
      at->second.taken = false;
      given_back = at->second.given_back;
    }
    given_back->notify();
  }

  // Who waits is held by what it waits for, and would stay for ever.
  void close() {
    std::map<base::Uuid, Intent> left;
    {
      const std::lock_guard lock(mutex);
      closed = true;
      left = intents;
    }
    for (const auto& [id, intent] : left) {
      if (intent.given_back) intent.given_back->notify();
    }
  }

  base::Clock& clock;
  std::mutex mutex;
  bool closed = false;                   // guarded by mutex
  std::map<base::Uuid, Intent> intents;  // guarded by mutex; those that are taken or waited for
};

IntentTurns::IntentTurns(base::Clock& clock) : state_(std::make_shared<State>(clock)) {}
IntentTurns::~IntentTurns() {
  state_->close();
}

IntentTurns::Turn::~Turn() {
  if (turns_) turns_->give_back(intent_);
}

std::optional<IntentTurns::Turn> IntentTurns::try_take(base::Uuid intent) {
  if (!state_->take_new(intent)) return std::nullopt;
  return std::optional<Turn>{std::in_place, state_, intent};
}

asio::awaitable<Result<IntentTurns::Turn>> IntentTurns::take(base::Uuid intent) {
  const std::shared_ptr<State> state = state_;
  auto joined = state->take_or_join(intent);
  if (!joined) co_return base::fail(joined.error());
  if (!*joined) co_return Result<Turn>{tl::in_place, state, intent};
  base::Broadcast& given_back = **joined;
  const base::MonotonicTime end = state->clock.monotonic() + kLongestWait;
  for (;;) {
    const auto seen = given_back.count();
    const auto left = std::chrono::ceil<base::Duration>(end - state->clock.monotonic());
    const bool last = left.count() <= 0;
    const auto taken = state->take(intent, last);
    if (!taken) co_return base::fail(taken.error());
    if (*taken) co_return Result<Turn>{tl::in_place, state, intent};
    if (last) break;
    co_await given_back.wait(seen, left);
  }
  co_return base::fail(base::deadline_exceeded(
      "the node has not answered an earlier request under this Idempotency-Key, and is asked again until it "
      "does; send the request again with the same key, or wait for invoice.created"));
}

}  // namespace paynamed::payments
