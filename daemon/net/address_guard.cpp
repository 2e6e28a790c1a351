#include "net/address_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace paynamed::net {
namespace asio = boost::asio;
using asio::ip::address;

namespace {

struct SpecialV4 {
  std::array<std::uint8_t, 4> network;
  unsigned bits;
  std::string_view what;
};

struct SpecialV6 {
  std::array<std::uint8_t, 16> network;
  unsigned bits;
  std::string_view what;
};

// The registry of IPv4 addresses, and Azure's own service for virtual machines, which has a public address.
constexpr SpecialV4 kV4[] = {
    {{0, 0, 0, 0}, 8, "of this network (RFC 791)"},
    {{10, 0, 0, 0}, 8, "private (RFC 1918)"},
    {{100, 64, 0, 0}, 10, "shared behind a carrier's NAT (RFC 6598)"},
    {{127, 0, 0, 0}, 8, "loopback (RFC 1122)"},
    {{168, 63, 129, 16}, 32, "the cloud host's (Azure)"},
    {{169, 254, 0, 0}, 16, "link-local (RFC 3927)"},
    {{172, 16, 0, 0}, 12, "private (RFC 1918)"},
    {{192, 0, 0, 0}, 24, "for protocols (RFC 6890)"},
    {{192, 0, 2, 0}, 24, "for documentation (RFC 5737)"},
    {{192, 88, 99, 0}, 24, "a relay for 6to4 (RFC 7526)"},
    {{192, 168, 0, 0}, 16, "private (RFC 1918)"},
    {{198, 18, 0, 0}, 15, "for benchmarks (RFC 2544)"},
    {{198, 51, 100, 0}, 24, "for documentation (RFC 5737)"},
    {{203, 0, 113, 0}, 24, "for documentation (RFC 5737)"},
    {{224, 0, 0, 0}, 4, "multicast (RFC 5771)"},
    {{255, 255, 255, 255}, 32, "broadcast (RFC 919)"},
    {{240, 0, 0, 0}, 4, "reserved (RFC 1112)"},
};

// The narrower first. What is in none of them and not in 2000::/3 is not global unicast (RFC 4291).
constexpr SpecialV6 kV6[] = {
    {{}, 128, "unspecified (RFC 4291)"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback (RFC 4291)"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-mapped (RFC 4291)"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-translated (RFC 2765)"},
    {{}, 96, "IPv4-compatible (RFC 4291)"},
    {{0, 0x64, 0xff, 0x9b}, 96, "NAT64 (RFC 6052)"},
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, "NAT64 of a network's own (RFC 8215)"},
    {{1}, 64, "discard-only (RFC 6666)"},
    {{1, 0, 0, 0, 0, 0, 0, 1}, 64, "a dummy prefix (RFC 9780)"},
    {{0x20, 0x01, 0, 0}, 32, "Teredo (RFC 4380)"},
    {{0x20, 0x01, 0, 2}, 48, "for benchmarks (RFC 5180)"},
    {{0x20, 0x01, 0, 0x10}, 28, "ORCHID (RFC 4843)"},
    {{0x20, 0x01, 0, 0x20}, 28, "ORCHID (RFC 7343)"},
    {{0x20, 0x01}, 23, "for protocols (RFC 2928)"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "for documentation (RFC 3849)"},
    {{0x20, 0x02}, 16, "6to4 (RFC 3056)"},
    {{0x3f, 0xff}, 20, "for documentation (RFC 9637)"},
    {{0x5f}, 16, "a segment of SRv6 (RFC 9602)"},
    {{0xfc}, 7, "unique local (RFC 4193)"},
    {{0xfe, 0x80}, 10, "link-local (RFC 4291)"},
    {{0xfe, 0xc0}, 10, "site-local (RFC 3879)"},
    {{0xff}, 8, "multicast (RFC 4291)"},
};

bool in_network(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> network, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), network.begin())) {
    return false;
  }
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  return (bytes[whole] & mask) == (network[whole] & mask);
}

template <class Table>
std::string_view found_in(const Table& table, std::span<const std::uint8_t> bytes) {
  for (const auto& each : table) {
    if (in_network(bytes, each.network, each.bits)) return each.what;
  }
  return {};
}

