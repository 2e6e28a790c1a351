#include "ctl/url.hpp"

#include <fmt/format.h>

#include "net/http_url.hpp"

namespace paynamed::ctl {

base::Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kHow = "write it like http://127.0.0.1:8080 or https://names.example.com";
  const auto parsed = net::parse_http_url(text);
  if (!parsed)
    return base::fail(base::invalid_argument(fmt::format("{}; {}", parsed.error().message(), kHow)));
  const auto bad = [&](std::string_view what) {
    return base::fail(base::invalid_argument(fmt::format("'{}' {}; {}", text, what, kHow)));
  };
  if (parsed->has_query) return bad("has more than scheme, host, port and path");
  if (!parsed->tls && !parsed->is_loopback()) {
    return bad("would send the API key unprotected to another machine: use https");
  }
  Url url{parsed->tls, parsed->host, std::to_string(parsed->port), parsed->path, parsed->authority()};
  while (!url.prefix.empty() && url.prefix.back() == '/') url.prefix.pop_back();
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '@';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string to_string(const Url& url) {
  const bool is_v6 = url.host.find(':') != url.host.npos;
  return fmt::format("{}://{}{}{}:{}{}", url.tls ? "https" : "http", is_v6 ? "[" : "", url.host,
                     is_v6 ? "]" : "", url.port, url.prefix);
}

}  // namespace paynamed::ctl
