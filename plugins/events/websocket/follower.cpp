#include "follower.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace paynamed::websocket {
namespace {

constexpr std::uint32_t kMostEvents = 1'000;
constexpr std::chrono::milliseconds kPoll{25'000};
// Of tenants that are too many to wait for.
constexpr std::chrono::milliseconds kTurn{500};
constexpr std::size_t kLooksPerTurn = 100;
constexpr std::chrono::milliseconds kFirstAgain{100};
constexpr std::chrono::milliseconds kLongestAgain{5'000};

}  // namespace

void Followers::join(const std::string& tenant, const std::shared_ptr<FeedSink>& sink) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const auto [where, fresh] = tenants_.try_emplace(tenant);
  Follower& follower = where->second;
  follower.sinks.insert(sink);
  if (follower.attached) sink->attached(tenant, follower.end);
  if (fresh) find_end(tenant);
}

void Followers::leave(const std::string& tenant, const std::shared_ptr<FeedSink>& sink) {
  const std::lock_guard lock(mutex_);
  const auto where = tenants_.find(tenant);
  // What is under way sees at its return that nobody is left.
  if (where != tenants_.end()) where->second.sinks.erase(sink);
}

void Followers::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  tenants_.clear();
  turns_.clear();
}

bool Followers::still_wanted(Where where) {
  if (where == tenants_.end() || stopped_) return false;
  if (!where->second.sinks.empty()) return true;
  tenants_.erase(where);
  return false;
}

void Followers::find_end(const std::string& tenant) {
  events_.head(tenant, [self = shared_from_this(), tenant](const Result<EventsHeadReply>& head) {
    self->found_end(tenant, head);
  });
}

void Followers::found_end(const std::string& tenant, const Result<EventsHeadReply>& head) {
  if (!head.ok()) return failed(tenant, head.error());
  const Position end = from_message(head.value().head());
  {
    const std::lock_guard lock(mutex_);
    const auto where = tenants_.find(tenant);
    if (!still_wanted(where)) return;
    where->second.attached = true;
    where->second.end = end;
    where->second.again = {};
    for (const auto& sink : where->second.sinks) sink->attached(tenant, end);
  }
  read(tenant, end);
}

void Followers::read(const std::string& tenant, Position after) {
  if (may_wait(tenant)) ask(tenant, after, true);
}

void Followers::ask(const std::string& tenant, Position after, bool waits) {
  events_.read(tenant, to_message(after), kMostEvents, waits ? kPoll : std::chrono::milliseconds(0),
               [self = shared_from_this(), tenant, after, waits](Result<ReadEventsReply> reply) {
                 if (waits) {
                   const std::lock_guard lock(self->mutex_);
                   --self->waiting_;
                 }
                 self->arrived(tenant, after, std::move(reply));
               });
}

bool Followers::may_wait(const std::string& tenant) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    if (waiting_ < most_waiting_) {
      ++waiting_;
      return true;
    }
    turns_.push_back(tenant);
    if (!std::exchange(told_, true))
      host_.log(Level::kWarning,
                "more than " + std::to_string(most_waiting_) +
                    " tenants are followed at once; events of the others come a little later");
    if (std::exchange(takes_turns_, true)) return false;
  }
  host_.after(kTurn, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_in_turn();
  });
  return false;
}

void Followers::look_in_turn() {
  std::vector<std::pair<std::string, Position>> now;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    while (!turns_.empty() && now.size() < kLooksPerTurn) {
      const auto where = tenants_.find(turns_.front());
      if (still_wanted(where)) now.emplace_back(where->first, where->second.end);
      turns_.pop_front();
    }
    takes_turns_ = more = !turns_.empty();
  }
  for (const auto& [tenant, end] : now) ask(tenant, end, false);
  if (!more) return;
  host_.after(kTurn, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_in_turn();
  });
}

void Followers::arrived(const std::string& tenant, Position after, Result<ReadEventsReply> reply) {
  if (!reply.ok()) return failed(tenant, reply.error());
  Position next = after;
  {
    const std::lock_guard lock(mutex_);
    const auto where = tenants_.find(tenant);
    if (!still_wanted(where)) return;
    if (!reply.value().recovered()) return lose(where);
    where->second.again = {};
    if (reply.value().events_size() > 0) {
      const auto page = std::make_shared<const Page>(Page{after, std::move(reply).value()});
      next = page->next();
      where->second.end = next;
      for (const auto& sink : where->second.sinks) sink->follows(tenant, page);
    }
  }
  read(tenant, next);
}

void Followers::failed(const std::string& tenant, const Error& error) {
  std::chrono::milliseconds wait{};
  {
    const std::lock_guard lock(mutex_);
    const auto where = tenants_.find(tenant);
    if (!still_wanted(where)) return;
    if (error.code() == Code::kNotFound) return lose(where);
    Follower& follower = where->second;
    if (follower.again.count() == 0) host_.log(Level::kWarning, "events cannot be read: " + error.message());
    follower.again = std::clamp(follower.again * 2, kFirstAgain, kLongestAgain);
    wait = follower.again;
  }
  host_.after(wait, [self = shared_from_this(), tenant] {
    Position end;
    bool attached = false;
    {
      const std::lock_guard lock(self->mutex_);
      const auto where = self->tenants_.find(tenant);
      if (!self->still_wanted(where)) return;
      end = where->second.end;
      attached = where->second.attached;
    }
    if (attached) {
      self->read(tenant, end);
    } else {
      self->find_end(tenant);
    }
  });
}

void Followers::lose(Where where) {
  const std::string tenant = where->first;
  const auto sinks = std::move(where->second.sinks);
  tenants_.erase(where);
  for (const auto& sink : sinks) sink->lost(tenant);
}

}  // namespace paynamed::websocket
