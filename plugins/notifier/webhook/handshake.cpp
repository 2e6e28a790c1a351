#include "handshake.hpp"

#include <algorithm>

#include "answer.hpp"
#include "requests.hpp"

namespace paynamed::webhook {
namespace {

bool is_same_host(const std::string& one, const std::string& other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

HttpRequest handshake_request(const Settings& settings, const std::string& url) {
  HttpRequest request = request_to(settings, "OPTIONS", url);
  add_header(request, "WebHook-Request-Origin", settings.handshake);
  return request;
}

Result<std::string> read_handshake(const HttpReply& answer, const std::string& origin) {
  const std::string allowed = header_of(answer, "webhook-allowed-origin");
  if (answer.status() / 100 != 2 || (allowed != "*" && !is_same_host(allowed, origin))) {
    return Error(Code::kInvalidArgument,
                 "The receiver does not say that it wants these events: it must answer OPTIONS "
                 "with 2xx and WebHook-Allowed-Origin: " +
                     origin + "; it answered " + std::to_string(answer.status()) + ".");
  }
  const std::string rate = header_of(answer, "webhook-allowed-rate");
  const bool is_number =
      !rate.empty() && rate.size() < 10 && rate.find_first_not_of("0123456789") == rate.npos;
  return is_number
             ? "The receiver wants at most " + rate + " requests a minute; set the webhook's rate to that."
             : std::string();
}

}  // namespace paynamed::webhook
