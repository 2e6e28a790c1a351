#include "requests.hpp"

#include <algorithm>

#include "answer.hpp"

namespace paynamed::webhook {

HttpRequest request_to(const Settings& settings, std::string_view method, const std::string& url) {
  HttpRequest request;
  request.set_method(std::string(method));
  request.set_url(url);
  request.set_allow_plain(settings.allow_http);
  request.set_proxy(settings.proxy);
  request.set_max_reply_bytes(kMostAnswerBytes);
  request.set_truncate_reply(true);
  auto& guard = *request.mutable_guard();
  for (const auto& each : settings.allow) guard.add_allow(each);
  for (const auto& each : settings.nat64) guard.add_nat64(each);
  for (const auto& each : settings.names) guard.add_names(each);
  for (const auto each : settings.ports) guard.add_ports(each);
  add_header(request, "User-Agent", settings.user_agent);
  return request;
}

void add_header(HttpRequest& request, std::string_view name, std::string value) {
  auto& header = *request.add_headers();
  header.set_name(std::string(name));
  header.set_value(std::move(value));
}

std::chrono::milliseconds time_for(const Settings& settings, const Host& host, const Call& call) {
  constexpr std::chrono::milliseconds kForTheReply{500};
  const auto left = host.remaining(call, settings.timeout + kForTheReply);
  return std::max(left - std::min(kForTheReply, left / 4), std::chrono::milliseconds(1));
}

}  // namespace paynamed::webhook
