#include "events/event_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/name.hpp"

namespace paynamed::events {
namespace {

constexpr std::size_t kMostPatternBytes = 64;

bool is_type(std::string_view text) {
  if (text.empty() || text.size() > kMostPatternBytes || text.front() == '.' || text.back() == '.')
    return false;
  if (text.find("..") != text.npos) return false;
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  if (text.ends_with(".*")) text.remove_suffix(2);
  return is_type(text);
}

bool fits(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  pattern.remove_suffix(1);
  return type.starts_with(pattern);
}

}  // namespace

base::Result<EventFilter> EventFilter::make(std::vector<std::string> types, std::vector<std::string> names) {
  if (types.size() > kMostTypePatterns) {
    return base::fail(base::invalid_argument(
        fmt::format("a filter has at most {} types; take patterns like \"payment.*\"", kMostTypePatterns)));
  }
  if (names.size() > kMostFilteredNames) {
    return base::fail(
        base::invalid_argument(fmt::format("a filter has at most {} names", kMostFilteredNames)));
  }
  for (const std::string& type : types) {
    if (is_pattern(type)) continue;
    return base::fail(base::invalid_argument(
        "a type in the filter is not one; write it like \"payment.received\", \"payment.*\" or \"*\""));
  }
  EventFilter filter;
  for (const std::string& name : names) {
    auto parsed = base::Name::parse(name);
    if (!parsed) return base::fail(parsed.error());
    filter.names_.push_back(parsed->text());
  }
  std::ranges::sort(filter.names_);
  const auto twice = std::ranges::unique(filter.names_);
  filter.names_.erase(twice.begin(), twice.end());
  filter.types_ = std::move(types);
  return filter;
}

bool EventFilter::matches(std::string_view type, std::string_view name) const {
  if (!names_.empty() && !std::ranges::binary_search(names_, name, std::less<>{})) return false;
  return types_.empty() ||
         std::ranges::any_of(types_, [&](const std::string& pattern) { return fits(pattern, type); });
}

}  // namespace paynamed::events
