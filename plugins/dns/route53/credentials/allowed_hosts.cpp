#include "allowed_hosts.hpp"

#include <algorithm>

namespace paynamed::route53 {

std::string host_of(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
  auto rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#\\"));
  if (rest.find('@') != rest.npos) return {};
  std::string host(rest.starts_with('[') ? rest.substr(0, rest.find(']') + 1)
                                         : rest.substr(0, rest.find(':')));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace paynamed::route53
