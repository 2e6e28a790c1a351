// Store: the daemon's memory. Three kinds of rows - events, journal, operational - always changed together in
// one transaction, and read models (names, offers, runs) that are a function of the events alone.
//
// Durability: the result of a write arrives after the fsync of its batch; "202 means on disk". Writes of many
// callers share a batch (group commit); a write whose conditions do not hold fails alone.
//
// Threads: every function may be called from any thread. Awaitables resume on the caller's executor. Reads
// are synchronous, short and bounded by their `limit`; they see every write whose awaitable has resumed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::state {

using base::Result;

// A caller's wish, to become a run.
struct NewRun {
  std::string tenant;
  base::Uuid id;
  Verb verb = Verb::kRegister;
  std::string name;
  std::string owner;  // who asks; a quarantined name may be reclaimed by its last owner
  bool bulk = false;  // the last tenth of the open runs is not for it
  base::WallTime time;
  std::string correlation_id;
  std::string traceparent;
  std::string input;     // JSON: what the run is about; opaque to the store
  std::string pipeline;  // JSON snapshot of the compiled pipeline; stored once however many runs share it
  std::vector<std::string>
      instances;  // configured plugins that the run may call; what instances_in_use() counts
  // Written in the same transaction: the first intents, and the run's first events; the very first is
  // run.accepted.
  std::vector<JournalEntry> journal;
  std::vector<NewEvent> events;
  // The API's Idempotency-Key with a hash of the request; empty for none.
  std::string idempotency_key;
  std::string request_hash;
  // For every verb but register: the run is accepted only if the name has this revision; 0: any.
  std::uint64_t expected_revision = 0;
};

struct AcceptedRun {
  RunKey key = 0;
  base::Uuid id;
  TenantKey tenant_key = 0;
  bool replayed =
      false;  // the same idempotency key was accepted before: `id` is the run of then, nothing was written
};

// One durable advance of a run: lines of its journal and the facts that follow from them.
struct RunUpdate {
  RunKey run = 0;
  // How many journal entries the writer has seen of this run; the update is refused (ABORTED) if there are
  // others.
  std::uint32_t expected_entries = 0;
  std::vector<JournalEntry> journal;
  std::vector<NewEvent> events;
  std::optional<Proof> proof = {};  // of the run's name
};

struct EventPage {
  std::vector<Event> events;
  Position next;  // pass to the next call
  Position head;  // of the tenant, at the time of the read
};

struct InstanceUse {
  std::string instance;
  std::uint64_t open_runs = 0;
  std::uint64_t names = 0;
  std::uint64_t offers = 0;    // active or retired
  std::uint64_t moves = 0;     // open ones, from or to it
  std::uint64_t invoices = 0;  // open ones, and those that are being made
  std::uint64_t orders = 0;    // the same, and those whose offer is still to be disabled
  std::uint64_t webhooks = 0;
};

// Who depends on where a domain's records are.
struct DomainUse {
  std::string domain;
  std::map<std::string, std::uint64_t> names;  // with a record in DNS, by the instance that holds it
  std::uint64_t open_runs = 0;
  std::map<std::string, std::uint64_t> runs_with;  // open runs by each instance that they may call
  // Between which instances the domain was moved last, and is being moved.
  struct Move {
    std::string from;
    std::string to;
  };
  std::optional<Move> moved;
  std::optional<Move> moving;
};

// All that a configuration must not take away, at one moment.
struct InUse {
  std::vector<InstanceUse> instances;
  std::vector<DomainUse> domains;  // in order
};

struct Totals {
  std::uint64_t names = 0;
  std::uint64_t live = 0;
  std::uint64_t degraded = 0;
  std::uint64_t open_runs = 0;
  std::uint64_t paused_runs = 0;
  std::uint64_t events = 0;
  std::uint64_t payments = 0;
};

// What has to be so still when facts about a name are written that were found out before.
struct Standing {
  std::string name;
  std::string value;
  NameState state = NameState::kLive;
};

// What a look at a domain found, with what follows from it.
struct DomainUpdate {
  std::string domain;
  std::optional<base::WallTime> looked;
  std::optional<std::string> zone;  // what is not given stays as it was
  std::optional<std::string> registration;
  // To each tenant what it has to hear.
  struct News {
    std::string tenant;
    std::vector<NewEvent> events;
  };
  std::vector<News> news;
};

class Store {
 public:
  virtual ~Store() = default;

  // --- writes
  // ------------------------------------------------------------------------------------------------------

  // Accepts a run, or says why not, checked inside the transaction:
  //   ALREADY_EXISTS       register, and the name is taken (by whoever); the detail is its open run, if it is
  //   the tenant's FAILED_PRECONDITION  register, and the name is quarantined for another owner: the message
  //   has the date NOT_FOUND            another verb, and the tenant has no such name ABORTED the name has an
  //   open run (the detail is its id), or another revision than expected INVALID_ARGUMENT     the idempotency
  //   key was used for another request RESOURCE_EXHAUSTED   as many runs are open as the settings allow; has
  //   a retry_after INTERNAL             an event contradicts its table in docs/events.md (a defect of the
  //   caller); nothing is written UNAVAILABLE          the store is closed
  virtual boost::asio::awaitable<Result<AcceptedRun>> accept_run(NewRun run) = 0;

  // Appends to an open run. NOT_FOUND when there is no such run, FAILED_PRECONDITION when it is final,
  // ABORTED when somebody else wrote to it.
  virtual boost::asio::awaitable<Result<void>> record(RunUpdate update) = 0;

