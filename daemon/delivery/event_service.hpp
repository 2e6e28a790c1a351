// pn.events/1: the log of each tenant for plugins that let others follow it. Each event is encoded once, by
// the feed; what crosses here is a copy of its text.
//
// Threads: the service may be called from any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>

#include "events/event_feed.hpp"
#include "host/services.hpp"

namespace paynamed::delivery {

struct EventServiceParts {
  boost::asio::any_io_executor executor;  // where reads wait
  events::EventFeed& feed;
  std::function<bool(const std::string& tenant)> knows_tenant;
};

// What it is given outlives it and every read that waits. The executor's context may be destroyed later than
// the feed, but must not run any more then.
host::Service event_service(EventServiceParts parts);

}  // namespace paynamed::delivery
