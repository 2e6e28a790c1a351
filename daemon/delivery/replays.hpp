// Replays: what was delivered, or given up, is sent again because somebody wants it. A replay by positions
// also sends what the webhook never got, for it came before the webhook or before its filter.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "state/store.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

// What one replay may send, and how many events of the log it may look at.
inline constexpr std::uint64_t kMostReplayed = 10'000;

// What is not given does not narrow it.
struct ReplayWish {
  std::string tenant;
  base::Uuid webhook;
  std::optional<state::DeliveryState>
      state;                            // none: kDelivered and kDead; kWaiting: tried now instead of later
  std::vector<std::string> types;       // as an EventFilter's
  std::optional<base::WallTime> since;  // of the delivery's making: at or after
  std::optional<base::WallTime> until;  // before
  std::optional<state::Position> from;  // this event and later ones
  std::optional<state::Position> to;    // this event and earlier ones
  std::optional<base::Uuid> event;
  bool dry_run = false;  // only counted
};

struct DeadLetterWish {
  std::string tenant;
  std::vector<std::string> types;
  std::optional<base::WallTime> since;
  std::optional<base::WallTime> until;
  bool dry_run = false;
};

struct ReplayedOf {
  base::Uuid webhook;
  std::uint64_t deliveries = 0;
};

class Replays {
 public:
  struct Dependencies {
    state::WebhookStore& store;
    state::Store& log;
    base::Clock& clock;
    // After a webhook has deliveries that wait anew.
    std::function<void(const base::Uuid& webhook)> changed;
  };
  explicit Replays(Dependencies dependencies) : with_(std::move(dependencies)) {}

  // How many wait again, or would. On disk when this resumes. Those that wait anyway are not counted, unless
  // they are what is wanted.
  // NOT_FOUND when the tenant has no such webhook, or nothing is known of the one event that is meant;
  // INVALID_ARGUMENT for more than kMostReplayed, or a type that is none; OUT_OF_RANGE for a position that is
  // not of this log.
  boost::asio::awaitable<base::Result<std::uint64_t>> replay(ReplayWish wish);
  // All dead letters of the tenant, by webhook; none with none. Errors as of replay().
  boost::asio::awaitable<base::Result<std::vector<ReplayedOf>>> replay_dead_letters(DeadLetterWish wish);

 private:
  // How many the filter lets through; no further than beyond kMostReplayed.
  boost::asio::awaitable<base::Result<std::uint64_t>> count(std::string tenant,
                                                            state::DeliveryFilter filter) const;
  // How many a replay of the filter would be about; without a state those that wait are none of them.
  boost::asio::awaitable<base::Result<std::uint64_t>> count_replayed(std::string tenant,
                                                                     state::DeliveryFilter filter) const;
  // The seqs in a range of one page that have a delivery.
  base::Result<std::set<std::uint64_t>> known_of(const std::string& tenant,
                                                 const state::DeliveryFilter& page) const;
  // Events of the range that the webhook's filter lets through and that it never had.
  boost::asio::awaitable<base::Result<std::vector<state::DeliveryRow>>> missed(
      const ReplayWish& wish, const state::WebhookRow& webhook) const;
  boost::asio::awaitable<base::Result<void>> check_one_is_known(const ReplayWish& wish,
                                                                state::DeliveryFilter filter) const;

  const Dependencies with_;
};

}  // namespace paynamed::delivery