  // Facts that belong to no run (a retired offer came to its end, a domain changed).
  virtual boost::asio::awaitable<Result<void>> append(std::string tenant, std::vector<NewEvent> events) = 0;

  // The same of one name, checked in the transaction: ABORTED when by now it has another value or state, or
  // an open run.
  virtual boost::asio::awaitable<Result<void>> append_if(std::string tenant, Standing standing,
                                                         std::vector<NewEvent> events) = 0;

  // All of it in one transaction, for all tenants. INTERNAL when an event contradicts what was said before
  // (the same trouble twice, a recovery from none).
  virtual boost::asio::awaitable<Result<void>> record_domain(DomainUpdate update) = 0;

  // A newer proof of a name that stands. ABORTED when the name has another value than the proof by now.
  virtual boost::asio::awaitable<Result<void>> put_proof(std::string tenant, std::string name,
                                                         Proof proof) = 0;

  // --- reads
  // -------------------------------------------------------------------------------------------------------

  virtual Result<std::optional<NameRow>> find_name(std::string_view tenant, std::string_view name) = 0;
  // In order of name, after `after` (empty: from the start); `domain` and `state` narrow it.
  virtual Result<std::vector<NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                  std::optional<NameState> state, std::string_view after,
                                                  std::uint32_t limit) = 0;
  virtual Result<std::vector<OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                                  std::uint32_t limit) = 0;
  // Retired offers whose time is over, of all tenants; the longest over first, after `after`.
  struct DuePlace {
    base::WallTime until;  // when its time was over
    std::int64_t offer = 0;
  };
  struct DueOffer {
    std::string tenant;
    OfferRow offer;
    DuePlace place;  // pass that of the last one to the next call
  };
  virtual Result<std::vector<DueOffer>> retired_offers_due(base::WallTime now, DuePlace after,
                                                           std::uint32_t limit) = 0;

  // Active offers that end before `time` and whose end was not announced (offer.expiring), of all tenants;
  // the first to end first, after `after`. place.until is the end.
  virtual Result<std::vector<DueOffer>> offers_ending(base::WallTime time, DuePlace after,
                                                      std::uint32_t limit) = 0;

  // The same whether their end was announced or not.
  virtual Result<std::vector<DueOffer>> active_offers_ending(base::WallTime time, DuePlace after,
                                                             std::uint32_t limit) = 0;

  // The largest key that a name has or had; 0 without names.
  virtual Result<NameKey> newest_name() = 0;
  // Those of the names with these keys that are live or degraded, in the order of `keys`, of which there
  // are at most 1000.
  virtual Result<std::vector<WatchedName>> watched_names(std::span<const NameKey> keys) = 0;
  // Degraded names of all tenants.
  virtual Result<std::vector<WatchedName>> degraded_names(std::uint32_t limit) = 0;

  // The proof of what the name says in DNS now; none while a new value is not proven yet. Names are unique
  // over all tenants, and what is in DNS is public.
  virtual Result<std::optional<Proof>> find_proof(std::string_view name) = 0;
  // Names whose proofs end before `time`, of all tenants; the first to end first, after `after`.
  struct ProofPlace {
    base::WallTime expires;
    std::int64_t name = 0;
  };
  struct EndingProof {
    std::string tenant;
    std::string name;
    ProofPlace place;  // pass that of the last one to the next call
  };
  virtual Result<std::vector<EndingProof>> proofs_ending(base::WallTime time, ProofPlace after,
                                                         std::uint32_t limit) = 0;

  // Nothing when the domain was never looked at.
  virtual Result<std::optional<DomainRow>> find_domain(std::string_view tenant, std::string_view domain) = 0;
  // Domains that were looked at, whoever may use them, with what was said to the tenant; in order, after
  // `after`. Without `zone` and `registration`.
  virtual Result<std::vector<DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                      std::uint32_t limit) = 0;

  // What an idempotency key was used for. Nothing found means little: the same key may be on its way to disk,
  // so only accept_run() decides.
  struct KeyUse {
    base::Uuid run;
    std::string request_hash;
  };
  virtual Result<std::optional<KeyUse>> find_key_use(std::string_view tenant, std::string_view key) = 0;

  virtual Result<std::optional<RunRow>> find_run(std::string_view tenant, base::Uuid id) = 0;
  // Newest first, before `before` (zero: from the newest); `name` and `state` narrow it.
  virtual Result<std::vector<RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                                std::optional<RunState> state, base::Uuid before,
                                                std::uint32_t limit) = 0;
  virtual Result<std::vector<JournalEntry>> journal_of(RunKey run) = 0;
  // The pipeline snapshot and input of any run, also a final one.
  virtual Result<std::optional<OpenRun>> load_run(RunKey run) = 0;
  // Open runs with their journals, by key, after `after`.
  virtual Result<std::vector<OpenRun>> open_runs(RunKey after, std::uint32_t limit) = 0;

  // Events after a seq, in order. OUT_OF_RANGE when `after` lies beyond the head or in another epoch: the
  // caller's position is not of this log.
  virtual Result<EventPage> events_after(std::string_view tenant, Position after, std::uint32_t limit) = 0;
  virtual Result<std::vector<InstanceUse>> instances_in_use() = 0;
  // The same with the domains, of one moment.
  virtual Result<InUse> in_use() = 0;
  virtual Result<Totals> totals() = 0;

  // Resolves when the tenant has an event after `seq`, or at the latest after `wait`. For long polls and
  // tests.
  virtual boost::asio::awaitable<void> wait_for_event(std::string tenant, std::uint64_t seq,
                                                      base::Duration wait) = 0;
};

}  // namespace paynamed::state
