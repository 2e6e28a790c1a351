// EventFilter: which events somebody wants: types with a star at the end ("payment.*"), and payment names.
//
// Threads: immutable after it is made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "events/served_event.hpp"

namespace paynamed::events {

inline constexpr std::size_t kMostTypePatterns = 64;
inline constexpr std::size_t kMostFilteredNames = 1000;

class EventFilter {
 public:
  // Everything.
  EventFilter() = default;
  // `types`: "payment.received", "payment.*" or "*"; none: all. `names`: payment names, folded as
  // base::Name does; none: all, also events that are about no name. INVALID_ARGUMENT for what is neither, or
  // for more than the most of either.
  static base::Result<EventFilter> make(std::vector<std::string> types, std::vector<std::string> names);

  bool matches(std::string_view type, std::string_view name) const;
  bool matches(const ServedEvent& event) const { return matches(event.type, event.name); }

  const std::vector<std::string>& types() const { return types_; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> types_;
  std::vector<std::string> names_;  // in order
};

}  // namespace paynamed::events
