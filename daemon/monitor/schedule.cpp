#include "monitor/schedule.hpp"

#include <algorithm>
#include <bit>

namespace paynamed::monitor {
namespace {

// 2^31 slots in 30 days: milliseconds times slots stay below 2^63.
constexpr int kMostBits = 31;

std::uint64_t reversed(std::uint64_t number, int bits) {
  std::uint64_t out = 0;
  for (int i = 0; i < bits; ++i) {
    out = (out << 1U) | (number & 1U);
    number >>= 1U;
  }
  return out;
}

}  // namespace

DueNames due_names(base::WallTime from, base::WallTime to, base::Duration interval, state::NameKey newest,
                   std::size_t most) {
  DueNames due{{}, std::max(from, to)};
  from = std::max(from, to - interval);
  if (newest <= 0 || from >= to) return due;
  const int bits = std::min(static_cast<int>(std::bit_width(static_cast<std::uint64_t>(newest))), kMostBits);
  // A slot of the interval is the moment of the key whose bits are the slot's in reverse order.
  const auto slots = std::int64_t{1} << bits;
  const std::int64_t length = interval.count();
  const auto wanted = static_cast<std::int64_t>(std::min<std::size_t>(most, kMostAtOnce));
  const base::Duration span{std::max<std::int64_t>(wanted * length / slots, 1)};
  due.until = to = std::min(to, from + span);

  const auto first_slot_at = [&](std::int64_t into) { return (into * slots + length - 1) / length; };
  while (from < to) {
    const std::int64_t into = (from.time_since_epoch() % interval).count();
    const std::int64_t step = std::min(length - into, (to - from).count());
    for (std::int64_t slot = first_slot_at(into); slot < first_slot_at(into + step); ++slot) {
      const auto key = static_cast<state::NameKey>(reversed(static_cast<std::uint64_t>(slot), bits));
      if (key >= 1 && key <= newest) due.keys.push_back(key);
    }
    from += base::Duration{step};
  }
  return due;
}

}  // namespace paynamed::monitor
