// The two times of the daemon as types: wall time for what people and protocols see, monotonic time for waiting.
// Reading a clock and sleeping is base/clock.hpp's.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace paynamed::base {

using Duration = std::chrono::milliseconds;
// UTC, milliseconds since 1970.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
// Never steps back; its zero means nothing.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// "2026-11-23T14:51:58.004Z" (RFC 3339, UTC, milliseconds).
std::string to_rfc3339(WallTime time);

// The same back; nothing for any other text.
std::optional<WallTime> from_rfc3339(std::string_view text);

// "200ms", "10s", "5m", "12h", "365d": a whole number and a unit, as in the configuration; nothing for other text
// or a value above 100 years.
std::optional<Duration> parse_duration(std::string_view text);

// The shortest of the same form: 90000 ms is "90s", 86400000 ms is "1d".
std::string to_string(Duration duration);

}  // namespace paynamed::base
