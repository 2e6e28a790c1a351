// What the store keeps, as plain values: names, offers, runs, journal entries and events.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace paynamed::state {

// No row may be larger: a page of events must stay sendable. Of an entry of the journal, an event's data and
// a part of a proof.
inline constexpr std::size_t kMaxTextBytes = 1 << 20;
inline constexpr std::size_t kMaxEventBytes = 64 << 10;
inline constexpr std::size_t kMaxProofPartBytes = 64 << 10;

// Rows refer to each other by these numbers; they never leave the daemon.
using TenantKey = std::int64_t;
using RunKey = std::int64_t;
using NameKey = std::int64_t;  // small numbers, almost without gaps: the first name is 1

enum class Verb { kRegister, kSetSource, kRotate, kRemove, kRepair };
enum class SourceKind { kNode, kExternal };

// The life of a name. kRegistering has no record yet; kPublished has one that is not proven; kLive is proven;
// kDegraded was live and is not true any more; kQuarantined is released and reserved for its last owner.
enum class NameState { kRegistering, kPublished, kLive, kDegraded, kQuarantined };

enum class RunState { kRunning, kPaused, kCompensating, kCompleted, kCompensated };

// kActive is in DNS or about to be; kRetired was replaced and is still payable until retired_until; kDisabled
// is over.
enum class OfferState { kActive, kRetired, kDisabled };

std::string_view to_string(Verb verb);        // "register", "set_source", "rotate", "remove", "repair"
std::string_view to_string(SourceKind kind);  // "node", "external"
std::string_view to_string(NameState state);  // "registering", "published", "live", "degraded", "quarantined"
std::string_view to_string(
    RunState state);  // "running", "paused", "compensating", "completed", "compensated"
std::string_view to_string(OfferState state);  // "active", "retired", "disabled"
std::optional<Verb> verb_from(std::string_view text);
std::optional<SourceKind> source_kind_from(std::string_view text);
std::optional<NameState> name_state_from(std::string_view text);
std::optional<RunState> run_state_from(std::string_view text);
std::optional<OfferState> offer_state_from(std::string_view text);

inline bool is_open(RunState state) {
  return state == RunState::kRunning || state == RunState::kPaused || state == RunState::kCompensating;
}

// A place in a tenant's events. `epoch` changes when a file was restored, so that a reader notices.
struct Position {
  std::uint32_t epoch = 1;
  std::uint64_t seq = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// A fact to be written. `data` is a JSON object as UTF-8; it is stored and served byte for byte.
struct NewEvent {
  std::string type;  // "name.live"
  std::uint32_t version = 1;
  std::string subject;  // the name, as a rule
  base::Uuid id;
  base::WallTime time;
  std::string data;
};

struct Event {
  std::uint64_t seq = 0;  // dense within the tenant, from 1
  std::string type;
  std::uint32_t version = 1;
  std::string subject;
  base::Uuid id;
  base::WallTime time;
  std::optional<base::Uuid> run;
  std::string correlation_id;
  std::string traceparent;
  std::string data;
};

// One line of a run's history. The engine defines the payload; the store only keeps it.
struct JournalEntry {
  // kIntent: about to act; holds all that the undo needs. kOutcome: what came of it. kWait: not before
  // `until`. kUndoIntent and kUndoOutcome: the same of a compensation. kNote: a decision (paused, resumed,
  // cancelled, ...).
  enum class Kind { kIntent, kOutcome, kWait, kUndoIntent, kUndoOutcome, kNote };
  Kind kind = Kind::kNote;
  std::uint32_t step = 0;     // index in the run's pipeline
  std::uint32_t attempt = 0;  // from 1; 0 where it means nothing
  base::WallTime time;
  std::string payload;  // JSON object
};

struct NameRow {
  std::string name;    // "alice@example.com"
  std::string domain;  // "example.com"
  NameState state = NameState::kRegistering;
  std::string owner;
  std::string reference;
  bool livemode = true;
  SourceKind source = SourceKind::kNode;
  std::string value;  // the published TXT value; empty before
  std::uint32_t ttl_seconds = 0;
  std::string dns_instance;   // which instance holds the record
  std::string node_instance;  // empty for external names
  std::string node;           // the backend's reference
  std::string offer_id;       // of the offer in DNS; empty for a URI without one
  base::WallTime created;
  base::WallTime updated;
  std::optional<base::WallTime> live_since;
  std::optional<base::WallTime> quarantined_until;
  std::optional<base::Uuid> open_run;
  std::uint64_t revision = 0;  // counts changes; the compare-and-set token of the API
};

// A name whose record has to be true, as far as whoever watches it needs it.
struct WatchedName {
  NameKey key = 0;
  std::string tenant;
  std::string name;
  std::string value;
  NameState state = NameState::kLive;  // kLive or kDegraded
  bool busy = false;                   // a run is at work on it
};

// What was said to a tenant about a domain.
struct DomainStanding {
  bool degraded = false;
  std::string code;                       // while degraded
  std::string reason;                     // while degraded
  std::optional<base::WallTime> since;    // when it became degraded, or the last time that it recovered
  std::optional<base::WallTime> changed;  // when its DS, keys or name servers last changed
  // The ends that domain.expiring announced last.
  std::optional<base::WallTime> signatures_end;
  std::optional<base::WallTime> registration_end;
};

// A domain that was looked at.
struct DomainRow {
  std::string domain;                    // "example.com", without the dot
  std::optional<base::WallTime> looked;  // when a look last found somebody to ask
  std::string zone;          // what it found: JSON of whoever looks, opaque to the store; empty for nothing
  std::string registration;  // the same of the registration
  DomainStanding standing;   // of the tenant that asks
};

struct OfferRow {
  std::string offer_id;  // hex
  std::string offer;     // "lno1..."; for external names too
  std::string name;
  SourceKind source = SourceKind::kNode;
  OfferState state = OfferState::kActive;
  std::string node_instance;
  std::string node;
  std::string offer_key;
  base::WallTime created;
  std::optional<base::WallTime> expires;
  std::optional<base::WallTime> retired_until;
};

// That the record of a name is in DNS and true, for whoever trusts nothing but the root: an RFC 9102 chain in
// two parts. Operational: a newer one takes its place, and it goes with the name.
struct Proof {
  std::string value;                // the TXT value that it proves
  std::vector<std::uint8_t> leaf;   // the name's own part
  std::vector<std::uint8_t> trunk;  // shared by the names of a zone
  base::WallTime made;
  base::WallTime valid_from;
  base::WallTime expires;
  std::uint32_t max_cache_ttl_seconds = 0;
};

struct RunRow {
  RunKey key = 0;
  base::Uuid id;
  Verb verb = Verb::kRegister;
  std::string name;
  RunState state = RunState::kRunning;
  std::string reason;  // why it is paused, compensating or compensated
  base::WallTime accepted;
  base::WallTime updated;
  std::optional<base::WallTime> finished;
  std::string correlation_id;
};

// All that the engine needs to go on with a run after a restart.
struct OpenRun {
  RunRow row;
  TenantKey tenant_key = 0;
  std::string tenant;
  std::string traceparent;
  std::string input;     // JSON, as given to accept_run
  std::string pipeline;  // the snapshot, as given to accept_run
  std::vector<JournalEntry> journal;
};

}  // namespace paynamed::state
