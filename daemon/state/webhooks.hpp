// What the store keeps of deliveries: targets that are notified (webhooks, in the API's word, whatever
// Notifier they use), and what became of each event for each of them. All of it is operational: never rebuilt
// from events, which only tell that a target came, changed, failed or went.
//
// A target has a cursor into its tenant's log: every event up to it that its filter lets through has a
// delivery, or is not wanted. Events after it may have one too, when they were sent side by side.
//
// Of an ordered target the earliest waiting delivery of each subject has a time, the later ones are behind it
// and have none: the store sees to it that the next of them gets one when the one before is over.
//
// Threads: value types; WebhookStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"
#include "state/nodes.hpp"

namespace paynamed::state {

enum class WebhookState {
  kActive,
  kPaused,    // its owner said so; events wait
  kDisabled,  // the daemon said so: its receiver is gone, or failed for too long; events wait
};
std::string_view to_string(WebhookState state);  // "active", "paused", "disabled"

// What a target's attempts are signed with; the value is a sealed secret under the handle.
struct WebhookSecret {
  enum class Kind { kHmac, kEd25519 };
  Kind kind = Kind::kHmac;
  std::string name;        // the last part of its handle: "s1", "s2", ...
  std::string public_key;  // of kEd25519: "whpk_..."; else empty
  base::WallTime since;
  std::optional<base::WallTime> until;  // another one took its place, and it still counts until then
};

// What its owner chose.
struct WebhookSettings {
  std::string address;  // as the Notifier keeps it: a URL
  std::string description;
  std::vector<std::string> types;  // events::EventFilter
  std::vector<std::string> names;  // the same
  std::vector<base::Duration>
      schedule;                   // the wait before each attempt, the first one included; empty: the daemon's
  std::uint32_t concurrency = 0;  // attempts at once; 0: the daemon's
  std::uint32_t per_minute = 0;   // attempts; 0: no limit
  bool ordered = false;           // no event of a subject is sent while an earlier one of it waits
};

struct WebhookRow {
  base::Uuid id;
  std::string tenant;
  std::string instance;  // of a Notifier
  WebhookSettings settings;
  std::vector<WebhookSecret> secrets;  // the newest first
  WebhookState state = WebhookState::kActive;
  std::string reason;  // why it is not active, or what it fails with: a sentence
  base::WallTime created;
  base::WallTime updated;
  std::uint64_t revision = 0;  // counts changes of its settings, secrets and state
  Position cursor;
  std::optional<base::WallTime> failing_since;  // the first failure after the last success
  std::optional<base::WallTime> delivered;      // the last success
  bool told_failing = false;                    // webhook.failing was said, and nothing delivered since
  bool told_dead_letter = false;                // the same of webhook.dead_letter
  std::uint64_t waiting = 0;                    // deliveries that will be tried again
  std::uint64_t dead = 0;                       // dead letters
};

// "secret:<instance>/webhook/<id>/<name>": the handle under which its Notifier reads a secret of a target.
std::string secret_handle(const WebhookRow& webhook, std::string_view name);

enum class DeliveryState {
  kWaiting,  // will be tried (again)
  kDelivered,
  kDead,  // gave up: a dead letter
};
std::string_view to_string(DeliveryState state);  // "waiting", "delivered", "dead"

// One event for one target. There is at most one of the two.
struct DeliveryRow {
  base::Uuid webhook;
  std::uint64_t seq = 0;  // of the event
  base::Uuid event;
  std::string type;
  std::string subject;
  DeliveryState state = DeliveryState::kWaiting;
  std::uint32_t attempts = 0;          // so far, replays included
  std::uint32_t tries = 0;             // since it was (re)played: where it is in the schedule
  std::optional<base::WallTime> next;  // of kWaiting; none: behind an earlier one of its subject
  std::string reason;                  // of the last failure: a sentence; why it is dead
  base::WallTime created;
  base::WallTime updated;
};

// One attempt at a delivery.
struct AttemptRow {
  std::uint32_t number = 0;  // from 1
  base::WallTime time;
  base::Duration latency{0};
  std::uint32_t status = 0;  // the receiver's, of HTTP as a rule; 0: none
  bool delivered = false;
  std::string reason;  // of a failure: a sentence
  std::string answer;  // the first 20,000 bytes of what it said, at most; any bytes
};

inline constexpr std::size_t kMaxAnswerBytes = 20'000;
inline constexpr std::size_t kMaxReasonBytes = 1'000;
inline constexpr std::size_t kMostWebhooks = 1000;  // of a tenant

struct NewWebhook {
  WebhookRow webhook;  // its cursor: where it starts; the head when `from_now`
  bool from_now = true;
  std::vector<SealedSecret> secrets;
  NewEvent event;               // webhook.created
  std::string idempotency_key;  // as NewNode's
  std::string request_hash;
};
struct CreatedWebhook {
  WebhookRow webhook;
  bool replayed = false;  // the same request made it before; nothing was written
};

// What is not given stays as it is.
struct WebhookChange {
  std::string tenant;
  base::Uuid id;
  std::uint64_t expected_revision = 0;  // 0: any
  std::optional<WebhookSettings> settings;
  std::optional<WebhookState> state;
  std::string reason;                                 // of `state`
  std::optional<std::vector<WebhookSecret>> secrets;  // all from now on; those that are left out are erased
  std::vector<SealedSecret> sealed;                   // the values of new ones
  base::WallTime time;
  std::optional<NewEvent> event;  // webhook.changed, webhook.disabled, ...
};

// What came of attempts at a target since the last call, and where it stands; one transaction.
struct DeliveryUpdate {
  base::Uuid webhook;
  // Of the target that was attempted: what came of it says nothing of the one that its owner made of it
  // since, so `standing` and `disabled` are left out when it has another one by now. 0: any.
  std::uint64_t revision = 0;
  std::optional<std::uint64_t> cursor;  // only forward
  struct Done {
    // As it is now. The text of its event is not looked at, attempts are at least those that are known and
    // this one, and one that waits without a time gets one when nothing is before it.
    DeliveryRow delivery;
    std::optional<AttemptRow> attempt;  // none: it was given up, or put behind another, without one
  };
  std::vector<Done> done;
  // As in WebhookRow; left out: as before.
  struct Standing {
    std::optional<base::WallTime> failing_since;
    std::optional<base::WallTime> delivered;
    bool told_failing = false;
    bool told_dead_letter = false;
    std::string reason;
  };
  std::optional<Standing> standing;
  // webhook.disabled: it is disabled as of then, with the standing's reason, unless it is not active any
  // more.
  std::optional<NewEvent> disabled;
  std::vector<NewEvent> events;
};

// Which deliveries.
struct DeliveryFilter {
  base::Uuid webhook;
  std::optional<DeliveryState> state;
  std::vector<std::string> types;         // as an EventFilter's
  std::optional<base::WallTime> since;    // of the event's delivery: created at or after
  std::optional<base::WallTime> until;    // created before
  std::optional<std::uint64_t> from_seq;  // this one and later ones
  std::optional<std::uint64_t> to_seq;    // this one and earlier ones
  std::optional<base::Uuid> event;
};

// Whether it is one of them, whosever webhook it is.
bool matches(const DeliveryFilter& filter, const DeliveryRow& delivery);

class WebhookStore {
 public:
  virtual ~WebhookStore() = default;

