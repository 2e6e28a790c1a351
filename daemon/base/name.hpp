// Name: a payment name, user@domain, as every wallet can pay it (BIP-353), and the rules a domain has to
// keep.
//
// Threads: a value type; functions are pure.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::base {

// What user and domain may have together. Wallets (LDK) allow 231, but with ".user._bitcoin-payment." between
// them 231 make a DNS name of 256 bytes, one more than RFC 1035 section 2.3.4 allows: such a name cannot be
// published.
inline constexpr std::size_t kMaxNameBytes = 230;

class Name {
 public:
  // "alice@example.com", also with the prefix of BIP-353 (U+20BF) and one trailing dot. Upper case is folded
  // to lower and `folded`, if given, says whether there was any, so that the caller can tell the user.
  // INVALID_ARGUMENT with the broken rule in the message otherwise:
  //  - user: `a-z 0-9 . _ -`, dot-separated labels of 1..63 bytes. Labels may begin or end with a hyphen:
  //  they name
  //    no host, and wallets pay them. A label beginning with "xn--" is refused: a wallet shows it as other
  //    letters than the user registered.
  //  - domain: see parse_domain().
  //  - both together at most kMaxNameBytes.
  static Result<Name> parse(std::string_view text, bool* folded = nullptr);
  // The same of the two parts (no prefix).
  static Result<Name> from_parts(std::string_view user, std::string_view domain, bool* folded = nullptr);

  const std::string& user() const { return user_; }
  // Without trailing dot.
  const std::string& domain() const { return domain_; }
  // "alice@example.com"
  std::string text() const { return user_ + "@" + domain_; }
  // "alice.user._bitcoin-payment.example.com.", where the record stands (BIP-353).
  std::string owner_name() const;

  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  Name(std::string user, std::string domain) : user_(std::move(user)), domain_(std::move(domain)) {}

  std::string user_;
  std::string domain_;
};

// A domain in lower case without its trailing dot. Labels of 1..63 bytes of `a-z 0-9 -`, no hyphen at either
// end (the host name rule of RFC 1123 section 2.1: registries and certificates demand it), at most 253 bytes,
// the last label not all digits (else it reads as an IPv4 address). A label beginning with "xn--" has to be a
// valid A-label (RFC 5891); letters outside ASCII are refused with the A-label to use in the message.
// INVALID_ARGUMENT otherwise.
Result<std::string> parse_domain(std::string_view text, bool* folded = nullptr);

}  // namespace paynamed::base
