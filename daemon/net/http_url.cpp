#include "net/http_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace paynamed::net {
namespace {

constexpr std::size_t kMostBytes = 4096;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string lower(boost::core::string_view text) {
  std::string out{text.data(), text.size()};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_address(const std::string& host, bool v6) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_v6() == v6;
}

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string HttpUrl::target() const {
  std::string text = path.empty() ? "/" : path;
  if (has_query) text += "?" + query;
  return text;
}

bool HttpUrl::is_loopback() const {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

base::Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto bad = [&text](std::string_view what) {
    return base::fail(base::invalid_argument(fmt::format("'{}' {}", text.substr(0, kMostBytes), what)));
  };
  if (text.size() > kMostBytes) return bad("is too long for a URL");
  const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
  if (!parsed) return bad("is not a URL");
  const boost::urls::url_view view = *parsed;
  HttpUrl url;
  const std::string scheme = lower(view.scheme());
  if (scheme == "https") {
    url.tls = true;
  } else if (scheme != "http") {
    return bad("is neither http nor https");
  }
  if (view.has_userinfo() || view.has_fragment()) {
    return bad("has more than scheme, host, port and path");
  }
  url.host = lower(view.encoded_host());
  if (url.host.empty()) return bad("has no host");
  const boost::core::string_view path = view.encoded_path();
  url.path.assign(path.data(), path.size());
  // Boost.URL 1.81 reads "127.0.0.1.example.com" as the host 127.0.0.1 and a path; a path begins with a slash
  // after a host (RFC 3986 section 3.3).
  if (!url.path.empty() && url.path.front() != '/') return bad("has a host that is not understood");
  if (url.host.front() == '[') {
    url.host = url.host.substr(1, url.host.size() - 2);
    if (!is_address(url.host, true)) return bad("has a host that is not understood");
  } else if (!std::all_of(url.host.begin(), url.host.end(), is_name_character)) {
    return bad("has a host that is not understood");
  }
  url.port = url.tls ? 443 : 80;
  if (const boost::core::string_view port = view.port(); !port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port == 0) {
      return bad("has a port that is not 1 to 65535");
    }
  }
  url.has_query = view.has_query();
  const boost::core::string_view query = view.encoded_query();
  url.query.assign(query.data(), query.size());
  return url;
}

}  // namespace paynamed::net
