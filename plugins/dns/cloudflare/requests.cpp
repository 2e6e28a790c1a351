#include "requests.hpp"

#include <algorithm>

namespace paynamed::cloudflare {
namespace {

constexpr std::size_t kMostExpected = 100;  // the daemon's own limit for records that are replaced at once

[[noreturn]] void invalid(const std::string& sentence) {
  throw Error(Code::kInvalidArgument, sentence);
}

bool are_labels(std::string_view name) {
  while (!name.empty()) {
    const auto dot = name.find('.');
    if (dot == 0 || dot > 63) return false;  // npos, too
    name.remove_prefix(dot + 1);
  }
  return true;
}

std::string plain_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  if (name.size() < 2 || name.size() > 254 || !plain || !are_labels(name)) {
    invalid("The name has " + std::to_string(name.size()) + " bytes and is no DNS name with its last dot.");
  }
  return absolute_name(name);
}

std::size_t characters_in(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string comment_in(const std::string& comment, const Settings& settings) {
  const bool plain = std::none_of(comment.begin(), comment.end(), [](unsigned char c) { return c < 0x20; });
  if (!plain || characters_in(comment) > comment_room(settings.owner)) {
    invalid("The comment must be one line of at most " + std::to_string(comment_room(settings.owner)) +
            " characters.");
  }
  return marked_comment(settings.owner, comment);
}

std::vector<std::string> expected_in(const plugin::v1::PublishRequest& request) {
  switch (request.expected_case()) {
    case plugin::v1::PublishRequest::EXPECTED_NOT_SET:
      invalid("Publish must say what it expects at the name: absent or previous values.");
    case plugin::v1::PublishRequest::kAbsent:
      return {};
    case plugin::v1::PublishRequest::kPreviousValue:
      return {request.previous_value()};
    case plugin::v1::PublishRequest::kPreviousValues:
      break;
  }
  const auto& several = request.previous_values().values();
  if (several.empty() || static_cast<std::size_t>(several.size()) > kMostExpected) {
    invalid("The previous values must be 1 to " + std::to_string(kMostExpected) + "; remove some by hand.");
  }
  return {several.begin(), several.end()};
}

}  // namespace

std::string zone_in(const std::string& zone) {
  return plain_name(zone);
}

std::string name_in(const std::string& name, const std::string& zone) {
  auto known = plain_name(name);
  if (known != zone && !known.ends_with("." + zone)) invalid(known + " is not in the zone " + zone + ".");
  return known;
}

Change change_of(const plugin::v1::PublishRequest& request, const Settings& settings) {
  const auto& record = request.record();
  Change change;
  change.kind = Change::Kind::kPublish;
  change.name = name_in(record.name(), zone_in(request.zone()));
  change.value = record.value();
  change.ttl_seconds = record.ttl_seconds();
  change.expected = expected_in(request);
  change.comment = comment_in(record.comment(), settings);
  if (change.value.empty() || change.value.size() > kMaxTxtBytes) {
    invalid("The value has " + std::to_string(change.value.size()) + " bytes; it must have 1 to " +
            std::to_string(kMaxTxtBytes) + ".");
  }
  if (change.ttl_seconds < kMinTtl || change.ttl_seconds > kMaxTtl) {
    invalid("The TTL " + std::to_string(change.ttl_seconds) + " is not between " + std::to_string(kMinTtl) +
            " and " + std::to_string(kMaxTtl) + " seconds, as Cloudflare wants.");
  }
  return change;
}

Change change_of(const plugin::v1::WithdrawRequest& request) {
  Change change;
  change.kind = Change::Kind::kWithdraw;
  change.name = name_in(request.name(), zone_in(request.zone()));
  change.value = request.value();
  if (change.value.empty()) invalid("Withdraw must name the value to remove.");
  return change;
}

}  // namespace paynamed::cloudflare