  // FAILED_PRECONDITION when the tenant has kMostWebhooks, or what the idempotency key made was deleted
  // since; INVALID_ARGUMENT when the key was used for another request; OUT_OF_RANGE when the cursor is not of
  // the tenant's log.
  virtual boost::asio::awaitable<base::Result<CreatedWebhook>> create_webhook(NewWebhook webhook) = 0;
  // NOT_FOUND; ABORTED when it has another revision. A target that becomes active begins anew: it is not
  // failing any more.
  virtual boost::asio::awaitable<base::Result<WebhookRow>> change_webhook(WebhookChange change) = 0;
  // With its secrets, deliveries and attempts (which may go a little later). NOT_FOUND.
  virtual boost::asio::awaitable<base::Result<void>> delete_webhook(std::string tenant, base::Uuid id,
                                                                    NewEvent event) = 0;
  // NOT_FOUND when the target is gone.
  virtual boost::asio::awaitable<base::Result<void>> record_deliveries(DeliveryUpdate update) = 0;
  // Deliveries that are delivered or dead wait again, to be tried at once; how many. With
  // filter.state == kWaiting those that wait are tried at once instead. `more`: events which the target never
  // wanted, or which came before it; of each only `seq` counts, and those that have a delivery already stay
  // as they are. In several transactions: what was done before a failure stays done. NOT_FOUND when the
  // tenant has no such target.
  virtual boost::asio::awaitable<base::Result<std::uint64_t>> replay_deliveries(std::string tenant,
                                                                                DeliveryFilter filter,
                                                                                std::vector<DeliveryRow> more,
                                                                                base::WallTime now) = 0;
  // Removes delivered and dead rows, with their attempts, that were updated before, and what is left of
  // targets that were deleted; how many rows, at most `limit`.
  virtual boost::asio::awaitable<base::Result<std::uint64_t>> prune_deliveries(
      base::WallTime delivered_before, base::WallTime dead_before, std::uint32_t limit) = 0;

