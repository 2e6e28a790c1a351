#include "base/random.hpp"

#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>

namespace paynamed::base {

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Values past the last whole multiple of `bound` would favour the small results: draw again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

Duration Random::jitter(Duration most) {
  if (most.count() <= 0) return Duration{0};
  return Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.count()) + 1))};
}

void SystemRandom::fill(std::span<std::byte> out) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
    std::fputs("paynamed: the system gives no random numbers (RAND_bytes failed); stopping\n", stderr);
    std::abort();
  }
}

struct SeededRandom::State {
  explicit State(std::uint64_t seed) : engine(seed) {}
  std::mutex mutex;
  std::mt19937_64 engine;
};

SeededRandom::SeededRandom(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
SeededRandom::~SeededRandom() = default;

void SeededRandom::fill(std::span<std::byte> out) {
  const std::lock_guard lock(state_->mutex);
  for (std::size_t at = 0; at < out.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t value = state_->engine();
    std::memcpy(out.data() + at, &value, std::min(sizeof value, out.size() - at));
  }
}

}  // namespace paynamed::base
