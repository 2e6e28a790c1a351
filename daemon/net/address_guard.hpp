// AddressGuard: where a request may go whose URL came from somebody that we do not trust (server-side request
// forgery). Only public addresses may be called, and those of networks that the operator has named; a host in
// a URL is a plain IPv4 address, an IPv6 address or a name that nobody can take for an address.
//
// Threads: immutable after create(); share it freely. The rest are pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/http_url.hpp"

namespace paynamed::net {

// Which rule keeps `address` from being called by strangers, in words that follow "it is": "loopback (RFC
// 1122)". Empty when it is a public address of one host. After IANA's registries of special-purpose addresses
// (RFC 6890); what carries another address inside (IPv4-mapped, NAT64, 6to4, Teredo, ISATAP) is refused as
// such.
std::string_view special_use(const boost::asio::ip::address& address);

// INVALID_ARGUMENT when the host of a URL can be read as something else than it says: an address in decimal,
// octal, hexadecimal or with less than four parts, a zone id, a dot at the end, labels that are none.
base::Status check_host_form(const std::string& host);

// Addresses that have their first `bits` bits in common.
struct Network {
  boost::asio::ip::address address;
  unsigned bits = 0;

  // "10.1.0.0/16", "2001:db8::/32", or one address. INVALID_ARGUMENT for anything else, also when bits are
  // set behind the prefix.
  static base::Result<Network> parse(std::string_view text);
  bool contains(const boost::asio::ip::address& other) const;
};

// Which rule keeps a name from being called by strangers, in words that follow "it is": names of this host
// and of networks inside, which a proxy may find though we cannot judge what it finds. Empty when there is
// none.
std::string_view special_name(const std::string& host);

class AddressGuard {
 public:
  static constexpr std::size_t kMostEntries = 64;

  // `allow` are networks that may be called though they are special; `ports` the only ones that may, or empty
  // for all; `names` and what is below them may be called though they are special names, if their addresses
  // may; `nat64` are the prefixes that translators of this network's own make IPv4 addresses of (RFC 6052),
  // so that the IPv4 address inside is judged. INVALID_ARGUMENT when one of them is none, or there are more
  // than kMostEntries.
  static base::Result<std::shared_ptr<const AddressGuard>> create(const std::vector<std::string>& allow,
                                                                  std::vector<std::uint16_t> ports,
                                                                  const std::vector<std::string>& names = {},
                                                                  const std::vector<std::string>& nat64 = {});

  // PERMISSION_DENIED when `address` must not be called. The sentence begins with `host`, for which the
  // address was found, and does not tell the address to whoever only knows the name; the detail does.
  base::Status check(std::string_view host, const boost::asio::ip::address& address) const;
  // What can be said without asking for addresses: the host's form, its address when it is one, and the port.
  base::Status check_url(const HttpUrl& url) const;
  // The same for two guards with the same rules.
  const std::string& key() const { return key_; }

 private:
  AddressGuard() = default;
  bool allows(const boost::asio::ip::address& address) const;
  base::Status check_name(const std::string& host) const;

  std::vector<Network> allow_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::string> names_;
  std::vector<Network> nat64_;
  std::string key_;
};

}  // namespace paynamed::net
