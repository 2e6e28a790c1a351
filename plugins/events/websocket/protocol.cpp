#include "protocol.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <initializer_list>
#include <utility>

namespace paynamed::websocket {
namespace {

namespace json = boost::json;

Error invalid(std::string message) {
  return Error(Code::kInvalidArgument, std::move(message));
}

void only(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::ranges::find(known, std::string_view(member.key())) == known.end())
      throw invalid("a member of the message is not known; README.md has all of them");
  }
}

std::vector<std::string> texts_of(const json::object& object, std::string_view member, std::size_t most) {
  std::vector<std::string> texts;
  const json::value* value = object.if_contains(member);
  if (value == nullptr) return texts;
  const json::array* array = value->if_array();
  if (array == nullptr || array->size() > most)
    throw invalid("'" + std::string(member) + "' is a list of at most " + std::to_string(most) + " texts");
  for (const json::value& each : *array) {
    if (!each.is_string()) throw invalid("'" + std::string(member) + "' is a list of texts");
    texts.emplace_back(each.get_string());
  }
  return texts;
}

AuthCommand read_auth(const json::value& value) {
  constexpr std::size_t kMostBytes = 4'096;
  if (!value.is_string() || value.get_string().empty() || value.get_string().size() > kMostBytes)
    throw invalid("'auth' is an API key or a token");
  return {std::string(value.get_string())};
}

SubscribeCommand read_subscribe(const json::value& value) {
  if (!value.is_object()) throw invalid("'subscribe' is an object");
  const json::object& object = value.get_object();
  only(object, {"position", "names", "types"});
  SubscribeCommand command;
  if (const json::value* position = object.if_contains("position")) {
    const std::string_view text = position->is_string() ? std::string_view(position->get_string()) : "";
    if (text == "earliest") {
      command.after = Position();
    } else if (text != "now") {
      command.after = position_from(text);
      if (!command.after)
        throw invalid("'position' is one that came with an event, like \"1-17\", or \"now\" or \"earliest\"");
    }
  }
  command.names = texts_of(object, "names", 1'000);
  command.types = texts_of(object, "types", 64);
  return command;
}

UnsubscribeCommand read_unsubscribe(const json::value& value) {
  const std::int64_t* number = value.if_int64();
  if (number == nullptr || *number < 1 || *number > UINT32_MAX)
    throw invalid("'unsubscribe' is the number of a subscription");
  return {static_cast<std::uint32_t>(*number)};
}

Command read(const json::object& object) {
  only(object, {"id", "auth", "subscribe", "unsubscribe", "ping"});
  Command command;
  if (const json::value* id = object.if_contains("id")) {
    const std::int64_t* number = id->if_int64();
    if (number == nullptr || *number < 0) throw invalid("'id' is a whole number from 0");
    command.id = static_cast<std::uint64_t>(*number);
  }
  if (object.size() != (command.id ? 2U : 1U))
    throw invalid("a message has one of 'auth', 'subscribe', 'unsubscribe' and 'ping', and an 'id'");
  if (const json::value* auth = object.if_contains("auth")) {
    command.what = read_auth(*auth);
  } else if (const json::value* subscribe = object.if_contains("subscribe")) {
    command.what = read_subscribe(*subscribe);
  } else if (const json::value* unsubscribe = object.if_contains("unsubscribe")) {
    command.what = read_unsubscribe(*unsubscribe);
  } else if (object.contains("ping")) {
    command.what = PingCommand();
  } else {
    throw invalid("a message has one of 'auth', 'subscribe', 'unsubscribe' and 'ping'");
  }
  return command;
}

std::string reply(ReplyId id, std::string_view what, json::object body) {
  json::object object;
  if (id) object["id"] = *id;
  object[what] = std::move(body);
  return json::serialize(object);
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::string_view word_of(Code code) {
  constexpr std::array<std::string_view, 17> kWords = {
      "ok",        "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",
      "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
      "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
      "data_loss", "unauthenticated"};
  return kWords.at(static_cast<std::size_t>(code));
}

}  // namespace

Result<Command> read_command(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return invalid("a message is a JSON object");
  try {
    return read(value.get_object());
  } catch (const Error& wrong) {
    return wrong;
  }
}

std::string connected_text(ReplyId id, const Connected& connected) {
  json::object body{{"tenant", connected.tenant}};
  if (!connected.names.empty()) body["names"] = to_array(connected.names);
  if (!connected.types.empty()) body["types"] = to_array(connected.types);
  if (connected.expires_ms != 0) body["expires_ms"] = connected.expires_ms;
  return reply(id, "connected", std::move(body));
}

std::string subscribed_text(ReplyId id, std::uint32_t subscription, Position position) {
  return reply(id, "subscribed",
               {{"subscription", subscription}, {"recovered", true}, {"position", to_text(position)}});
}

std::string not_recovered_text(ReplyId id, Position head) {
  return reply(id, "subscribed", {{"recovered", false}, {"head", to_text(head)}});
}

std::string unsubscribed_text(ReplyId id, std::uint32_t subscription) {
  return reply(id, "unsubscribed", {{"subscription", subscription}});
}

std::string pong_text(ReplyId id) {
  return reply(id, "pong", {});
}

std::string error_text(ReplyId id, const Error& error, bool temporary) {
  json::object body{{"code", word_of(error.code())}, {"message", error.message()}, {"temporary", temporary}};
  if (error.retry_after_ms() != 0) body["retry_after_ms"] = error.retry_after_ms();
  return reply(id, "error", std::move(body));
}

std::string position_text(std::uint32_t subscription, Position position) {
  return json::serialize(json::object{{"subscription", subscription}, {"position", to_text(position)}});
}

std::string event_prefix(std::uint32_t subscription) {
  return "{\"subscription\":" + std::to_string(subscription) + ",\"event\":";
}

std::string close_reason(std::string_view code, std::optional<std::uint32_t> retry_after_ms) {
  std::string reason = "{\"code\":\"" + std::string(code) + "\"";
  if (retry_after_ms) reason += ",\"retry_after_ms\":" + std::to_string(*retry_after_ms);
  return reason + "}";
}

}  // namespace paynamed::websocket