// An interface id that leads through a tunnel to an IPv4 address (RFC 5214 section 6.1).
bool is_isatap(const asio::ip::address_v6::bytes_type& bytes) {
  return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

std::string_view special_v6(const asio::ip::address_v6& v6) {
  const auto bytes = v6.to_bytes();
  if (const auto what = found_in(kV6, bytes); !what.empty()) return what;
  if ((bytes[0] & 0xe0) != 0x20) return "not global unicast (RFC 4291)";
  if (is_isatap(bytes)) return "ISATAP (RFC 5214)";
  return {};
}

// NAT64's well-known prefix, and the one of which each network may choose its own (RFC 8215).
const Network& well_known_nat64() {
  static const Network kPrefix{asio::ip::make_address("64:ff9b::"), 96};
  return kPrefix;
}
const Network& local_nat64() {
  static const Network kPrefix{asio::ip::make_address("64:ff9b:1::"), 48};
  return kPrefix;
}

// The IPv4 address behind a prefix of `bits`; nothing when the octet between (bits 64 to 71), which must be
// zero, is not (RFC 6052 section 2.2).
std::optional<address> inside_nat64(const address& v6, unsigned bits) {
  const auto bytes = v6.to_v6().to_bytes();
  if (bits < 96 && bytes[8] != 0) return std::nullopt;
  asio::ip::address_v4::bytes_type inner{};
  std::size_t at = bits / 8;
  for (auto& each : inner) {
    if (at == 8) ++at;
    each = bytes[at++];
  }
  return asio::ip::address_v4{inner};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What C libraries and browsers read as a number of an IPv4 address.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) return true;
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-';
}

