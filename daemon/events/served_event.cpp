#include "events/served_event.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace paynamed::events {
namespace {

namespace json = boost::json;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_quoted(out, text);
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '@';
}

// RFC 3986 section 3.3: a segment of the path.
std::string segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string name_of(const state::Event& event) {
  if (event.subject.find('@') != event.subject.npos) return event.subject;
  boost::system::error_code error;
  const json::value data = json::parse(event.data, error);
  if (error || !data.is_object()) return {};
  const json::value* name = data.get_object().if_contains("name");
  return name != nullptr && name->is_string() ? std::string{name->get_string()} : std::string{};
}

}  // namespace

ServedEvent served(const state::Event& event, std::string_view tenant, std::uint32_t epoch) {
  return {event.seq,
          event.id,
          event.type,
          event.subject,
          name_of(event),
          event.time,
          to_event_json(event, tenant, epoch)};
}

std::string to_event_json(const state::Event& event, std::string_view tenant, std::uint32_t epoch) {
  const std::string time = base::to_rfc3339(event.time);
  std::string out;
  out.reserve(512 + event.data.size());
  out += fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/tenants/{}")", event.id.to_string(),
                     segment(tenant));
  append_member(out, "type", event.type);
  append_member(out, "subject", event.subject);
  // `seq` is a text: an integer of CloudEvents ends at 2^31 (section 3.1). `timestamp` is Standard Webhooks'
  // word.
  out += fmt::format(R"(,"time":"{}","timestamp":"{}","version":{},"seq":"{}","position":"{}")", time, time,
                     event.version, event.seq, to_text(state::Position{epoch, event.seq}));
  if (event.run) append_member(out, "run", event.run->to_string());
  if (!event.correlation_id.empty()) append_member(out, "correlationid", event.correlation_id);
  if (!event.traceparent.empty()) append_member(out, "traceparent", event.traceparent);
  out += R"(,"datacontenttype":"application/json","data":)";
  out += event.data;
  out += '}';
  return out;
}

std::string to_text(state::Position position) {
  return fmt::format("{}-{}", position.epoch, position.seq);
}

std::optional<state::Position> position_from(std::string_view text) {
  state::Position position;
  if (text.empty()) return position;
  const auto read = [](std::string_view digits, auto& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return !digits.empty() && error == std::errc{} && end == digits.data() + digits.size();
  };
  const std::size_t dash = text.find('-');
  if (dash != text.npos && (!read(text.substr(0, dash), position.epoch) || position.epoch == 0))
    return std::nullopt;
  if (!read(text.substr(dash == text.npos ? 0 : dash + 1), position.seq)) return std::nullopt;
  return position;
}

}  // namespace paynamed::events
