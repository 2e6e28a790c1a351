// What a caller wants to have written about webhooks, checked as far as that is possible without the file.
//
// Threads: value types; functions are pure.
#pragma once

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "state/fact.hpp"
#include "state/webhooks.hpp"

namespace paynamed::state {

struct CreateWebhookUnit {
  NewWebhook webhook;
  Fact fact;
};

struct ChangeWebhookUnit {
  WebhookChange change;
  std::vector<Fact> facts;  // of its event, if there is one
};

struct DeleteWebhookUnit {
  std::string tenant;
  base::Uuid id;
  NewEvent event;
  Fact fact;
};

struct DeliveriesUnit {
  DeliveryUpdate update;
  std::vector<Fact> facts;  // of its events, in their order
  std::optional<Fact> disabled;
};

// A part of a replay.
struct ReplayUnit {
  std::string tenant;
  DeliveryFilter filter;
  std::uint64_t after_seq = 0;
  std::vector<DeliveryRow> more;
  base::WallTime now;
};
struct ReplayedPart {
  std::uint64_t rows = 0;
  std::uint64_t last_seq = 0;
  bool all = false;
};

struct PruneDeliveriesUnit {
  base::WallTime delivered_before;
  base::WallTime dead_before;
  std::uint32_t limit = 0;
};

// INTERNAL when an event contradicts docs/events.md or is not one of a webhook; INVALID_ARGUMENT when a text
// is too large.
base::Result<CreateWebhookUnit> check(NewWebhook webhook);
base::Result<ChangeWebhookUnit> check(WebhookChange change);
base::Result<DeleteWebhookUnit> check_webhook_deletion(std::string tenant, base::Uuid id, NewEvent event);
base::Result<DeliveriesUnit> check(DeliveryUpdate update);

}  // namespace paynamed::state
