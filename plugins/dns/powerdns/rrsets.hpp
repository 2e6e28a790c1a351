// RRsets as the API writes them in JSON. What comes from the server is not trusted: bounded in depth,
// checked, and what is not understood is an Error.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::powerdns {

struct RRset {
  std::string name;  // lower case
  std::string type;  // "TXT"
  std::uint32_t ttl_seconds = 0;
  std::vector<std::string> contents;  // of the records that are served: those that are not disabled
  bool switched_off = false;          // a record is disabled: kept, but not served
  std::string comment;                // ours, if there is one
  bool ours = false;                  // a comment of our account stands there
};

// The answer to a GET of a zone, only RRsets with records: PowerDNS 4.7 also gives one without for each
// comment in the zone, whatever was asked for. Throws Error(kFailedPrecondition) when that is no such answer.
std::vector<RRset> read_rrsets(std::string_view body);
// The value of "dnssec" there. Throws the same.
bool read_signed_flag(std::string_view body);

struct Key {
  bool used = false;            // active and published
  std::vector<std::string> ds;  // "23051 13 2 55b9..."
};
// The answer to a GET of the zone's cryptokeys. Throws the same.
std::vector<Key> read_keys(std::string_view body);
// "error" of a refusal, cut and without control characters; empty when there is none.
std::string read_error(std::string_view body);

// Bodies of a PATCH that changes the TXT RRset of one name, at once. With an empty comment there is none.
std::string replacing_body(const std::string& name, const std::string& content, std::uint32_t ttl_seconds,
                           const std::string& comment);
std::string deleting_body(const std::string& name);

}  // namespace paynamed::powerdns
