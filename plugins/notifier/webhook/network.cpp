#include "network.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <string_view>

namespace paynamed::webhook {
namespace {

// A number of digits alone, at most `most`.
bool read_number(std::string_view text, unsigned most, unsigned& number) {
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && at == end && number <= most;
}

bool ends_in_zeros(const std::array<unsigned char, 16>& bytes, unsigned from, unsigned to) {
  for (unsigned bit = from; bit < to; ++bit) {
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

bool is_network(const std::string& text) {
  const auto slash = text.find('/');
  const std::string address = text.substr(0, slash);
  const bool v6 = address.find(':') != address.npos;
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) return false;
  const unsigned most = v6 ? 128 : 32;
  unsigned bits = most;
  if (slash != text.npos && !read_number(std::string_view(text).substr(slash + 1), most, bits)) return false;
  return ends_in_zeros(bytes, bits, most);
}

bool is_proxy(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest(text);
  if (!rest.starts_with(kScheme)) return false;
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != rest.npos) return false;
  const auto colon = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  unsigned port = 80;
  if (colon != rest.npos && !read_number(rest.substr(colon + 1), 65'535, port)) return false;
  return port > 0 && colon != 0;
}

}  // namespace paynamed::webhook
