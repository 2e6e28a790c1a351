#include "refusal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "rrsets.hpp"

namespace paynamed::powerdns {
namespace {

constexpr std::uint32_t kUsualWaitMs = 1'000;
constexpr std::uint32_t kLongestWaitSeconds = 3'600;

// Retry-After in seconds (RFC 9110, section 10.2.3); a date counts as no wish.
std::uint32_t wait_ms(const HttpReply& reply) {
  for (const auto& header : reply.headers()) {
    if (header.name() != "retry-after") continue;
    std::uint32_t seconds = 0;
    const char* end = header.value().data() + header.value().size();
    const auto [rest, failed] = std::from_chars(header.value().data(), end, seconds);
    if (failed == std::errc() && rest == end && seconds > 0)
      return std::min(seconds, kLongestWaitSeconds) * 1'000;
  }
  return kUsualWaitMs;
}

}  // namespace

void throw_unless_done(const HttpReply& reply, const Asked& asked) {
  const std::uint32_t status = reply.status();
  if (status >= 200 && status < 300) return;
  const std::string who = "PowerDNS at " + asked.server;
  const std::string detail = "HTTP " + std::to_string(status) + " " + read_error(reply.body());
  switch (status) {
    case 401:
      throw Error(Code::kUnauthenticated,
                  who + " refuses the API key; set \"api_key\" to what stands as api-key in its pdns.conf.",
                  detail);
    case 403:
      throw Error(Code::kPermissionDenied,
                  who + " refuses this host; let it in by webserver-allow-from in its pdns.conf.", detail);
    case 404:
      throw Error(Code::kNotFound,
                  who + " has no zone " + asked.zone + " (or no server \"" + asked.server_id +
                      "\"); create the zone there.",
                  detail);
    case 409:
      throw Error(Code::kAborted,
                  who + " says that somebody else changed the zone " + asked.zone + " meanwhile.", detail);
    case 422:
      throw Error(Code::kFailedPrecondition,
                  who + " does not take the change to " + asked.zone + ": " + read_error(reply.body()),
                  detail);
    case 429:
      throw Error(Code::kResourceExhausted, who + " wants fewer requests.", detail, wait_ms(reply));
    default:
      break;
  }
  if (status >= 500) {
    throw Error(asked.changes ? Code::kInternal : Code::kUnavailable,
                who + " failed with HTTP " + std::to_string(status) + "; look at its log.", detail);
  }
  throw Error(
      Code::kFailedPrecondition,
      who + " answers HTTP " + std::to_string(status) + "; set \"url\" to where its web server listens.",
      detail);
}

}  // namespace paynamed::powerdns
