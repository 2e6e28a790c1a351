// RecentAnswers: what was answered under an Idempotency-Key lately, for requests whose effect the store keeps
// no key for. A repeat within a day gets the same answer and changes nothing; a restart of the daemon
// forgets.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/message.hpp"
#include "base/clock.hpp"

namespace paynamed::api {

class RecentAnswers {
 public:
  static constexpr base::Duration kKept{86'400'000};
  static constexpr std::size_t kMostKept = 10'000;
  static constexpr std::size_t kMostBytes = 16U << 20;

  // `clock` outlives it.
  explicit RecentAnswers(base::Clock& clock) : clock_(clock) {}

  // What a repeat gets may be less than what the first request got: a secret is shown once.
  struct Answered {
    explicit Answered(Response response) : first(std::move(response)) {}
    Response first;
    std::string again;  // the body of repeats; empty: as the first
  };
  using Work = std::function<boost::asio::awaitable<Answered>(Request&)>;
  // Does the work, or answers as the last time under the same key of the tenant, with Idempotency-Replayed.
  // Only 2xx answers are kept. 422 when the key was used for another request, 409 while the first one is
  // under way, 400 for a key that is none.
  boost::asio::awaitable<Response> once(Request& request, Work work);

 private:
  struct Kept {
    std::string request_hash;
    bool is_ready = false;
    Response response;
    base::MonotonicTime until;
  };
  using Key = std::pair<std::string, std::string>;  // tenant and key
  void forget_old();
  std::optional<Response> answer_of(const Request& request, const Key& key, const std::string& hash);
  void keep(const Key& key, Response response);

  base::Clock& clock_;
  std::mutex mutex_;
  std::map<Key, Kept> kept_;  // guarded by mutex_, as all below
  std::deque<Key> order_;     // of those that are ready, the oldest first
  std::size_t bytes_ = 0;
};

}  // namespace paynamed::api
