// EventStream: the events of a tenant as text/event-stream, for one reader.
//
// Threads: run() once, by one coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "api/streamed_answer.hpp"
#include "base/clock.hpp"
#include "events/event_feed.hpp"
#include "events/event_filter.hpp"

namespace paynamed::api {

// After so long without an event something is written all the same, so that proxies keep the connection and
// both sides notice when the other is gone.
inline constexpr base::Duration kHeartbeat{15'000};

class EventStream {
 public:
  struct Start {
    std::string tenant;
    events::EventFilter filter;
    state::Position after;
    std::string preamble;             // written first
    std::function<bool()> may_go_on;  // asked once a heartbeat: whether its key still counts
  };
  // `feed` and `clock` outlive it.
  EventStream(events::EventFeed& feed, base::Clock& clock, Start start);

  // Writes events in order until the reader is gone, the key does not count any more or the log cannot be
  // read. Between two writes it keeps no events.
  static boost::asio::awaitable<void> run(std::shared_ptr<EventStream> self,
                                          std::shared_ptr<BodyWriter> writer);

 private:
  // What `page` has for the reader, as far as it goes into one piece.
  std::string take(const events::EventFeed::Page& page);
  boost::asio::awaitable<base::Result<std::string>> next_piece(const BodyWriter& writer);
  base::Duration until_heartbeat() const;
  // Where a reader is who got nothing, because nothing passed its filter; empty when it knows.
  std::string passed_by();

  events::EventFeed& feed_;
  base::Clock& clock_;
  const Start start_;
  state::Position after_;        // all before and at it was written, or did not pass the filter
  state::Position told_;         // the last one that the reader was told
  std::uint32_t most_;           // events asked for at once
  base::MonotonicTime written_;  // the last piece
  base::MonotonicTime checked_;  // the key
};

}  // namespace paynamed::api
