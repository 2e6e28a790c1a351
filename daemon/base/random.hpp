// Random: the only source of chance. The daemon gets OpenSSL's generator; tests get a seeded one.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/time.hpp"

namespace paynamed::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Full jitter: uniform in [0, most].
  Duration jitter(Duration most);
};

// Cryptographically secure (RAND_bytes). Ends the process if the system gives no randomness.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

// The same numbers for the same seed. Never for keys.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  ~SeededRandom() override;
  void fill(std::span<std::byte> out) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace paynamed::base
