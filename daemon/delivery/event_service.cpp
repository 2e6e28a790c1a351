#include "delivery/event_service.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <memory>
#include <stop_token>
#include <utility>

#include "host/text.hpp"
#include "paynamed/plugin/v1/events.pb.h"

namespace paynamed::delivery {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr std::uint32_t kDefaultEvents = 256;
constexpr std::uint32_t kMostEvents = 1'000;
constexpr base::Duration kMostWait{60'000};
// So often it is seen whether anybody still needs the answer.
constexpr base::Duration kLook{3'000};

base::Status undecoded(std::string_view method) {
  return base::invalid_argument("The request " + std::string{method} + " could not be decoded.");
}

v1::EventPosition to_message(state::Position position) {
  v1::EventPosition message;
  message.set_epoch(position.epoch);
  message.set_seq(position.seq);
  return message;
}

// {0, 0} is the start, which belongs to every epoch.
base::Result<state::Position> to_position(const v1::EventPosition& message) {
  if (message.epoch() == 0 && message.seq() != 0) {
    return base::fail(base::invalid_argument(
        "A position has the epoch that came with it; pass epoch and seq as they were read."));
  }
  state::Position position;
  if (message.epoch() != 0) position.epoch = message.epoch();
  position.seq = message.seq();
  return position;
}

v1::ReadEventsReply to_reply(const events::EventFeed::Page& page) {
  v1::ReadEventsReply reply;
  reply.set_recovered(true);
  for (const events::SharedEvent& event : page.events) {
    v1::ServedEvent& served = *reply.add_events();
    served.set_seq(event->seq);
    served.set_type(event->type);
    served.set_name(event->name);
    served.set_text(event->text);
  }
  *reply.mutable_next() = to_message(page.next);
  *reply.mutable_head() = to_message(page.head);
  return reply;
}

struct Reading {
  std::string tenant;
  state::Position after;
  std::uint32_t most = kDefaultEvents;
  base::Duration wait{};
};

class EventReads : public std::enable_shared_from_this<EventReads> {
 public:
  explicit EventReads(EventServiceParts parts) : parts_(std::move(parts)) {}

  void handle(const host::ServiceCall& call, const host::ServiceReply& reply) {
    if (call.method == "Read") return read(call, reply);
    if (call.method == "Head") return head(call, reply);
    reply(base::fail(
        base::unimplemented("pn.events/1 has no method " + host::printable(call.method, 64) + ".")));
  }

 private:
  base::Result<void> check_tenant(const std::string& tenant) const {
    if (parts_.knows_tenant(tenant)) return {};
    return base::fail(base::not_found("There is no tenant " + host::printable(tenant, 64) + "."));
  }

  void read(const host::ServiceCall& call, const host::ServiceReply& reply) {
    v1::ReadEventsRequest request;
    if (!request.ParseFromString(call.request)) return reply(base::fail(undecoded("Read")));
    if (auto known = check_tenant(request.tenant()); !known) return reply(base::fail(known.error()));
    auto after = to_position(request.after());
    if (!after) return reply(base::fail(after.error()));
    Reading reading;
    reading.tenant = request.tenant();
    reading.after = *after;
    if (request.max_events() != 0) reading.most = std::min(request.max_events(), kMostEvents);
    reading.wait = std::min(base::Duration{request.wait_ms()}, kMostWait);
    // What is there is told without a coroutine.
    auto page = parts_.feed.read(reading.tenant, reading.after, reading.most);
    if (!page || !page->events.empty() || reading.wait.count() == 0) return answer(reading, page, reply);
    auto following = follow(shared_from_this(), std::move(reading), call.ended, reply);
    asio::co_spawn(parts_.executor, std::move(following), asio::detached);
  }

  static asio::awaitable<void> follow(std::shared_ptr<EventReads> self, Reading reading,
                                      std::stop_token ended, host::ServiceReply reply) {
    base::Duration left = reading.wait;
    while (!ended.stop_requested()) {
      const base::Duration part = std::min(left, kLook);
      auto waiting = self->parts_.feed.follow(reading.tenant, reading.after, reading.most, part);
      base::Result<events::EventFeed::Page> page = co_await std::move(waiting);
      left -= part;
      if (!page || !page->events.empty() || left.count() <= 0) co_return self->answer(reading, page, reply);
    }
    reply(base::fail(base::cancelled("The instance that asked stops.")));
  }

  void answer(const Reading& reading, const base::Result<events::EventFeed::Page>& page,
              const host::ServiceReply& reply) const {
    if (page) return reply(to_reply(*page).SerializeAsString());
    if (page.error().code() != base::Code::kOutOfRange) return reply(base::fail(page.error()));
    const auto end = parts_.feed.head(reading.tenant);
    if (!end) return reply(base::fail(end.error()));
    v1::ReadEventsReply lost;
    *lost.mutable_next() = to_message(reading.after);
    *lost.mutable_head() = to_message(*end);
    reply(lost.SerializeAsString());
  }

  void head(const host::ServiceCall& call, const host::ServiceReply& reply) const {
    v1::EventsHeadRequest request;
    if (!request.ParseFromString(call.request)) return reply(base::fail(undecoded("Head")));
    if (auto known = check_tenant(request.tenant()); !known) return reply(base::fail(known.error()));
    const auto end = parts_.feed.head(request.tenant());
    if (!end) return reply(base::fail(end.error()));
    v1::EventsHeadReply found;
    *found.mutable_head() = to_message(*end);
    reply(found.SerializeAsString());
  }

  const EventServiceParts parts_;
};

}  // namespace

host::Service event_service(EventServiceParts parts) {
  return [reads = std::make_shared<EventReads>(std::move(parts))](
             const host::ServiceCall& call, const host::ServiceReply& reply) { reads->handle(call, reply); };
}

}  // namespace paynamed::delivery
