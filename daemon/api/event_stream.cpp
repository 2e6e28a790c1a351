#include "api/event_stream.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/server_sent_event.hpp"

namespace paynamed::api {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t kMostEvents = 256;
// A piece ends with the event that reaches it. What a slow reader costs is one piece.
constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

EventStream::EventStream(events::EventFeed& feed, base::Clock& clock, Start start)
    : feed_(feed),
      clock_(clock),
      start_(std::move(start)),
      after_(start_.after),
      told_(start_.after),
      most_(kMostEvents),
      written_(clock.monotonic()),
      checked_(written_) {}

base::Duration EventStream::until_heartbeat() const {
  const auto left = std::chrono::ceil<base::Duration>(written_ + kHeartbeat - clock_.monotonic());
  return std::max(left, base::Duration{0});
}

std::string EventStream::take(const events::EventFeed::Page& page) {
  std::string piece;
  std::uint32_t taken = 0;
  for (const events::SharedEvent& event : page.events) {
    if (piece.size() >= kPieceBytes) break;
    ++taken;
    after_ = {page.next.epoch, event->seq};
    if (!start_.filter.matches(*event)) continue;
    told_ = after_;
    append_event(piece, events::to_text(after_), event->type, event->text);
  }
  // What does not go into the piece is read again: of large events fewer are asked for.
  most_ = taken < page.events.size() ? taken + 1 : std::min(kMostEvents, 2 * std::max(most_, taken));
  return piece;
}

std::string EventStream::passed_by() {
  if (told_ == after_) return {};
  told_ = after_;
  return events::to_text(after_);
}

// The next events, or a heartbeat when it is time for one.
asio::awaitable<base::Result<std::string>> EventStream::next_piece(const BodyWriter& writer) {
  std::string piece;
  while (piece.empty()) {
    const base::Duration wait = until_heartbeat();
    {
      const auto page = co_await feed_.follow(start_.tenant, after_, most_, wait);
      if (!page) co_return base::fail(page.error());
      if (writer.ended()) co_return base::fail(base::cancelled("the stream was ended"));
      piece = take(*page);
    }
    if (piece.empty() && until_heartbeat() <= base::Duration{0}) append_heartbeat(piece, passed_by());
    // Much that does not pass the filter must not hold the thread.
    if (piece.empty()) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
  co_return piece;
}

asio::awaitable<void> EventStream::run(std::shared_ptr<EventStream> self,
                                       std::shared_ptr<BodyWriter> writer) {
  std::string piece = self->start_.preamble;
  bool goes_on = true;
  while (goes_on) {
    const bool taken = co_await writer->write(std::move(piece));
    const base::MonotonicTime now = self->clock_.monotonic();
    self->written_ = now;
    if (now - self->checked_ >= kHeartbeat) {
      self->checked_ = now;
      goes_on = self->start_.may_go_on();
    }
    if (!taken || !goes_on) co_return;
    auto next = co_await self->next_piece(*writer);
    // A reader that comes back is told why.
    if (!next) co_return;
    piece = *std::move(next);
  }
}

}  // namespace paynamed::api
