// What Route 53 is told and what it answers, API version 2013-04-01 (Amazon Route 53 API Reference). In
// requests the order of the elements counts.
//
// Threads: value types; the functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xml.hpp"

namespace paynamed::route53 {

// Limits of one ChangeResourceRecordSets request.
inline constexpr std::size_t kMaxBatchRecords = 1'000;      // ResourceRecord elements
inline constexpr std::size_t kMaxBatchCharacters = 32'000;  // of all values together

// A resource record set. Names are in Route 53's form (owner_name.hpp).
struct RecordSet {
  std::string name;
  std::string type;
  std::string identifier;  // of a routing policy; empty: a simple set
  std::uint32_t ttl_seconds = 0;
  std::vector<std::string> values;  // as Route 53 writes them
  bool alias = false;               // stands for another AWS resource; no TTL, no values
};

enum class Action { kCreate, kDelete };

struct Change {
  Action action;
  RecordSet set;
};

std::string change_request(const std::vector<const Change*>& changes);

// Where a page of a list begins.
struct Position {
  std::string name;
  std::string type;
  std::string identifier;
};

struct ListPage {
  std::vector<RecordSet> sets;
  std::optional<Position> next;
};

struct ChangeInfo {
  std::string id;  // without "/change/"
  bool in_sync = false;
};

struct HostedZone {
  std::string id;  // without "/hostedzone/"
  std::string name;
  bool is_private = false;
};

struct ZonePage {
  std::vector<HostedZone> zones;
  std::optional<HostedZone> next;  // name and id
};

// An answer that says no. Both shapes of the API are read: <ErrorResponse> and <InvalidChangeBatch>.
struct Refusal {
  std::uint32_t http_status = 0;
  std::string code;
  std::vector<std::string> messages;
};

// How many record sets a hosted zone has and may have.
struct ZoneLimit {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

// DATA_LOSS when the answer lacks what it must have.
Result<ListPage> read_list_page(const Element& answer);
Result<ChangeInfo> read_change_info(const Element& answer);
Result<ZonePage> read_zone_page(const Element& answer);
Result<HostedZone> read_hosted_zone(const Element& answer);
// Of GetHostedZoneLimit with MAX_RRSETS_BY_ZONE, whose Count is the zone's ResourceRecordSetCount.
Result<ZoneLimit> read_zone_limit(const Element& answer);
// Never fails: an answer that is no such XML is a refusal without a code.
Refusal read_refusal(std::uint32_t http_status, std::string_view body);

// "/hostedzone/Z1" and "Z1" are the same zone.
std::string without_prefix(const std::string& id);

}  // namespace paynamed::route53
