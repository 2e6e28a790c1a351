#include "rpc_error.hpp"

#include <algorithm>

#include "checks.hpp"

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostText = 300;

std::string one_line(std::string text) {
  if (text.size() > kMostText) {
    auto end = kMostText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // between characters
    text.resize(end);
  }
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  // By gRPC come bytes, and others read on who want UTF-8.
  if (!is_utf8(text)) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  }
  return text;
}

}  // namespace

RpcError::RpcError(std::int64_t code, const std::string& text) : code_(code), text_(one_line(text)) {}

Error error_of(const RpcError& refusal, const std::string& doing) {
  const std::string number = "lightningd's error " + std::to_string(refusal.code());
  switch (refusal.code()) {
    case kBadParameters:
      return Error(Code::kInvalidArgument,
                   "The node refuses " + doing + " as it was asked for (" + number + ").", refusal.text());
    case kUnknownCommand:
      return Error(Code::kFailedPrecondition,
                   "The node has no command for " + doing +
                       "; it needs Core Lightning v24.11 or later with its plugins.",
                   refusal.text());
    case kShuttingDown:
      return Error(Code::kUnavailable, "The node is shutting down; nothing was done.", refusal.text());
    case kPluginError:
    case kPluginTerminated:
      return Error(Code::kUnknown, "A plugin of the node failed at " + doing + "; it is tried again.",
                   refusal.text());
    default:
      return Error(Code::kUnknown, "The node answered " + number + " to " + doing + "; it is tried again.",
                   refusal.text());
  }
}

}  // namespace paynamed::cln
