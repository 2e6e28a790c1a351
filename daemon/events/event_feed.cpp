#include "events/event_feed.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace paynamed::events {
namespace {

// Of the texts of one page.
constexpr std::size_t kMostPageBytes = 4U << 20;

}  // namespace

// The newest events of a tenant, dense in seq. Readers of one tenant come together in the moment after a
// write: the first of them reads the store for all, the others wait for it.
struct EventFeed::Tail {
  std::mutex mutex;
  bool known = false;   // all below mean something
  state::Position end;  // of the newest one kept, or where the log was when there was none
  state::Position head;
  std::deque<SharedEvent> events;
  std::size_t bytes = 0;

  std::uint64_t first() const { return end.seq - events.size(); }  // the one before the oldest kept
  bool covers(state::Position after) const {
    return known && (after.epoch == end.epoch || after.seq == 0) && after.seq >= first();
  }
  Page page(state::Position after, std::uint32_t most) const {
    Page page{{}, {end.epoch, after.seq}, head};
    std::size_t size = 0;
    for (auto at = static_cast<std::size_t>(after.seq - first());
         at < events.size() && page.events.size() < most && size < kMostPageBytes; ++at) {
      page.events.push_back(events[at]);
      size += events[at]->text.size();
      page.next.seq = events[at]->seq;
    }
    return page;
  }
};

EventFeed::EventFeed(state::Store& store, Settings settings) : store_(store), settings_(settings) {}
EventFeed::~EventFeed() = default;

std::shared_ptr<EventFeed::Tail> EventFeed::tail_of(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& tail = tails_[tenant];
  if (!tail) {
    tail = std::make_shared<Tail>();
    tail_count_ = tails_.size();
  }
  return tail;
}

std::size_t EventFeed::most_bytes() const {
  return settings_.kept_bytes / std::max<std::size_t>(tail_count_, 1);
}

base::Result<EventFeed::Page> EventFeed::read_store(const std::string& tenant, state::Position after,
                                                    std::uint32_t most) {
  auto stored = store_.events_after(tenant, after, most);
  if (!stored) return base::fail(stored.error());
  Page page{{}, stored->next, stored->head};
  page.events.reserve(stored->events.size());
  for (const state::Event& event : stored->events) {
    page.events.push_back(std::make_shared<const ServedEvent>(served(event, tenant, stored->next.epoch)));
  }
  return page;
}

void EventFeed::keep(Tail& tail, std::vector<SharedEvent> events, state::Position next) {
  for (SharedEvent& event : events) {
    tail.bytes += event->text.size();
    tail.events.push_back(std::move(event));
  }
  tail.end = next;
  const std::size_t most = most_bytes();
  while (!tail.events.empty() && (tail.events.size() > settings_.kept_events || tail.bytes > most)) {
    tail.bytes -= tail.events.front()->text.size();
    tail.events.pop_front();
  }
}

base::Result<void> EventFeed::catch_up(const std::string& tenant, Tail& tail, std::uint32_t most) {
  auto page = read_store(tenant, tail.end, most);
  if (!page) return base::fail(page.error());
  tail.head = page->head;
  keep(tail, std::move(page->events), page->next);
  return {};
}

base::Result<EventFeed::Page> EventFeed::read(const std::string& tenant, state::Position after,
                                              std::uint32_t most) {
  const auto tail = tail_of(tenant);
  {
    const std::lock_guard lock(tail->mutex);
    if (tail->covers(after)) {
      if (after.seq >= tail->end.seq) {
        if (auto done = catch_up(tenant, *tail, most); !done) return base::fail(done.error());
      }
      // What was just kept may have pushed out what is asked for.
      if (tail->covers(after) && after.seq <= tail->end.seq) return tail->page(after, most);
    }
  }
  auto page = read_store(tenant, after, most);
  if (page && page->next == page->head) {
    const std::lock_guard lock(tail->mutex);
    // Whoever is at the end will be there the next time too.
    if (!tail->known || tail->end.epoch != page->next.epoch || tail->end.seq < page->next.seq) {
      tail->known = true;
      tail->head = page->head;
      tail->events.clear();
      tail->bytes = 0;
      keep(*tail, page->events, page->next);
    }
  }
  return page;
}

boost::asio::awaitable<base::Result<EventFeed::Page>> EventFeed::follow(std::string tenant,
                                                                        state::Position after,
                                                                        std::uint32_t most,
                                                                        base::Duration wait) {
  auto page = read(tenant, after, most);
  if (!page || !page->events.empty() || wait.count() <= 0) co_return page;
  const std::uint64_t seq = page->next.seq;
  co_await store_.wait_for_event(tenant, seq, wait);
  page = read(tenant, after, most);
  co_return page;
}

base::Result<state::Position> EventFeed::head(const std::string& tenant) {
  // A position of no event: what is asked for is the head alone.
  auto stored = store_.events_after(tenant, state::Position{}, 0);
  if (!stored) return base::fail(stored.error());
  return stored->head;
}

}  // namespace paynamed::events
