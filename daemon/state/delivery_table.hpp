// DeliveryTable: deliveries and their attempts, as the writer changes them. Conditions are its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/sqlite.hpp"
#include "state/webhook_table.hpp"

namespace paynamed::state {

class DeliveryTable {
 public:
  explicit DeliveryTable(Connection& connection);

  // How the counts of a target change.
  struct Change {
    std::int64_t waiting = 0;
    std::int64_t dead = 0;
    void add(const Change& other) {
      waiting += other.waiting;
      dead += other.dead;
    }
  };

  // Of attempts there is always one more, so that what is written twice is another attempt; and a delivery
  // that waits without a time gets one where nothing is before it that will give it one.
  base::Result<Change> put(const StoredWebhook& webhook, const DeliveryUpdate::Done& done);
  // Rows of the filter after `after_seq` wait again, at most `limit`.
  struct Replayed {
    Change change;
    std::uint64_t rows = 0;
    std::uint64_t last_seq = 0;
    bool all = false;  // there are no more after it
  };
  base::Result<Replayed> replay(const StoredWebhook& webhook, const DeliveryFilter& filter,
                                std::uint64_t after_seq, base::WallTime now, std::uint32_t limit);
  // An event of the log waits; false when it has a delivery already, or there is none.
  base::Result<bool> add(const StoredWebhook& webhook, std::uint64_t seq, base::WallTime now);
  // What was behind another one of its subject is tried too; at most `most` get a time, and all that are left
  // are due while their target is not ordered.
  base::Result<void> release(WebhookKey webhook, base::WallTime now, std::uint32_t most);

  // Those that were updated before, at most `limit`; with the targets whose dead letters went, and how many.
  // Rows beyond the cursor of their target stay, or their events would be taken for new ones. So few are
  // looked at in one go that nobody waits long; the next goes on behind them.
  struct Pruned {
    std::uint64_t rows = 0;
    std::vector<std::pair<WebhookKey, std::int64_t>> dead;
  };
  base::Result<Pruned> prune(DeliveryState state, base::WallTime before, std::uint32_t limit);
  // All of a target, at most `limit`; how many.
  base::Result<std::uint64_t> erase_of(WebhookKey webhook, std::uint32_t limit);

 private:
  struct Place {
    WebhookKey webhook = 0;
    std::uint64_t seq = 0;
  };
  struct Before {
    DeliveryState state = DeliveryState::kWaiting;
    bool has_attempt = false;
    std::uint32_t attempts = 0;
  };
  base::Result<std::optional<Before>> find(const Place& place);
  // How many attempts there are with this one, and when the next is.
  struct Counted {
    std::uint32_t attempts = 0;
    std::optional<base::WallTime> next;
  };
  base::Result<std::optional<base::WallTime>> next_of(const StoredWebhook& webhook,
                                                      const DeliveryRow& delivery);
  base::Result<void> insert(const Place& place, const DeliveryUpdate::Done& done, const Counted& counted);
  base::Result<void> update(const Place& place, const DeliveryUpdate::Done& done, const Counted& counted);
  struct Old {
    base::WallTime updated{};
    Place place;
  };
  base::Result<std::vector<Place>> find_old(Statement& statement, Old& passed, base::WallTime before,
                                            std::uint32_t limit);
  base::Result<void> release_next(WebhookKey webhook, std::string_view subject, base::WallTime now);
  base::Result<void> erase(const Place& place);

  Statement find_;
  Statement insert_;
  Statement keep_attempt_;
  Statement update_;
  Statement update_with_attempt_;
  Statement earlier_waiting_;
  Statement release_next_;
  Statement release_;
  Statement to_replay_;
  Statement unusual_to_replay_;
  Statement replay_;
  Statement try_now_;
  Statement add_;
  Statement over_before_;
  Statement dead_before_;
  Statement of_webhook_;
  Statement erase_;
  Statement erase_attempts_;
  // What was looked at, and stays for now.
  Old passed_over_;
  Old passed_dead_;
};

}  // namespace paynamed::state
