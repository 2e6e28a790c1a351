// What callers send about webhooks, read from their bodies. Its form is judged here (400), its rules in
// delivery/ (422).
//
// Threads: pure functions.
#pragma once

#include "api/message.hpp"
#include "base/result.hpp"
#include "delivery/webhooks.hpp"

namespace paynamed::api {

// All fail with INVALID_ARGUMENT; none of the sentences has the address in it.

// Without tenant and idempotency.
base::Result<delivery::WebhookToCreate> read_new_webhook(const Request& request);
// null puts a member back to its default. Without tenant, id and revision.
base::Result<delivery::WebhookPatch> read_webhook_patch(const Request& request);
// An empty body is the default grace time.
base::Result<delivery::RotationWish> read_rotation(const Request& request);
// Which deliveries: "event", "position", "from" and "to", "since" and "until", "types", "state". At least one
// of them, for all that a webhook ever got is sent again by nobody's mistake.
base::Result<delivery::ReplayWish> read_replay(const Request& request);
// An empty body is all of them.
base::Result<delivery::DeadLetterWish> read_dead_letter_replay(const Request& request);

}  // namespace paynamed::api