// `host` is `name` or below it.
bool is_below(std::string_view host, std::string_view name) {
  if (!host.ends_with(name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

// What `host` is told when `which` must not be called, for a reason that is `what`.
base::Status refuse(std::string_view host, const address& which, std::string_view what) {
  boost::system::error_code is_name;
  asio::ip::make_address(std::string{host}, is_name);
  return base::permission_denied(
      fmt::format("{} {}must not be called: it is {}", host, is_name ? "has an address that " : "", what),
      which.to_string());
}

base::Status bad_host(const std::string& host, std::string_view what) {
  return base::invalid_argument(fmt::format("the host '{}' {}", host.substr(0, 253), what));
}

}  // namespace

std::string_view special_use(const address& which) {
  if (which.is_v6()) return special_v6(which.to_v6());
  return found_in(kV4, which.to_v4().to_bytes());
}

std::string_view special_name(const std::string& host) {
  if (is_below(host, "localhost")) return "this host itself (RFC 6761)";
  if (host.find('.') == host.npos) return "a name with no domain";
  if (is_below(host, "internal")) return "a name of networks inside (.internal)";
  if (is_below(host, "local")) return "a name of mDNS (RFC 6762)";
  if (is_below(host, "home.arpa")) return "a name of networks at home (RFC 8375)";
  return {};
}

base::Status check_host_form(const std::string& host) {
  boost::system::error_code error;
  if (host.find(':') != host.npos) {
    const auto v6 = asio::ip::make_address_v6(host, error);
    const bool plain = !error && v6.scope_id() == 0 && host.find('%') == host.npos;
    return plain ? base::Status() : bad_host(host, "is not a plain IPv6 address");
  }
  if (host.empty() || host.size() > 253) return bad_host(host, "is not a host name");
  if (host.back() == '.') return bad_host(host, "ends in a dot; leave it out");
  std::size_t labels = 0;
  std::string_view rest{host};
  std::string_view last;
  while (!rest.empty()) {
    last = rest.substr(0, rest.find('.'));
    if (!is_label(last)) return bad_host(host, "is not a host name");
    rest.remove_prefix(std::min(rest.size(), last.size() + 1));
    ++labels;
  }
  if (!is_number(last)) return {};
  const auto v4 = asio::ip::make_address_v4(host, error);
  const bool plain = !error && labels == 4 && v4.to_string() == host;
  return plain ? base::Status() : bad_host(host, "is neither a name nor an IPv4 address with four numbers");
}

base::Result<Network> Network::parse(std::string_view text) {
  const auto bad = [&text] {
    return base::fail(
        base::invalid_argument(fmt::format("'{}' is not a network such as 10.1.0.0/16", text.substr(0, 60))));
  };
  const auto slash = text.find('/');
  boost::system::error_code error;
  Network network;
  network.address = asio::ip::make_address(std::string{text.substr(0, slash)}, error);
  if (error || text.find('%') != text.npos) return bad();
  const unsigned most = network.address.is_v4() ? 32 : 128;
  network.bits = most;
  if (slash != text.npos) {
    const std::string_view bits = text.substr(slash + 1);
    const auto [end, wrong] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
    if (bits.empty() || wrong != std::errc{} || end != bits.data() + bits.size() || network.bits > most) {
      return bad();
    }
  }
  const auto has_bits_behind = [&network](const auto& bytes) {
    for (unsigned bit = network.bits; bit < bytes.size() * 8; ++bit) {
      if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
    }
    return false;
  };
  const bool behind = network.address.is_v4() ? has_bits_behind(network.address.to_v4().to_bytes())
                                              : has_bits_behind(network.address.to_v6().to_bytes());
  if (behind) return bad();
  return network;
}

bool Network::contains(const asio::ip::address& other) const {
  if (address.is_v4() != other.is_v4()) return false;
  if (address.is_v4()) return in_network(other.to_v4().to_bytes(), address.to_v4().to_bytes(), bits);
  return in_network(other.to_v6().to_bytes(), address.to_v6().to_bytes(), bits);
}

base::Result<std::shared_ptr<const AddressGuard>> AddressGuard::create(
    const std::vector<std::string>& allow, std::vector<std::uint16_t> ports,
    const std::vector<std::string>& names, const std::vector<std::string>& nat64) {
  if (std::max({allow.size(), ports.size(), names.size(), nat64.size()}) > kMostEntries) {
    return base::fail(base::invalid_argument(
        fmt::format("more than {} networks, ports, names or prefixes are named", kMostEntries)));
  }
  std::shared_ptr<AddressGuard> guard{new AddressGuard};
  for (const auto& text : allow) {
    auto network = Network::parse(text);
    if (!network) return base::fail(network.error());
    if (network->bits >= local_nat64().bits && local_nat64().contains(network->address)) {
      return base::fail(base::invalid_argument(
          fmt::format("{} leads through NAT64 to any IPv4 address; name its prefix as nat64 instead", text)));
    }
    guard->allow_.push_back(*std::move(network));
  }
  if (std::find(ports.begin(), ports.end(), 0) != ports.end()) {
    return base::fail(base::invalid_argument("0 is not a port"));
  }
  for (const auto& text : nat64) {
    const auto prefix = Network::parse(text);
    constexpr std::array<unsigned, 6> kBits{32, 40, 48, 56, 64, 96};
    const bool fits = prefix && prefix->address.is_v6() &&
                      std::find(kBits.begin(), kBits.end(), prefix->bits) != kBits.end() &&
                      prefix->address.to_v6().to_bytes()[8] == 0;
    if (!fits) {
      return base::fail(base::invalid_argument(
          fmt::format("'{}' is not a prefix of NAT64, an IPv6 network of 32, 40, 48, 56, 64 or 96 bits",
                      text.substr(0, 60))));
    }
    guard->nat64_.push_back(*prefix);
  }
  for (const auto& each : names) {
    boost::system::error_code is_name;
    asio::ip::make_address(each, is_name);
    const bool plain = std::all_of(each.begin(), each.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
    if (!is_name || !plain || !check_host_form(each).ok()) {
      return base::fail(base::invalid_argument(
          fmt::format("'{}' is not a name such as hooks.internal, in lower case", each.substr(0, 60))));
    }
    guard->names_.push_back(each);
  }
  std::sort(guard->names_.begin(), guard->names_.end());
  std::sort(ports.begin(), ports.end());
  guard->ports_ = std::move(ports);
  std::vector<std::string> parts;
  for (const auto& each : guard->allow_) {
    parts.push_back(fmt::format("{}/{}", each.address.to_string(), each.bits));
  }
  std::sort(parts.begin(), parts.end());
  std::vector<std::string> prefixes;
  for (const auto& each : guard->nat64_) {
    prefixes.push_back(fmt::format("{}/{}", each.address.to_string(), each.bits));
  }
  std::sort(prefixes.begin(), prefixes.end());
  guard->key_ = fmt::format("{}|{}|{}|{}", fmt::join(parts, ","), fmt::join(guard->ports_, ","),
                            fmt::join(guard->names_, ","), fmt::join(prefixes, ","));
  return guard;
}

bool AddressGuard::allows(const address& which) const {
  return std::any_of(allow_.begin(), allow_.end(), [&](const Network& each) { return each.contains(which); });
}

base::Status AddressGuard::check(std::string_view host, const address& which) const {
  // An operator who allows a translator did not allow what is behind it.
  bool translated = false;
  for (const auto& each : nat64_) {
    if (!each.contains(which)) continue;
    const auto inner = inside_nat64(which, each.bits);
    if (!inner) return refuse(host, which, "NAT64 that leads nowhere (RFC 6052)");
    if (auto judged = check(host, *inner); !judged.ok()) return judged;
    translated = true;
  }
  if (translated) return {};
  const std::string_view what = special_use(which);
  if (what.empty()) return {};
  if (!allows(which) || local_nat64().contains(which)) return refuse(host, which, what);
  return well_known_nat64().contains(which) ? check(host, *inside_nat64(which, 96)) : base::Status();
}

base::Status AddressGuard::check_name(const std::string& host) const {
  const std::string_view what = special_name(host);
  const bool named = std::any_of(names_.begin(), names_.end(),
                                 [&](const std::string& each) { return is_below(host, each); });
  if (what.empty() || named) return {};
  return base::permission_denied(fmt::format("{} must not be called: it is {}", host, what));
}

base::Status AddressGuard::check_url(const HttpUrl& url) const {
  if (auto form = check_host_form(url.host); !form.ok()) return form;
  if (!ports_.empty() && !std::binary_search(ports_.begin(), ports_.end(), url.port)) {
    return base::permission_denied(
        fmt::format("port {} must not be called; allowed are {}", url.port, fmt::join(ports_, ", ")));
  }
  boost::system::error_code is_name;
  const auto literal = asio::ip::make_address(url.host, is_name);
  return is_name ? check_name(url.host) : check(url.host, literal);
}

}  // namespace paynamed::net
