// Whether an event keeps proto/events.schema.json. Builds with tests ask that of every event that is written,
// whatever test or daemon writes it; release builds have nothing of it.
//
// Threads: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "state/model.hpp"

namespace paynamed::state {

// proto/events.schema.json.
std::string_view events_schema();

// What is wrong with the data of an event of this type and version, by its place; nothing when it is as the
// schema says. A type or version that the schema does not have is wrong.
std::optional<std::string> problem_of_data(std::string_view type, std::uint32_t version,
                                           std::string_view data);
// The same of an event as it is served, the envelope with its data.
std::optional<std::string> problem_of_event(std::string_view text);

// Ends the process, with the reason on the standard error, when it is not.
void check_event(const NewEvent& event);

}  // namespace paynamed::state

// Defined where builds with tests compile who writes events.
#ifdef PAYNAMED_EVENT_CHECK
#define PAYNAMED_CHECK_EVENT(event) ::paynamed::state::check_event(event)
#else
#define PAYNAMED_CHECK_EVENT(event) static_cast<void>(0)
#endif
