#include "network.hpp"

#include <arpa/inet.h>

#include <algorithm>
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

// Four numbers with dots, whatever follows.
bool begins_as_address(std::string_view text) {
  for (int number = 0; number < 4; ++number) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return false;
    text.remove_prefix(digits);
    if (number < 3 && !text.starts_with('.')) return false;
    if (number < 3) text.remove_prefix(1);
  }
  return true;
}

bool is_host_name(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
  if (text.empty() || text.size() > 253 || !plain) return false;
  // The daemon does not take a host that begins with an IPv4 address and goes on.
  std::array<unsigned char, 4> bytes{};
  return !begins_as_address(text) || inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
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

bool is_local_nat64(const std::string& network) {
  constexpr std::array<unsigned char, 6> kPrefix{0, 0x64, 0xff, 0x9b, 0, 1};
  const auto slash = network.find('/');
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, network.substr(0, slash).c_str(), bytes.data()) != 1) return false;
  unsigned bits = 128;
  if (slash != network.npos && !read_number(std::string_view(network).substr(slash + 1), 128, bits))
    return false;
  return bits >= 48 && std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin());
}

bool is_nat64_prefix(const std::string& text) {
  constexpr std::array<std::string_view, 6> kBits{"32", "40", "48", "56", "64", "96"};
  const auto slash = text.find('/');
  std::array<unsigned char, 16> bytes{};
  if (slash == text.npos || inet_pton(AF_INET6, text.substr(0, slash).c_str(), bytes.data()) != 1)
    return false;
  const auto bits = std::find(kBits.begin(), kBits.end(), std::string_view(text).substr(slash + 1));
  return bits != kBits.end() && bytes[8] == 0 && is_network(text);
}

bool is_name(const std::string& text) {
  std::string_view rest(text);
  std::string_view label;
  if (text.size() > 253 || text.ends_with('.')) return false;
  do {
    label = rest.substr(0, rest.find('.'));
    const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!plain || label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
  } while (!rest.empty());
  // A number at the end makes an address of it.
  return !label.starts_with("0x") && label.find_first_not_of("0123456789") != label.npos;
}

bool is_proxy(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest(text);
  if (!rest.starts_with(kScheme)) return false;
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto host_end = rest.starts_with('[') ? rest.find(']') : rest.find(':');
  const std::string host(rest.substr(0, host_end));
  if (host.starts_with('[')) {
    std::array<unsigned char, 16> bytes{};
    if (host_end == rest.npos || inet_pton(AF_INET6, host.c_str() + 1, bytes.data()) != 1) return false;
    rest.remove_prefix(host_end + 1);
  } else {
    if (!is_host_name(host)) return false;
    rest.remove_prefix(host.size());
  }
  unsigned port = 80;
  if (!rest.empty() && (rest.front() != ':' || !read_number(rest.substr(1), 65'535, port))) return false;
  return port > 0;
}

}  // namespace paynamed::webhook
