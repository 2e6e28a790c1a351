#include "ctl/url.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace paynamed::ctl {
namespace {

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

base::Result<Url> parse_url(std::string_view text) {
  const auto bad = [&text](std::string_view what) {
    return base::fail(base::invalid_argument(fmt::format(
        "'{}' {}; write it like http://127.0.0.1:8080 or https://names.example.com", text, what)));
  };
  const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
  if (!parsed) return bad("is not a URL");
  const boost::urls::url_view view = *parsed;
  Url url;
  if (view.scheme() == "https") {
    url.tls = true;
  } else if (view.scheme() != "http") {
    return bad("is neither http nor https");
  }
  if (view.has_userinfo() || view.has_query() || view.has_fragment()) {
    return bad("has more than scheme, host, port and path");
  }
  const boost::core::string_view encoded_host = view.encoded_host();
  url.host.assign(encoded_host.data(), encoded_host.size());
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return bad("has no host");
  const boost::core::string_view port = view.port();
  url.port = port.empty() ? (url.tls ? "443" : "80") : std::string{port.data(), port.size()};
  const boost::core::string_view path = view.encoded_path();
  // Boost.URL 1.81 reads "127.0.0.1.example.com" as the host 127.0.0.1 and a path; a path begins with a slash
  // after a host (RFC 3986 section 3.3).
  if (!path.empty() && path.front() != '/') return bad("has a host that is not understood");
  url.prefix.assign(path.data(), path.size());
  while (!url.prefix.empty() && url.prefix.back() == '/') url.prefix.pop_back();
  if (!url.tls && !is_loopback(url.host)) {
    return bad("would send the API key unprotected to another machine: use https");
  }
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

}  // namespace paynamed::ctl
