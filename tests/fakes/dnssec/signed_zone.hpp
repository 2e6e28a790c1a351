// Zones signed by libldns, for tests of what reads signatures: record sets with their RRSIG records, DNSKEY
// and DS records, in the shape that a proof is made of. Every field of a signature can be made wrong on
// purpose.
//
// Threads: value types; one object, one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_wire.hpp"

namespace paynamed::fakes {

using Records = std::vector<net::DnsRecord>;

// From a line of a zone file: "alice.test. 300 IN TXT \"hello\"". Throws std::invalid_argument for other
// text.
net::DnsRecord record(const std::string& line);
Records operator+(Records left, const Records& right);

// The first label of the NSEC3 record for a name, in base32hex; salt is empty.
std::string nsec3_label(const std::string& name, std::uint16_t iterations = 0);
// The label that comes before or after it by one: a record that covers just one hash.
std::string label_before(std::string label);
std::string label_after(std::string label);

struct Signing {
  std::uint32_t inception = 1'700'000'000;  // 2023-11-14T22:13:20Z
  std::uint32_t expiration = 1'800'000'000;
  std::optional<std::uint8_t> labels;    // instead of the true number
  std::optional<std::string> signer;     // instead of the key's zone
  std::optional<std::uint16_t> key_tag;  // instead of the key's
};

class SigningKey {
 public:
  // A new key. `algorithm` is IANA's number, 5, 7, 8, 10, 13, 14 or 15; `bits` for RSA. Throws
  // std::runtime_error when libldns cannot.
  SigningKey(std::string zone, std::uint8_t algorithm, std::uint16_t flags = 257, std::uint16_t bits = 1024);
  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  net::DnsRecord dnskey() const;
  net::DnsRecord ds(std::uint8_t digest_type = 2) const;
  // The RRSIG record over a set; its original TTL is that of the first record.
  net::DnsRecord rrsig(const Records& set, const Signing& how = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A zone with one key for everything.
class SignedZone {
 public:
  explicit SignedZone(std::string name, std::uint8_t algorithm = 13, std::uint16_t bits = 1024);

  const std::string& name() const { return name_; }
  const SigningKey& key() const { return key_; }
  // The set and its RRSIG.
  Records sign(Records set, const Signing& how = {}) const;
  Records sign(const std::string& line, const Signing& how = {}) const {
    return sign(Records{record(line)}, how);
  }
  // What a server answers for `owner` from a wildcard that stands in the line.
  Records expand(const std::string& line, const std::string& owner, const Signing& how = {}) const;
  // DNSKEY, signed by itself.
  Records keys(const Signing& how = {}) const { return sign(Records{key_.dnskey()}, how); }
  // The DS of a child, signed by this zone.
  Records delegate(const SignedZone& child, std::uint8_t digest_type = 2, const Signing& how = {}) const {
    return sign(Records{child.key().ds(digest_type)}, how);
  }

 private:
  std::string name_;
  SigningKey key_;
};

// The root, "test." and "example.test.", each signed with its own algorithm.
struct SignedTree {
  explicit SignedTree(std::uint8_t root_algorithm = 13, std::uint8_t tld_algorithm = 13,
                      std::uint8_t zone_algorithm = 13, std::uint16_t bits = 1024)
      : root{".", root_algorithm, bits},
        tld{"test.", tld_algorithm, bits},
        zone{"example.test.", zone_algorithm, bits} {}

  SignedZone root;
  SignedZone tld;
  SignedZone zone;
  // All that leads to the keys of `zone`, those included.
  Records above() const {
    return root.keys() + root.delegate(tld) + tld.keys() + tld.delegate(zone) + zone.keys();
  }
};

}  // namespace paynamed::fakes