  // Of all tenants, in order of their ids, after `after`.
  virtual base::Result<std::vector<WebhookRow>> webhooks(base::Uuid after, std::uint32_t limit) = 0;
  virtual base::Result<std::vector<WebhookRow>> list_webhooks(std::string_view tenant, base::Uuid after,
                                                              std::uint32_t limit) = 0;
  virtual base::Result<std::optional<WebhookRow>> find_webhook(std::string_view tenant, base::Uuid id) = 0;
  // The same, whoever's it is.
  virtual base::Result<std::optional<WebhookRow>> load_webhook(base::Uuid id) = 0;
  // What create_webhook() would replay.
  struct WebhookKeyUse {
    base::Uuid webhook;
    std::string request_hash;
  };
  virtual base::Result<std::optional<WebhookKeyUse>> find_webhook_key(std::string_view tenant,
                                                                      std::string_view key) = 0;

  // Newest event first, before `before_seq` (0: from the newest). There may be millions of them, and no index
  // leads to those that are meant, so a call looks at few rows and holds up no thread that others need:
  // whoever wants all goes on before `next` in another moment. A page may be short, or empty, and not the
  // last. NOT_FOUND when the tenant has no such target.
  struct DeliveryPage {
    std::vector<DeliveryRow> rows;
    std::uint64_t next = 0;  // 0: there are no more
  };
  virtual base::Result<DeliveryPage> list_deliveries(std::string_view tenant, const DeliveryFilter& filter,
                                                     std::uint64_t before_seq, std::uint32_t limit) = 0;
  struct DeliveryCount {
    std::uint64_t count = 0;
    std::uint64_t next = 0;  // 0: these were all
  };
  virtual base::Result<DeliveryCount> count_deliveries(std::string_view tenant, const DeliveryFilter& filter,
                                                       std::uint64_t before_seq) = 0;
  virtual base::Result<std::optional<DeliveryRow>> find_delivery(std::string_view tenant, base::Uuid webhook,
                                                                 std::uint64_t seq) = 0;
  // The oldest first.
  virtual base::Result<std::vector<AttemptRow>> attempts_of(base::Uuid webhook, std::uint64_t seq,
                                                            std::uint32_t limit) = 0;

  // For the engine: waiting ones whose time has come, the longest due first; of a target that is not ordered
  // also those that were behind another one while it was, after them.
  virtual base::Result<std::vector<DeliveryRow>> due_deliveries(base::Uuid webhook, base::WallTime now,
                                                                std::uint32_t limit) = 0;
  // When the next one of a target is due after `after`; none: none waits so long.
  virtual base::Result<std::optional<base::WallTime>> next_delivery(base::Uuid webhook,
                                                                    base::WallTime after) = 0;
  // Those after its cursor, in order of seq.
  virtual base::Result<std::vector<DeliveryRow>> deliveries_after(base::Uuid webhook, std::uint64_t seq,
                                                                  std::uint32_t limit) = 0;
  // The earliest waiting one of a subject.
  virtual base::Result<std::optional<DeliveryRow>> first_waiting(base::Uuid webhook,
                                                                 std::string_view subject) = 0;
};

// Whether an EventFilter of these types lets the type through; none: all.
bool wants_type(const std::vector<std::string>& types, std::string_view type);

}  // namespace paynamed::state
