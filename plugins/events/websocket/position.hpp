// Position: a place in a tenant's log as callers write it, "1-17".
//
// Threads: value types and pure functions.
#pragma once

#include <paynamed/events.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paynamed::websocket {

struct Position {
  std::uint32_t epoch = 0;  // {0, 0}: before the first event that is kept
  std::uint64_t seq = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

std::string to_text(Position position);
// Nothing for other text.
std::optional<Position> position_from(std::string_view text);

Position from_message(const EventPosition& message);
EventPosition to_message(Position position);

}  // namespace paynamed::websocket
