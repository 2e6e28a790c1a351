// ServedEvent: an event as everybody outside sees it, whichever way it goes: pages, streams, webhooks. Its
// text is made once.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "state/model.hpp"

namespace paynamed::events {

struct ServedEvent {
  std::uint64_t seq = 0;
  base::Uuid id;
  std::string type;     // "payment.received"
  std::string subject;  // of the event
  std::string name;     // the payment name that it is about, or empty
  base::WallTime time;
  std::string text;  // CloudEvents 1.0 JSON that is also a body of Standard Webhooks, one line
};

using SharedEvent = std::shared_ptr<const ServedEvent>;

// `data` goes into the text as it is stored, byte for byte. `epoch` is the log's, for the position.
ServedEvent served(const state::Event& event, std::string_view tenant, std::uint32_t epoch);

// The text alone.
std::string to_event_json(const state::Event& event, std::string_view tenant, std::uint32_t epoch);

// "1-17": epoch and seq.
std::string to_text(state::Position position);
// The same back; "17" alone is in epoch 1, empty is the start. Nothing for other text.
std::optional<state::Position> position_from(std::string_view text);

}  // namespace paynamed::events
