#include "position.hpp"

#include <charconv>

namespace paynamed::websocket {

std::string to_text(Position position) {
  return std::to_string(position.epoch) + "-" + std::to_string(position.seq);
}

std::optional<Position> position_from(std::string_view text) {
  Position position;
  const auto read = [](std::string_view digits, auto& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
  };
  const std::size_t dash = text.find('-');
  if (dash == text.npos || !read(text.substr(0, dash), position.epoch) || position.epoch == 0)
    return std::nullopt;
  if (!read(text.substr(dash + 1), position.seq)) return std::nullopt;
  return position;
}

Position from_message(const EventPosition& message) {
  return {message.epoch(), message.seq()};
}

EventPosition to_message(Position position) {
  EventPosition message;
  message.set_epoch(position.epoch);
  message.set_seq(position.seq);
  return message;
}

}  // namespace paynamed::websocket
