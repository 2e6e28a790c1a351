#include "api/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/diagnostic.hpp"

namespace paynamed::api {
namespace {

constexpr std::size_t kMaxParameters = 32;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// `text` may hold anything; a message quotes at most this much of it.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                   [](char a, char b) { return lower(a) == lower(b); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equal_ignoring_case(field, name)) return &value;
  }
  return nullptr;
}

std::string Headers::joined(std::string_view name) const {
  std::string out;
  for (const auto& [field, value] : fields_) {
    if (!equal_ignoring_case(field, name)) continue;
    if (!out.empty()) out += ", ";
    out += value;
  }
  return out;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), [&](const auto& field) {
    return equal_ignoring_case(field.first, name);
  }));
}

void Request::answer_if_stopping(Response response) {
  const std::lock_guard lock{mutex_};
  early_answer_ = std::move(response);
}

std::optional<Response> Request::take_early_answer() {
  const std::lock_guard lock{mutex_};
  return std::exchange(early_answer_, std::nullopt);
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || c == '@') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

base::Result<Query> Query::parse(std::string_view text, const std::vector<std::string>& known) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = percent_decode(part.substr(0, equals), true);
    const auto value = percent_decode(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value) {
      return base::fail(base::invalid_argument(
          fmt::format("the query has a broken percent escape near '{}'", shown(part))));
    }
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      const std::string near = config::nearest(*name, known);
      return base::fail(base::invalid_argument(fmt::format(
          "there is no query parameter '{}' here; {}", shown(*name),
          near.empty() ? "the documentation is at /openapi.yaml" : fmt::format("did you mean '{}'?", near))));
    }
    if (query.find(*name) != nullptr) {
      return base::fail(
          base::invalid_argument(fmt::format("the query parameter '{}' is given twice", *name)));
    }
    if (query.parameters_.size() == kMaxParameters) {
      return base::fail(base::invalid_argument("the query has too many parameters"));
    }
    query.parameters_.emplace_back(*name, *value);
  }
  return query;
}

const std::string* Query::find(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string Query::text(std::string_view name) const {
  const std::string* value = find(name);
  return value ? *value : std::string{};
}

base::Result<std::uint32_t> Query::number(std::string_view name, std::uint32_t least, std::uint32_t most,
                                          std::uint32_t otherwise) const {
  const std::string* text = find(name);
  if (!text) return otherwise;
  const auto value = parse_number(*text);
  if (!value || *value < least || *value > most) {
    return base::fail(base::invalid_argument(
        fmt::format("the query parameter '{}' must be a whole number from {} to {}", name, least, most)));
  }
  return *value;
}

std::optional<base::Duration> preferred_wait(const Headers& headers, base::Duration most) {
  const std::string all = headers.joined("Prefer");
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    // Parameters of a preference follow after ';'; `wait` has none that we know.
    std::string_view preference = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    preference = trimmed(preference.substr(0, preference.find(';')));
    const std::size_t equals = preference.find('=');
    if (equals == preference.npos || !equal_ignoring_case(trimmed(preference.substr(0, equals)), "wait"))
      continue;
    std::string_view value = trimmed(preference.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    // The first one counts (section 2).
    const auto seconds = parse_number(value);
    if (!seconds) return std::nullopt;
    return std::min<base::Duration>(std::chrono::seconds{*seconds}, most);
  }
  return std::nullopt;
}

bool is_traceparent(std::string_view text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return false;
  const auto is_hex = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  };
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return is_hex(trace) && is_hex(parent) && is_hex(text.substr(53)) &&
         trace.find_first_not_of('0') != trace.npos && parent.find_first_not_of('0') != parent.npos;
}

}  // namespace paynamed::api
