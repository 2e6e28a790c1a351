#include "refusal.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace paynamed::route53 {
namespace {

constexpr std::uint32_t kThrottledRetryMs = 2'000;
constexpr std::size_t kMaxQuoted = 300;

template <std::size_t count>
bool is_one_of(const std::string& code, const std::array<std::string_view, count>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// What the server wrote, for operators: bounded, in one line.
std::string quoted(const Refusal& refusal) {
  std::string text;
  for (const auto& message : refusal.messages) text += (text.empty() ? "" : "; ") + message;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, ' ');
  if (text.size() > kMaxQuoted) text = text.substr(0, kMaxQuoted) + "...";
  return "HTTP " + std::to_string(refusal.http_status) + " " + refusal.code +
         (text.empty() ? "" : ": " + text);
}

struct Row {
  std::string_view code;
  Code status;
  std::string_view sentence;
};

constexpr std::array kRows = {
    Row{"NoSuchHostedZone", Code::kNotFound,
        "Route 53 has no such hosted zone for these credentials; check \"zone_id\" and the account."},
    Row{"HostedZoneNotFound", Code::kNotFound,
        "Route 53 has no such hosted zone for these credentials; check \"zone_id\" and the account."},
    Row{"NoSuchChange", Code::kNotFound, "Route 53 does not know this change any more."},
    Row{"AccessDenied", Code::kPermissionDenied,
        "The credentials lack a permission; the README of this plugin has the policy that they need."},
    Row{"AccessDeniedException", Code::kPermissionDenied,
        "The credentials lack a permission; the README of this plugin has the policy that they need."},
    Row{"OptInRequired", Code::kPermissionDenied,
        "The AWS account is not subscribed to Route 53; sign it up."},
    Row{"InvalidClientTokenId", Code::kUnauthenticated,
        "AWS does not know these credentials; check the access key, and the session token if there is one."},
    Row{"UnrecognizedClientException", Code::kUnauthenticated,
        "AWS does not know these credentials; check the access key, and the session token if there is one."},
    Row{"ExpiredToken", Code::kUnauthenticated, "The session token is over; give the plugin a newer one."},
    Row{"ExpiredTokenException", Code::kUnauthenticated,
        "The session token is over; give the plugin a newer one."},
    Row{"SignatureDoesNotMatch", Code::kUnauthenticated,
        "AWS does not accept the signature; check the secret access key, \"region\" and this machine's "
        "clock."},
    Row{"RequestExpired", Code::kUnauthenticated,
        "This machine's clock and that of AWS differ by more than 5 minutes; set the clock."},
    Row{"IncompleteSignature", Code::kUnauthenticated,
        "AWS does not accept the form of the signature; look whether a proxy changes requests."},
    Row{"MissingAuthenticationToken", Code::kUnauthenticated,
        "AWS did not get the signature; look whether a proxy changes requests."},
    Row{"LimitsExceeded", Code::kFailedPrecondition,
        "A quota of Route 53 is used up; ask AWS for a higher one, or remove what is not needed."},
    Row{"InvalidInput", Code::kInvalidArgument, "Route 53 refuses the request as it is."},
    Row{"InvalidDomainName", Code::kInvalidArgument, "Route 53 refuses the name."},
    Row{"InvalidChangeBatch", Code::kInvalidArgument, "Route 53 refuses the change."},
    Row{"MalformedInput", Code::kInvalidArgument, "Route 53 could not read the request."},
};

}  // namespace

bool is_throttled(const Refusal& refusal) {
  constexpr std::array<std::string_view, 5> kCodes = {"Throttling", "ThrottlingException", "TooManyRequests",
                                                      "RequestLimitExceeded", "ThrottledException"};
  return is_one_of(refusal.code, kCodes) || refusal.http_status == 429;
}

bool is_busy(const Refusal& refusal) {
  return refusal.code == "PriorRequestNotComplete";
}

bool is_server_trouble(const Refusal& refusal) {
  return refusal.http_status >= 500;
}

bool is_invalid_batch(const Refusal& refusal) {
  return refusal.code == "InvalidChangeBatch";
}

bool may_be_clock(const Refusal& refusal) {
  constexpr std::array<std::string_view, 4> kCodes = {"SignatureDoesNotMatch", "RequestExpired",
                                                      "RequestTimeTooSkewed", "InvalidSignatureException"};
  return is_one_of(refusal.code, kCodes);
}

bool is_stale_identity(const Refusal& refusal) {
  constexpr std::array<std::string_view, 4> kCodes = {"ExpiredToken", "ExpiredTokenException",
                                                      "InvalidClientTokenId", "UnrecognizedClientException"};
  return is_one_of(refusal.code, kCodes);
}

bool is_about(const std::string& message, const std::string& name) {
  const auto in_a_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_.\\").find(c) != std::string_view::npos;
  };
  for (auto at = message.find(name); at != std::string::npos; at = message.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !in_a_name(message[at - 1])) && (end == message.size() || !in_a_name(message[end])))
      return true;
  }
  return false;
}

Reason reason_of(const std::string& message) {
  if (contains(message, "already exists") && !contains(message, "conflicting RRSet"))
    return Reason::kConflict;
  if (contains(message, "was not found") || contains(message, "do not match")) return Reason::kConflict;
  if (contains(message, "conflicting RRSet")) return Reason::kAlias;
  if (contains(message, "limit of") && contains(message, "exceeded")) return Reason::kQuota;
  return Reason::kOther;
}

Error to_error(const Refusal& refusal, const std::string& doing) {
  if (is_throttled(refusal)) {
    return Error(Code::kResourceExhausted,
                 "Route 53 has had too many requests of this account; it is tried again later.",
                 quoted(refusal), kThrottledRetryMs);
  }
  if (is_busy(refusal)) {
    return Error(Code::kResourceExhausted, "Route 53 still works on an earlier change of the zone.",
                 quoted(refusal), kThrottledRetryMs);
  }
  if (is_server_trouble(refusal)) {
    return Error(Code::kUnavailable,
                 "Route 53 had trouble of its own (HTTP " + std::to_string(refusal.http_status) + ") when " +
                     doing + ".",
                 quoted(refusal));
  }
  if (is_invalid_batch(refusal) &&
      std::any_of(refusal.messages.begin(), refusal.messages.end(),
                  [](const auto& message) { return reason_of(message) == Reason::kQuota; })) {
    return Error(Code::kFailedPrecondition,
                 "The hosted zone has as many records as its quota allows; ask AWS for a higher quota, or "
                 "remove names.",
                 quoted(refusal));
  }
  for (const Row& row : kRows) {
    if (row.code == refusal.code) return Error(row.status, std::string(row.sentence), quoted(refusal));
  }
  if (refusal.http_status == 403 || refusal.http_status == 401) {
    return Error(Code::kPermissionDenied, "Route 53 refuses these credentials when " + doing + ".",
                 quoted(refusal));
  }
  return Error(Code::kInternal, "Route 53 answered in a way that is not known here when " + doing + ".",
               quoted(refusal));
}

}  // namespace paynamed::route53
