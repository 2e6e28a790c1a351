// What the readers of events ask for: `types` and `names` of a query.
//
// Threads: pure functions.
#pragma once

#include "api/message.hpp"
#include "events/event_filter.hpp"

namespace paynamed::api {

// The filter of "types=payment.*,name.live&names=alice@example.com,bob@example.com"; everything without them.
// INVALID_ARGUMENT as events::EventFilter::make().
base::Result<events::EventFilter> event_filter_of(const Query& query);

}  // namespace paynamed::api
