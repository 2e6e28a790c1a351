#include "hub.hpp"

namespace paynamed::websocket {
namespace {

using State = Subscription::State;

// A client that was sent nothing of so many events learns that it has not missed them.
constexpr std::uint64_t kTellAfter = 1'000;

}  // namespace

void Hub::add(const std::shared_ptr<Subscription>& subscription) {
  subscription->in_hub = true;
  subscription->index = subscriptions_.size();
  subscriptions_.push_back(subscription);
  if (end_) begin(subscription);
}

void Hub::remove(const std::shared_ptr<Subscription>& subscription) {
  if (!subscription->in_hub) return;
  const std::size_t index = subscription->index;
  subscription->in_hub = false;
  subscriptions_.back()->index = index;
  subscriptions_[index].swap(subscriptions_.back());
  subscriptions_.pop_back();
}

void Hub::attached(Position end) {
  end_ = end;
  const auto waiting = subscriptions_;
  for (const auto& subscription : waiting) {
    if (subscription->state == State::kStarting) {
      begin(subscription);
    } else if (subscription->state == State::kLive && subscription->position.seq < end.seq) {
      // What came since the last page will come in none.
      read(subscription, subscription->position);
    }
  }
}

void Hub::begin(const std::shared_ptr<Subscription>& subscription) {
  const Position after = subscription->after.value_or(*end_);
  if (after != *end_) return read(subscription, after);
  confirm(*subscription, after);
  subscription->state = State::kLive;
  subscription->client->flush();
}

void Hub::confirm(Subscription& subscription, Position position) {
  subscription.confirmed = true;
  subscription.position = position;
  subscription.told = position;
  subscription.client->confirm(subscription.number, subscription.id, position);
}

void Hub::read(const std::shared_ptr<Subscription>& subscription, Position after) {
  subscription->state = State::kReading;
  budget_->read_begun();
  read_(*subscription->client, after,
        [weak = weak_from_this(), budget = budget_,
         still = std::weak_ptr(subscription)](const Result<Read>& read) {
          budget->read_ended();
          const auto self = weak.lock();
          const auto wanted = still.lock();
          if (self && wanted && wanted->in_hub) self->arrived(wanted, read);
        });
}

void Hub::arrived(const std::shared_ptr<Subscription>& subscription, const Result<Read>& read) {
  if (!read.ok()) return failed(subscription, read.error());
  Subscriber& client = *subscription->client;
  const Frames& frames = read.value().frames;
  if (!frames) {
    if (subscription->confirmed) return client.position_lost();
    const std::shared_ptr<Subscription> kept = subscription;
    remove(kept);
    return client.not_recovered(kept->number, kept->id, read.value().head);
  }
  const Page& page = frames->page();
  if (!subscription->confirmed) confirm(*subscription, {page.next().epoch, page.after.seq});
  // When the page was asked for there was room. Since then other subscriptions of the client may have taken
  // it, or other clients what all may have together.
  client.flush();
  if (client.overflows(frames->bytes()) || !budget_->fits(frames->bytes())) {
    subscription->state = State::kWaiting;
    return;
  }
  send(*subscription, *frames, 0, !read.value().shared);
  subscription->position = page.next();
  // First: what was taken at once makes room, and nobody would say so later.
  client.flush();
  advance(subscription);
}

void Hub::failed(const std::shared_ptr<Subscription>& subscription, const Error& error) {
  Subscriber& client = *subscription->client;
  if (subscription->confirmed) return client.position_lost();
  const std::shared_ptr<Subscription> kept = subscription;
  remove(kept);
  client.refused(kept->number, kept->id, error);
}

void Hub::advance(const std::shared_ptr<Subscription>& subscription) {
  if (end_ && subscription->position.seq >= end_->seq) {
    subscription->state = State::kLive;
  } else if (subscription->client->has_room() && budget_->has_room()) {
    read(subscription, subscription->position);
  } else {
    subscription->state = State::kWaiting;
  }
}

void Hub::resume(const std::shared_ptr<Subscription>& subscription) {
  if (subscription->state == State::kWaiting) advance(subscription);
}

// The whole page as it is shared, but for what the subscription has by now.
void Hub::follows(const SharedPage& page) {
  if (!end_) return;  // from before this hub was attached
  const Position next = page->next();
  end_ = next;
  PageFrames frames(page);
  // Nothing of what a client does meanwhile changes the list: connections end later.
  for (const auto& subscription : subscriptions_) {
    if (subscription->state != State::kLive || subscription->position.seq >= next.seq) continue;
    const std::uint64_t has = subscription->position.seq;
    // Between two followers the end may have gone on.
    if (has < page->after.seq) {
      read(subscription, subscription->position);
      continue;
    }
    const auto first = static_cast<std::size_t>(has - page->after.seq);
    if (subscription->client->overflows(frames.bytes())) {
      // It reads them from the log when it has room.
      subscription->state = State::kWaiting;
      continue;
    }
    send(*subscription, frames, first, false);
    subscription->position = next;
    subscription->client->flush();
  }
}

void Hub::send(Subscription& subscription, PageFrames& frames, std::size_t first, bool alone) {
  Subscriber& client = *subscription.client;
  const Position next = frames.page().next();
  auto slices = frames.wanted(subscription.number, first, subscription.filter, client.scope(), alone);
  if (!slices.empty()) {
    for (Slice& slice : slices) client.push(std::move(slice));
    subscription.told = next;
  } else if (next.seq >= subscription.told.seq + kTellAfter) {
    client.push_text(position_text(subscription.number, next));
    subscription.told = next;
  }
}

void Hub::lost() {
  end_.reset();
  const auto all = subscriptions_;
  for (const auto& subscription : all) subscription->client->position_lost();
}

}  // namespace paynamed::websocket
