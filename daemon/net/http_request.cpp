#include "net/http_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/http_url.hpp"

namespace paynamed::net {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != kOthers.npos;
  });
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool may_be_repeated(const HttpRequest& request) {
  constexpr std::array<std::string_view, 5> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return request.repeatable ||
         std::find(kIdempotent.begin(), kIdempotent.end(), request.method) != kIdempotent.end();
}

base::Result<HttpProxy> HttpProxy::parse(std::string_view url) {
  const auto parsed = parse_http_url(url);
  const bool plain = parsed && !parsed->tls && (parsed->path.empty() || parsed->path == "/");
  if (!plain || parsed->has_query) {
    return base::fail(
        base::invalid_argument("the proxy is not a URL such as http://proxy.example:3128, without a user"));
  }
  return HttpProxy{parsed->host, parsed->port};
}

base::Status check_request(const HttpRequest& request) {
  constexpr std::array<std::string_view, 6> kOurs{"host",       "content-length", "transfer-encoding",
                                                  "connection", "expect",         "upgrade"};
  if (!is_token(request.method)) return base::invalid_argument("the HTTP method is no word");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || std::find(kOurs.begin(), kOurs.end(), lower_case(name)) != kOurs.end()) {
      return base::invalid_argument(fmt::format("the header '{}' cannot be set", name));
    }
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
      return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
    if (!printable) {
      return base::invalid_argument(fmt::format("the value of the header '{}' has control characters", name));
    }
  }
  return {};
}

}  // namespace paynamed::net
