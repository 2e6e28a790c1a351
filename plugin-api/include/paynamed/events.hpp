// Events: the log of events of each tenant, pn.events/1. What each failure means is in events.proto.
//
// Threads: a handle; every function may be called from any thread, read_now() from none that is on the
// strand. `then` runs on the strand.
#pragma once

#include <paynamed/plugin/v1/events.pb.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "paynamed/wait_now.hpp"

namespace paynamed {

using plugin::v1::EventPosition;
using plugin::v1::EventsHeadReply;
using plugin::v1::ReadEventsReply;
using plugin::v1::ServedEvent;

class Events {
 public:
  explicit Events(Host host) : host_(std::move(host)) {}

  // What follows `after`, at most `most` events. While there is nothing it waits, at most `wait` (a minute
  // counts).
  void read(const std::string& tenant, const EventPosition& after, std::uint32_t most,
            std::chrono::milliseconds wait, std::function<void(Result<ReadEventsReply>)> then) const {
    plugin::v1::ReadEventsRequest request;
    request.set_tenant(tenant);
    *request.mutable_after() = after;
    request.set_max_events(most);
    request.set_wait_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait.count(), 0, 60'000)));
    Host::CallOptions options;
    options.timeout = std::chrono::milliseconds(request.wait_ms()) + std::chrono::seconds(10);
    host_.call<ReadEventsReply>(kService, "Read", request, options, std::move(then));
  }
  // The same for straight code on a thread of the plugin's own (Blocking<>). Throws Error.
  ReadEventsReply read_now(const std::string& tenant, const EventPosition& after, std::uint32_t most,
                           std::chrono::milliseconds wait) const {
    return detail::wait_now<ReadEventsReply>(host_, "Events::read_now()", [&](auto then) {
      this->read(tenant, after, most, wait, std::move(then));
    });
  }

  // Where the log ends now.
  void head(const std::string& tenant, std::function<void(Result<EventsHeadReply>)> then) const {
    plugin::v1::EventsHeadRequest request;
    request.set_tenant(tenant);
    host_.call<EventsHeadReply>(kService, "Head", request, Host::CallOptions(), std::move(then));
  }

 private:
  static constexpr const char* kService = "pn.events/1";
  Host host_;
};

}  // namespace paynamed
