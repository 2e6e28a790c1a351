// OpenStreams: the answers that go on, counted by key and in all, and their end when the daemon stops.
//
// Threads: any.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "observe/metrics.hpp"

namespace paynamed::api {

// Each holds a connection for as long as its reader likes.
struct StreamLimits {
  std::uint32_t all = 512;
  std::uint32_t of_key = 256;
};

class OpenStreams {
 public:
  // Called once, with how many streams end at that moment.
  using AtStop = std::function<void(std::size_t streams)>;
  struct State;

  // One stream. Given back by leave(), or by its end, which may come after that of the OpenStreams.
  class Place {
   public:
    Place(std::shared_ptr<State> state, std::uint64_t key) : state_(std::move(state)), key_(key) {}
    ~Place() { leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // How to end the stream when the daemon stops; called at once when it does so already, and never after
    // leave().
    void at_stop(AtStop end);
    void leave();

   private:
    friend class OpenStreams;
    const std::shared_ptr<State> state_;
    const std::uint64_t key_;
    AtStop end_;         // guarded by state_->mutex
    bool left_ = false;  // guarded by state_->mutex
  };

  enum class Full { kKey, kAll };

  // `clock` and `metrics` outlive it.
  OpenStreams(StreamLimits limits, base::Clock& clock, observe::Metrics& metrics);
  ~OpenStreams();

  // A place, or of what there are too many.
  tl::expected<std::shared_ptr<Place>, Full> take(std::uint64_t key);
  const StreamLimits& limits() const { return limits_; }

  // Ends all streams, and those that come later as they come.
  void stop();
  // True when none is left, false after `most`.
  boost::asio::awaitable<bool> drained(base::Duration most);

 private:
  const StreamLimits limits_;
  base::Clock& clock_;
  const std::shared_ptr<State> state_;
  const observe::Counter refused_;
  std::shared_ptr<void> refresh_;  // of the gauge
};

}  // namespace paynamed::api
