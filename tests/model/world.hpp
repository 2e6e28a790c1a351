// World: what the processes of a play share: the time, which only the daemon's process moves while it lives,
// and who waits at the node, so that a daemon which waits for nothing else lets time pass.
//
// Threads: atomics in memory that both processes map.
#pragma once

#include <atomic>
#include <cstdint>

namespace paynamed::model {

struct World {
  static constexpr std::int64_t kNever = INT64_MAX;

  // Milliseconds since 1970, of everybody.
  std::atomic<std::int64_t> now_ms{1'800'000'000'000};
  // Calls that get no answer before something happens or time passes, and when the first of them does by
  // time.
  std::atomic<std::int64_t> waiting{0};
  std::atomic<std::int64_t> next_ms{kNever};
};

}  // namespace paynamed::model
