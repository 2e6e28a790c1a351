#include "api/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>

#include "config/diagnostic.hpp"
#include "state/payments.hpp"

namespace paynamed::api {
namespace {

constexpr std::size_t kMaxDepth = 32;

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

Result<Body> Body::parse(std::string_view text) {
  if (text.empty()) {
    return base::fail(base::invalid_argument("the body is empty; send a JSON object"));
  }
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) {
    return base::fail(base::invalid_argument(fmt::format("the body is not JSON: {}", error.message())));
  }
  if (!value.is_object()) return base::fail(base::invalid_argument("the body must be a JSON object"));
  return Body{std::move(value.as_object()), "the body"};
}

Result<void> Body::only(const std::vector<std::string>& known) const {
  for (const auto& member : object_) {
    const std::string_view name = member.key();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = config::nearest(name, known);
    return base::fail(
        base::invalid_argument(fmt::format("{} has an unknown member '{}'; {}", where_, shown(name),
                                           near.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                                                        : fmt::format("did you mean '{}'?", near))));
  }
  return {};
}

bool Body::is_text(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  return value && value->is_string();
}

bool Body::is_true(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  return value && value->is_bool() && value->get_bool();
}

bool Body::is_null(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  return value && value->is_null();
}

Result<bool> Body::flag(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  if (!value || value->is_null()) return false;
  if (value->is_bool()) return value->get_bool();
  return base::fail(base::invalid_argument(fmt::format("'{}' in {} must be true or false", member, where_)));
}

Result<std::vector<std::string>> Body::texts(std::string_view member, std::size_t most,
                                             std::size_t most_bytes) const {
  std::vector<std::string> texts;
  const boost::json::value* value = object_.if_contains(member);
  if (!value || value->is_null()) return texts;
  if (!value->is_array() || value->get_array().size() > most) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' in {} must be a list of at most {} texts", member, where_, most)));
  }
  for (const boost::json::value& each : value->get_array()) {
    // As a member of its own, so that it is judged as any other text.
    const Body single{boost::json::object{{member, each}}, where_};
    auto text = single.text(member, most_bytes, true);
    if (!text) return base::fail(text.error());
    texts.push_back(*std::move(text));
  }
  return texts;
}

Result<std::string> Body::text(std::string_view member, std::size_t most, bool required) const {
  const boost::json::value* value = object_.if_contains(member);
  if (!value || (value->is_null() && !required)) {
    if (!required) return std::string{};
    return base::fail(base::invalid_argument(fmt::format("{} has no '{}'; add it", where_, member)));
  }
  if (!value->is_string()) {
    return base::fail(base::invalid_argument(fmt::format("'{}' in {} must be a text", member, where_)));
  }
  const std::string_view text = value->get_string();
  if (required && text.empty()) {
    return base::fail(base::invalid_argument(fmt::format("'{}' in {} must not be empty", member, where_)));
  }
  if (text.size() > most) {
    return base::fail(
        base::invalid_argument(fmt::format("'{}' in {} is longer than {} bytes", member, where_, most)));
  }
  const bool has_control = std::any_of(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_control) {
    return base::fail(
        base::invalid_argument(fmt::format("'{}' in {} has control characters", member, where_)));
  }
  return std::string{text};
}

Result<std::uint64_t> Body::positive(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  if (!value) return std::uint64_t{0};
  boost::system::error_code error;
  const auto number = value->is_number() ? value->to_number<std::uint64_t>(error) : 0;
  if (error || number == 0) {
    return base::fail(
        base::invalid_argument(fmt::format("'{}' in {} must be a whole number from 1", member, where_)));
  }
  return number;
}

Result<std::uint64_t> Body::amount_msat(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  if (!value || value->is_null()) return std::uint64_t{0};
  std::uint64_t msat = 0;
  bool good = false;
  if (const boost::json::string* text = value->if_string()) {
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, msat);
    good = error == std::errc{} && stop == end;
  } else if (value->is_int64() || value->is_uint64()) {
    boost::system::error_code error;
    msat = value->to_number<std::uint64_t>(error);
    good = !error;
  }
  if (!good || msat == 0 || msat > state::kMostMsat) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' in {} must be an amount in millisatoshi from 1, as a string or a whole number",
                    member, where_)));
  }
  return msat;
}

Result<std::map<std::string, std::string>> Body::raw_texts() const {
  std::map<std::string, std::string> texts;
  for (const auto& member : object_) {
    if (!member.value().is_string())
      return base::fail(base::invalid_argument(fmt::format("every member of {} must be a text", where_)));
    texts[std::string{member.key()}] = std::string{std::string_view{member.value().get_string()}};
  }
  return texts;
}

Result<Body> Body::object(std::string_view member) const {
  const boost::json::value* value = object_.if_contains(member);
  if (!value || !value->is_object()) {
    return base::fail(base::invalid_argument(fmt::format("'{}' in {} must be an object", member, where_)));
  }
  return Body{value->get_object(), fmt::format("'{}'", member)};
}

}  // namespace paynamed::api
