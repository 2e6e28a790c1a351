// What a move keeps beside its row: how it was asked for, what it saw, and what its countdown rests on.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace paynamed::moves {

// Times to live that were seen, in seconds, the largest of each.
struct SeenTtls {
  std::uint32_t parent_ns = 0;     // NS and the addresses beside them, at the parent
  std::uint32_t zone_ns_from = 0;  // NS of the apex on the servers that the zone leaves
  std::uint32_t zone_ns_to = 0;
  std::uint32_t ds = 0;
  std::uint32_t dnskey = 0;
  std::uint32_t negative = 0;  // min(SOA TTL, SOA minimum), RFC 2308 section 5
  std::uint32_t largest = 0;   // of any set in the zone
  std::string largest_set;     // which

  void merge(const SeenTtls& other);

  struct Wait {
    std::uint32_t seconds = 0;
    std::string because;  // what decides, for people
  };
  // How long caches may go on to ask the servers that the zone leaves, after the parent has changed. A cache
  // that took the NS set from the parent just before may ask until that ends, and learn the zone's own NS set
  // from those servers as its last answer; where that still names them, both times follow each other.
  // `still_named`: it does. `going_back`: the new servers are the ones that it leaves.
  Wait longest(bool going_back, bool still_named) const;
};

struct Details {
  // As asked for.
  std::vector<std::string> accept;   // "www.example.com./A": may differ
  std::vector<std::string> servers;  // "192.0.2.1:53": where the new servers are; empty: as its zone says
  // As found out.
  std::vector<std::string> to_servers;    // the same, of whichever origin
  std::vector<std::string> from_servers;  // addresses that the parent named when it began
  std::vector<std::string> to_names;      // NS set that the parent should have
  std::vector<std::string> to_ds;         // DS records that the parent should have
  std::vector<std::string> notes;         // what an operator should know
  std::vector<std::string> problems;      // what a person has to mend; the first ones
  std::vector<std::string> delegation;    // a sentence a server of the parent
  std::string trouble;                    // why the last look came to nothing; it is tried again
  SeenTtls ttls;
  bool seen_at_to = false;  // a server of the parent named the new servers
  bool going_back = false;  // it is being undone: the delegation has to point back first
  std::optional<base::WallTime> drain_since;
  std::optional<base::WallTime> drain_until;
  std::string drain_because;
  std::uint32_t generation = 0;  // counts resumes; a part of the keys
};

boost::json::object to_json(const Details& details);
std::string to_text(const Details& details);
// Empty details for text that is none: it is ours, but a file may be older or newer.
Details details_from(std::string_view text);

}  // namespace paynamed::moves
