#include "admission.hpp"

#include <algorithm>

namespace paynamed::websocket {
namespace {

constexpr std::size_t kMostCredentialBytes = 4'096;

bool equal_without_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(left, right, [&](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Admission refuse(unsigned status, std::string why) {
  Admission admission;
  admission.status = status;
  admission.why = std::move(why);
  return admission;
}

bool allows(const Settings& settings, std::string_view origin) {
  return std::ranges::any_of(settings.origins, [&](const std::string& allowed) {
    return allowed == "*" || equal_without_case(allowed, origin);
  });
}

void read_protocols(std::string_view list, Admission& admission) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view protocol = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (protocol == kProtocol) admission.names_protocol = true;
    if (protocol.starts_with(kBearerProtocol)) admission.credential = protocol.substr(kBearerProtocol.size());
  }
}

}  // namespace

Admission admit(const UpgradeRequest& request, const Settings& settings) {
  if (request.target.substr(0, request.target.find('?')) != kPath)
    return refuse(404, "there is nothing at this path; events are at /v1/events");
  if (request.method != "GET") return refuse(405, "this path takes GET only");
  if (!request.upgrades)
    return refuse(426, "this is a WebSocket; connect with a client of RFC 6455, version 13");
  if (!request.origin.empty() && !allows(settings, request.origin))
    return refuse(403,
                  "pages of this origin may not connect; the operator lists origins in the configuration");
  Admission admission;
  read_protocols(request.protocols, admission);
  if (!admission.credential.empty() && !admission.names_protocol)
    return refuse(400, "offer the protocol paynamed.v1 beside the one that has the token");
  if (!request.authorization.empty()) {
    constexpr std::string_view kScheme = "Bearer ";
    if (!equal_without_case(request.authorization.substr(0, kScheme.size()), kScheme))
      return refuse(401, "send 'Authorization: Bearer <key or token>'");
    admission.credential = trimmed(request.authorization.substr(kScheme.size()));
    if (admission.credential.empty()) return refuse(401, "send 'Authorization: Bearer <key or token>'");
  }
  if (admission.credential.size() > kMostCredentialBytes) return refuse(401, "no key or token is that long");
  return admission;
}

}  // namespace paynamed::websocket
