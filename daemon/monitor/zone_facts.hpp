// What a look at a domain found about its zone, and what of it is kept between looks.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "names/validator.hpp"

namespace paynamed::monitor {

struct DelegationSigner {
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  std::uint8_t digest_type = 0;
  std::string digest;    // hex
  bool matches = false;  // it stands for a key of the zone
  friend auto operator<=>(const DelegationSigner&, const DelegationSigner&) = default;
};

struct SigningKey {
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  std::uint16_t flags = 0;
  bool has_ds = false;  // the parent vouches for it
  friend auto operator<=>(const SigningKey&, const SigningKey&) = default;
};

// The signature that a record set lives on, at one server.
struct SignatureTimes {
  std::string of;  // "SOA at ns1.example.com. at 192.0.2.1:53"
  base::WallTime from;
  base::WallTime until;
};

struct ZoneServerReport {
  enum class Verdict { kServes, kLame, kSilent, kNotAsked };
  std::string server;
  std::string address;
  Verdict verdict = Verdict::kNotAsked;
  std::string sentence;  // for people; empty for kServes
  std::optional<std::uint32_t> serial;
};
std::string_view to_string(ZoneServerReport::Verdict verdict);  // "serves", "lame", "silent", "not_asked"

// What is not set could not be found out: nobody answered.
struct ZoneFacts {
  std::string zone;                                 // the apex, with its dot
  std::string parent;                               // the zone above; empty when it was not found
  std::optional<std::vector<DelegationSigner>> ds;  // of all servers of the parent
  bool parents_agree = true;                        // about the DS records
  std::optional<std::vector<std::string>>
      delegation;  // NS at the parent, unless its servers have the zone too
  std::optional<std::vector<std::string>> name_servers;  // NS at the zone itself
  std::optional<std::vector<SigningKey>> keys;
  std::vector<ZoneServerReport> servers;
  std::vector<SignatureTimes>
      signatures;  // of SOA and DNSKEY at each server, of the DS records at the parent
  std::optional<names::DomainSecurity> security;
  std::string why_no_security;

  // The one that ends first; null without any.
  const SignatureTimes* first_to_end() const;
};

// The highest serial of an earlier look: servers that stay behind it are stale.
struct SerialMark {
  std::uint32_t serial = 0;
  base::WallTime seen;
};

// RFC 1982.
bool is_older_serial(std::uint32_t serial, std::uint32_t than);
// Of the servers that serve the zone.
std::optional<std::uint32_t> highest_serial(const ZoneFacts& facts);

// What a zone is known by, for telling changes: "ds", "keys", "delegation", "name_servers", as far as they
// are known. Equal objects mean equal sets.
boost::json::object identity_of(const ZoneFacts& facts);

// As the API shows it.
boost::json::object to_json(const ZoneFacts& facts);

// Since when the first signature ends at this time: one that is renewed moves on.
struct SignatureMark {
  base::WallTime until;
  base::WallTime seen;
};

// What is kept of a domain's looks.
struct ZoneRecord {
  boost::json::object facts;  // of the last look
  boost::json::object known;  // the identity that counts: what a change is a change of
  std::optional<SerialMark> mark;
  std::optional<SignatureMark> signatures;
};
std::string to_text(const ZoneRecord& record);
// An empty record for text that is none: it is ours, but a file may be older or newer.
ZoneRecord zone_record_from(std::string_view text);
}  // namespace paynamed::monitor
