// The bare SQLite loop that deliveries are measured against: the same file, pragmas, schema and rows, written
// by our own writer of units in a plain loop, in groups as the engine makes them.
//
// Threads: functions block their caller.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "state/webhooks.hpp"

namespace paynamed::bench {

// A delivery of each of the first `events` events to each of the webhooks, of a file that has both; `group`
// of a webhook in one unit, all webhooks in one transaction. Deliveries per second.
double write_deliveries(const std::filesystem::path& state, const std::vector<state::WebhookRow>& webhooks,
                        std::size_t events, std::size_t group);

}  // namespace paynamed::bench
