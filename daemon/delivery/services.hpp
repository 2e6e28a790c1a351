// What the delivery engine needs of the rest of the daemon.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/schedule.hpp"
#include "events/event_feed.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "paynamed/plugin/v1/notifier.pb.h"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

// What the configuration says; where a target says something itself, that counts.
struct Settings {
  std::uint32_t concurrency = 8;         // attempts at once at one target
  std::uint32_t attempts_at_once = 512;  // at all of them
  Schedule schedule = standard_schedule();
  base::Duration disable_after{5LL * 86'400'000};   // failing for so long, without a success
  base::Duration keep_delivered{7LL * 86'400'000};  // rows of what was delivered
  base::Duration keep_dead{30LL * 86'400'000};      // dead letters
};

// All outlive what they are given to.
struct Services {
  base::Clock& clock;
  base::Random& random;
  state::WebhookStore& store;
  events::EventFeed& feed;
  observe::Log log;
  observe::Metrics& metrics;
  std::function<std::shared_ptr<const Settings>()> settings = {};
  // One attempt by an instance of a Notifier. FAILED_PRECONDITION when there is no such instance.
  std::function<boost::asio::awaitable<base::Result<plugin::v1::DeliverReply>>(
      std::string instance, plugin::v1::DeliverRequest request)>
      deliver = {};
};

}  // namespace paynamed::delivery
