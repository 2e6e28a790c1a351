// Webhooks: targets as their tenants make, change and try them. An address is shown to its Notifier before it
// is kept; secrets are made here, shown once and kept sealed.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "delivery/notifier_calls.hpp"
#include "delivery/replays.hpp"
#include "nodes/vault.hpp"
#include "observe/log.hpp"
#include "state/store.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

struct WebhookToCreate {
  std::string tenant;
  std::string instance;  // of a Notifier; empty: the only one that the configuration has
  state::WebhookSettings settings;
  bool asymmetric = false;               // an ed25519 key beside the secret
  std::optional<state::Position> after;  // it gets what comes after this; none: from now on
  std::string idempotency_key;
  std::string request_hash;
};

// A webhook with what is shown of it only now.
struct ShownWebhook {
  state::WebhookRow webhook;
  std::string secret;   // "whsec_..."; empty: none was made
  std::string warning;  // a sentence, or empty
  bool replayed = false;
};

// What is given takes the place of what is there.
struct WebhookPatch {
  std::string tenant;
  base::Uuid id;
  std::uint64_t expected_revision = 0;  // 0: any
  std::optional<std::string> address;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> types;
  std::optional<std::vector<std::string>> names;
  std::optional<std::vector<base::Duration>> schedule;
  std::optional<std::uint32_t> concurrency;
  std::optional<std::uint32_t> per_minute;
  std::optional<bool> ordered;
};

struct RotationWish {
  std::string tenant;
  base::Uuid id;
  std::uint64_t expected_revision = 0;  // 0: any
  base::Duration grace{0};              // how long the secrets of before still count
  std::optional<bool> asymmetric;       // whether there is an ed25519 key from now on; none: as before
};

struct StateWish {
  std::string tenant;
  base::Uuid id;
  std::uint64_t expected_revision = 0;                       // 0: any
  state::WebhookState state = state::WebhookState::kActive;  // or kPaused
};

struct TestAttempt {
  base::Uuid event;
  Attempt attempt;
};

class Webhooks {
 public:
  struct Dependencies {
    state::WebhookStore& store;
    state::Store& log_of_events;
    nodes::Vault& vault;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    CallPlugin call_plugin;
    // Instances of Notifier that take new targets, in order.
    std::function<std::vector<std::string>()> notifiers;
    // After each change on disk; whoever delivers looks anew.
    std::function<void(const base::Uuid& webhook)> changed;
  };
  explicit Webhooks(Dependencies dependencies);

  // On disk when this resumes. INVALID_ARGUMENT for what is wrong with the wish, or what the Notifier says of
  // the address; PERMISSION_DENIED for an address that must not be called; FAILED_PRECONDITION without a key
  // to seal with, without a Notifier, and as WebhookStore; OUT_OF_RANGE for a position that is not of the
  // log; UNAVAILABLE when the Notifier could not be asked.
  boost::asio::awaitable<base::Result<ShownWebhook>> create(WebhookToCreate wish);
  // Errors as of create(); NOT_FOUND; ABORTED when it has another revision.
  boost::asio::awaitable<base::Result<ShownWebhook>> change(WebhookPatch patch);
  // Of a webhook that is in that state nothing changes. NOT_FOUND; ABORTED.
  boost::asio::awaitable<base::Result<state::WebhookRow>> set_state(StateWish wish);
  // New secrets, in the first place; those of before count for the grace time. FAILED_PRECONDITION while
  // kMostGraceSecrets of before count, unless `grace` is 0, which ends them all; also when its Notifier signs
  // nothing, and without a key to seal with. NOT_FOUND; ABORTED; UNAVAILABLE.
  boost::asio::awaitable<base::Result<ShownWebhook>> rotate(RotationWish wish);
  // Sends an event of the type webhook.test, which is in no log, once. RESOURCE_EXHAUSTED while one is under
  // way; NOT_FOUND; UNAVAILABLE.
  boost::asio::awaitable<base::Result<TestAttempt>> test(std::string tenant, base::Uuid id);
  // With its secrets and deliveries. NOT_FOUND.
  boost::asio::awaitable<base::Result<void>> remove(std::string tenant, base::Uuid id);

  Replays& replays() { return replays_; }
  state::WebhookStore& store() { return with_.store; }

 private:
  struct Secrets {
    std::vector<state::WebhookSecret> rows;
    std::vector<state::SealedSecret> sealed;
    std::string shown;
  };
  base::Result<state::WebhookRow> find(const std::string& tenant, const base::Uuid& id) const;
  base::Result<std::string> instance_for(const std::string& wanted) const;
  base::Result<std::optional<ShownWebhook>> replay_of(const WebhookToCreate& wish) const;
  base::Result<Secrets> make_secrets(const state::WebhookRow& webhook, bool asymmetric, base::WallTime now);
  base::Result<Secrets> rotated(const state::WebhookRow& webhook, const RotationWish& wish,
                                const NotifierTraits& traits, base::WallTime now);
  boost::asio::awaitable<base::Result<CheckedAddress>> address_for(std::string instance, std::string address);
  boost::asio::awaitable<base::Result<ShownWebhook>> changed_once(const WebhookPatch& patch);
  boost::asio::awaitable<base::Result<TestAttempt>> tested(state::WebhookRow webhook);
  std::string test_text(const state::WebhookRow& webhook, const base::Uuid& event) const;

  const Dependencies with_;
  Replays replays_;
  std::mutex mutex_;
  std::set<base::Uuid> under_test_;  // guarded by mutex_
};

}  // namespace paynamed::delivery
