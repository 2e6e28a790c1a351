#include "client.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "refusal.hpp"

namespace paynamed::cloudflare {
namespace {

constexpr std::uint32_t kMostReplyBytes = 16U << 20;
// What Cloudflare blocks for when it does not say.
constexpr std::int64_t kBlockSeconds = 300;
constexpr std::int64_t kMostBlockSeconds = 3'600;

std::string fingerprint_of(std::string_view token) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 15];
  }
  return hex;
}

// As files end in a line break.
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

// What can stand in a header.
bool is_plausible(std::string_view token) {
  return !token.empty() && token.size() <= 512 &&
         std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

void set_header(HttpRequest& to, const char* name, std::string value) {
  auto* header = to.add_headers();
  header->set_name(name);
  header->set_value(std::move(value));
}

// 429, and the code that stands in its body also where a status was changed on the way.
bool is_throttled(const HttpReply& reply) {
  if (reply.status() == 429) return true;
  if (reply.status() < 400) return false;
  const auto answer = answer_of(reply.status(), reply.body());
  return answer && answer->has_error(kTooManyRequests);
}

bool nothing_was_sent(Code code) {
  return code == Code::kUnavailable || code == Code::kUnauthenticated || code == Code::kFailedPrecondition ||
         code == Code::kInvalidArgument || code == Code::kUnimplemented || code == Code::kResourceExhausted;
}

}  // namespace

void Client::send(Request request, std::function<void(Result<Answer>)> then) {
  settings_.token.read(
      [this, request = std::move(request), then = std::move(then)](const Result<SecretValue>& token) mutable {
        if (!token.ok()) {
          return then(Error(token.error().code(), "The API token cannot be read: " + token.error().message(),
                            token.error().detail()));
        }
        send_with(*token, request, std::move(then));
      });
}

void Client::send_with(const SecretValue& secret, const Request& request,
                       std::function<void(Result<Answer>)> then) {
  const auto token = trimmed(secret.reveal());
  if (!is_plausible(token)) {
    return then(
        Error(Code::kUnauthenticated,
              "The secret \"api_token\" is empty or has characters that no token has; write it anew."));
  }
  fingerprint_ = fingerprint_of(token);
  HttpRequest http;
  http.set_method(request.method);
  http.set_url(settings_.endpoint + request.path);
  http.set_allow_plain(settings_.plain);
  http.set_max_reply_bytes(kMostReplyBytes);
  http.set_background(request.background);
  set_header(http, "authorization", "Bearer " + std::string(token));
  set_header(http, "accept", "application/json");
  set_header(http, "user-agent", "paynamed");
  if (request.body) {
    set_header(http, "content-type", "application/json");
    http.set_body(boost::json::serialize(*request.body));
  }
  auto* budget = http.add_budgets();
  budget->set_key(budget_key());
  budget->set_per_second(settings_.per_second);
  budget->set_burst(settings_.burst);
  budget->set_reserve(settings_.reserve);
  const bool changes = request.changes();
  host_.count("requests_total", 1, {{"method", request.method}});
  Request asked{request.method, request.path, std::nullopt, request.background};
  http_.request(http, settings_.timeout,
                [this, asked = std::move(asked), changes, then = std::move(then)](Result<HttpReply> reply) {
                  if (reply.ok() && is_throttled(*reply)) return then(blocked(*reply));
                  then(judged(asked, std::move(reply)));
                });
}

Result<Answer> Client::judged(const Request& request, Result<HttpReply> reply) const {
  const Code lost = request.changes() ? Code::kUnknown : Code::kUnavailable;
  if (!reply.ok()) {
    const Error& error = reply.error();
    if (error.code() == Code::kResourceExhausted) {
      return Error(error.code(), "Cloudflare's requests are used up for now: " + error.message(),
                   error.detail(), std::max(error.retry_after_ms(), 1'000U));
    }
    if (error.code() == Code::kOutOfRange && !request.changes()) return error;
    return Error(nothing_was_sent(error.code()) ? Code::kUnavailable : lost,
                 "Cloudflare could not be asked: " + error.message(), error.detail());
  }
  if (reply->status() >= 500) {
    return Error(lost,
                 "Cloudflare failed with HTTP " + std::to_string(reply->status()) + "; it is tried again.");
  }
  auto answer = answer_of(reply->status(), reply->body());
  if (!answer) {
    return Error(lost, "Cloudflare's answer with HTTP " + std::to_string(reply->status()) +
                           " is not one of its API; check \"endpoint\".");
  }
  return std::move(*answer);
}

Error Client::blocked(const HttpReply& reply) const {
  std::int64_t seconds = kBlockSeconds;
  for (const auto& header : reply.headers()) {
    if (header.name() != "retry-after") continue;
    const auto& text = header.value();
    std::int64_t said = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), said);
    // A date, or nonsense: the documented time.
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
      seconds = std::clamp<std::int64_t>(said, 1, kMostBlockSeconds);
    }
  }
  http_.hold_budget(budget_key(), std::chrono::seconds(seconds));
  host_.count("blocked_total");
  return Error(Code::kResourceExhausted,
               "Cloudflare blocks this user for " + std::to_string(seconds) +
                   " s, because of too many requests over all its tokens; lower \"requests_per_5_minutes\".",
               {}, static_cast<std::uint32_t>(seconds * 1'000));
}

}  // namespace paynamed::cloudflare
