// What clients and server say to each other: JSON objects, one a message. README.md describes them.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "paynamed/error.hpp"
#include "position.hpp"

namespace paynamed::websocket {

struct AuthCommand {
  std::string credential;
};

struct SubscribeCommand {
  std::optional<Position> after;  // none: from now on
  std::vector<std::string> names;
  std::vector<std::string> types;
};

struct UnsubscribeCommand {
  std::uint32_t subscription = 0;
};

struct PingCommand {};

struct Command {
  std::optional<std::uint64_t> id;  // comes back in the reply
  std::variant<AuthCommand, SubscribeCommand, UnsubscribeCommand, PingCommand> what;
};

// INVALID_ARGUMENT in a sentence, which never has a credential in it.
Result<Command> read_command(std::string_view text);

using ReplyId = std::optional<std::uint64_t>;

struct Connected {
  std::string tenant;
  std::vector<std::string> names;  // what the credential is bound to
  std::vector<std::string> types;
  std::int64_t expires_ms = 0;
};

std::string connected_text(ReplyId id, const Connected& connected);
std::string subscribed_text(ReplyId id, std::uint32_t subscription, Position position);
std::string not_recovered_text(ReplyId id, Position head);
std::string unsubscribed_text(ReplyId id, std::uint32_t subscription);
std::string pong_text(ReplyId id);
// "invalid_argument", "permission_denied", ...
std::string error_text(ReplyId id, const Error& error, bool temporary);
// Nothing that the subscription wants came up to here.
std::string position_text(std::uint32_t subscription, Position position);
// What stands before the text of an event; "}" follows it.
std::string event_prefix(std::uint32_t subscription);

// The reason of a close frame, at most 123 bytes: {"code":"draining","retry_after_ms":1200}.
std::string close_reason(std::string_view code, std::optional<std::uint32_t> retry_after_ms = std::nullopt);

}  // namespace paynamed::websocket
