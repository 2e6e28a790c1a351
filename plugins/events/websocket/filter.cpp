#include "filter.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace paynamed::websocket {
namespace {

constexpr std::size_t kMostTypeBytes = 64;
// A name has at most 230 bytes, and an "@".
constexpr std::size_t kMostNameBytes = 231;

bool is_type(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  if (text.size() > kMostTypeBytes) return false;
  if (text.ends_with(".*")) text.remove_suffix(2);
  return is_type(text);
}

bool fits(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  pattern.remove_suffix(1);
  return type.starts_with(pattern);
}

bool is_name(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == text.npos || at + 1 == text.size() || text.size() > kMostNameBytes) return false;
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }) &&
         text.find('@', at + 1) == text.npos;
}

// As the daemon folds names (ASCII alone is left in one).
void fold(std::string& name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

Error invalid(std::string message) {
  return Error(Code::kInvalidArgument, std::move(message));
}

}  // namespace

Result<Filter> Filter::make(std::vector<std::string> types, std::vector<std::string> names) {
  if (types.size() > kMostTypes)
    return invalid("a filter has at most 64 types; take patterns like \"payment.*\"");
  if (names.size() > kMostNames) return invalid("a filter has at most 1,000 names");
  if (!std::ranges::all_of(types, is_pattern)) {
    return invalid(
        "a type in the filter is not one; write it like \"payment.received\", \"payment.*\" or \"*\"");
  }
  if (!std::ranges::all_of(names, is_name))
    return invalid("a name in the filter is not one; write it like \"alice@example.com\"");
  Filter filter;
  std::ranges::for_each(names, fold);
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  filter.names_ = std::move(names);
  if (std::ranges::find(types, "*") == types.end()) filter.types_ = std::move(types);
  return filter;
}

bool Filter::has_name(std::string_view name) const {
  return std::ranges::binary_search(names_, name, std::less<>());
}

bool Filter::matches(std::string_view type, std::string_view name) const {
  if (!names_.empty() && !has_name(name)) return false;
  return types_.empty() ||
         std::ranges::any_of(types_, [&](const std::string& pattern) { return fits(pattern, type); });
}

std::string Filter::name_outside(const Filter& scope) const {
  if (scope.names_.empty()) return {};
  const auto found =
      std::ranges::find_if(names_, [&](const std::string& name) { return !scope.has_name(name); });
  return found == names_.end() ? std::string() : *found;
}

}  // namespace paynamed::websocket
