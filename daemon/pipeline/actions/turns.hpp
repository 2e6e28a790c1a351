// Turns: how many runs of one domain that nobody waits for look at the DNS at once. A provider's batch makes
// hundreds of them ready in one moment; without turns somebody's own registration would stand behind all of
// them at each step.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/one_shot.hpp"

namespace paynamed::pipeline {

class Turns : public std::enable_shared_from_this<Turns> {
 public:
  // `most` of each domain.
  explicit Turns(std::size_t most) : most_(most) {}

  // Given back when it ends.
  class Turn {
   public:
    Turn() = default;
    Turn(std::shared_ptr<Turns> turns, std::string domain)
        : turns_(std::move(turns)), domain_(std::move(domain)) {}
    Turn(Turn&& other) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->give_back(domain_);
    }

   private:
    std::shared_ptr<Turns> turns_;
    std::string domain_;
  };
  // Waits in the order of the calls; one that is cancelled gets none.
  boost::asio::awaitable<Turn> take(std::string domain);

  // Of all domains.
  std::size_t taken() const;
  std::size_t waiting() const;

 private:
  using Waiter = std::shared_ptr<base::OneShot<bool>>;
  struct Domain {
    std::size_t taken = 0;
    std::deque<Waiter> waiting;
  };
  void give_back(const std::string& domain);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, Domain> domains_;  // guarded by mutex_; those with a turn taken
};

}  // namespace paynamed::pipeline
