// Page: events of one tenant as they were read, dense in seq. PageFrames: the same as frames, made for each
// number that subscriptions have, once for all who are sent them.
//
// Threads: a Page is shared by threads and constant; PageFrames belongs to one worker.
#pragma once

#include <paynamed/events.hpp>

#include <memory>
#include <vector>

#include "batch.hpp"
#include "filter.hpp"
#include "position.hpp"

namespace paynamed::websocket {

struct Page {
  Position after;         // what was read from; its epoch may be 0
  ReadEventsReply reply;  // recovered

  Position next() const { return from_message(reply.next()); }
  std::size_t size() const { return static_cast<std::size_t>(reply.events_size()); }
  const ServedEvent& event(std::size_t index) const { return reply.events(static_cast<int>(index)); }
};

using SharedPage = std::shared_ptr<const Page>;

class PageFrames {
 public:
  // What is made of a page of old events counts in `budget`; null: it is new.
  explicit PageFrames(SharedPage page, std::shared_ptr<CatchUpBudget> budget = nullptr)
      : page_(std::move(page)), budget_(std::move(budget)) {}

  const Page& page() const { return *page_; }
  // Of the frames of all events, about.
  std::size_t bytes();
  // All events, a frame each, for subscriptions of this number.
  const SharedBatch& all(std::uint32_t number);
  // Those from `first` on that both filters let through, as few slices as there are. `alone`: nobody else
  // will be sent this page, so what nobody wants is not made.
  std::vector<Slice> wanted(std::uint32_t number, std::size_t first, const Filter& filter,
                            const Filter& scope, bool alone);

 private:
  SharedPage page_;
  std::shared_ptr<CatchUpBudget> budget_;
  std::size_t bytes_ = 0;  // 0: not counted yet
  std::vector<SharedBatch> by_number_;
};

}  // namespace paynamed::websocket
