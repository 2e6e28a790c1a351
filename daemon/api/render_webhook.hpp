// Webhooks, deliveries and attempts as JSON.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "base/time.hpp"
#include "delivery/webhooks.hpp"

namespace paynamed::api {

// For its tenant: with the address, and what there is of secrets that everybody may know. Secrets that do not
// count any more at `now` are left out.
boost::json::object to_json(const state::WebhookRow& webhook, base::WallTime now);
// `epoch` is the log's.
boost::json::object to_json(const state::DeliveryRow& delivery, std::uint32_t epoch);
boost::json::object to_json(const state::AttemptRow& attempt);
boost::json::object to_json(const delivery::TestAttempt& test);

}  // namespace paynamed::api
