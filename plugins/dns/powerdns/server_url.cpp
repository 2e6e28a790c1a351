#include "server_url.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

namespace paynamed::powerdns {
namespace urls = boost::urls;

namespace {

bool is_loopback(const urls::url_view& url) {
  if (url.host_type() == urls::host_type::ipv4) return url.host_ipv4_address().is_loopback();
  if (url.host_type() == urls::host_type::ipv6) return url.host_ipv6_address().is_loopback();
  return url.host() == "localhost";
}

std::string encoded(std::string_view text) {
  return urls::encode(text, urls::unreserved_chars);
}

// The id that the server gives a zone: what is neither a letter nor a digit nor '.' or '-' stands as =HH,
// because some proxies decode %2F.
std::string zone_id(std::string_view zone) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string id;
  for (const char c : zone) {
    const auto byte = static_cast<unsigned char>(c);
    const bool as_is = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (as_is) {
      id += c;
    } else {
      id += {'=', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  return id;
}

}  // namespace

std::optional<ServerUrl> ServerUrl::parse(const std::string& url, std::string_view server_id) {
  const auto parsed = urls::parse_uri(url);
  if (!parsed || parsed->host().empty() || parsed->has_userinfo() || parsed->has_query() ||
      parsed->has_fragment())
    return std::nullopt;
  if (parsed->scheme_id() != urls::scheme::http && parsed->scheme_id() != urls::scheme::https)
    return std::nullopt;
  ServerUrl result;
  result.text_ = url;
  while (result.text_.ends_with('/')) result.text_.pop_back();
  result.server_ = server_id;
  result.plain_ = parsed->scheme_id() == urls::scheme::http;
  result.loopback_ = is_loopback(*parsed);
  return result;
}

std::string ServerUrl::zone_resource(std::string_view zone) const {
  return text_ + "/api/v1/servers/" + encoded(server_) + "/zones/" + zone_id(zone);
}

std::string ServerUrl::zone(std::string_view zone) const {
  return zone_resource(zone) + "?rrsets=false";
}

std::string ServerUrl::whole_zone(std::string_view zone) const {
  return zone_resource(zone);
}

std::string ServerUrl::name_in_zone(std::string_view zone, std::string_view name) const {
  return zone_resource(zone) + "?rrset_name=" + encoded(name);
}

std::string ServerUrl::keys_of(std::string_view zone) const {
  return zone_resource(zone) + "/cryptokeys";
}

}  // namespace paynamed::powerdns
