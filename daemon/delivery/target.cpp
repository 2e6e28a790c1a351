#include "delivery/target.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kFirstMending{5'000};
constexpr base::Duration kMostMending{300'000};
constexpr base::Duration kFirstRest{1'000};
constexpr base::Duration kMostRest{30'000};
constexpr base::Duration kFirstKnock{1'000};
constexpr base::Duration kMostKnock{60'000};
// A timer is set no further ahead: the wall may be set anew.
constexpr base::Duration kFurthest{600'000};

events::EventFilter filter_of(const state::WebhookRow& row, const observe::Log& log) {
  auto filter = events::EventFilter::make(row.settings.types, row.settings.names);
  if (filter) return *std::move(filter);
  // Rather too much than something missing.
  log.error("a webhook has a filter that cannot be read, so it gets all events",
            {{"webhook", row.id.to_string()}, {"why", filter.error()}});
  return {};
}

}  // namespace

Target::Target(std::shared_ptr<Common> common, state::WebhookRow row, std::uint64_t head)
    : common_(std::move(common)),
      with_(common_->with),
      row_(std::move(row)),
      id_(row_.id.to_string()),
      filter_(filter_of(row_, with_.log)),
      settings_(with_.settings()),
      head_(head),
      read_(row_.cursor.seq),
      written_(row_.cursor.seq),
      may_wait_(row_.waiting > 0),
      mending_(kFirstMending, kMostMending),
      resting_(kFirstRest, kMostRest),
      knocking_(kFirstKnock, kMostKnock) {
  pace_.limit(row_.settings.per_minute);
}

// What is known here of how it fares is newer than what the store has; unless its owner began something new,
// or another receiver stands at its end.
void Target::keep_standing(state::WebhookRow& row) {
  if (row.revision != row_.revision) {
    disabled_.reset();
    disables_ = false;
  } else if (disables_) {
    row.state = row_.state;
  }
  if (row.state != row_.state || row.settings.address != row_.settings.address) {
    failures_ = 0;
    return;
  }
  row.reason = row_.reason;
  row.failing_since = row_.failing_since;
  row.delivered = row_.delivered;
  row.told_failing = row_.told_failing;
  row.told_dead_letter = row_.told_dead_letter;
}

void Target::change(state::WebhookRow row) {
  keep_standing(row);
  // What another filter passed it by is not looked at with this one after a crash.
  if (row.settings.types != row_.settings.types || row.settings.names != row_.settings.names)
    cursor_counts_ = true;
  read_ = std::max(read_, row.cursor.seq);
  written_ = std::max(written_, row.cursor.seq);
  row_ = std::move(row);
  filter_ = filter_of(row_, with_.log);
  pace_.limit(row_.settings.per_minute);
  // It may have waited for just this.
  mending_.clear();
  resting_.clear();
  knocking_.clear();
  set_trouble({});
  may_wait_ = true;
  due_is_known_ = false;
  due_.clear();
  rows_ahead_ = true;
  if (!is_active()) {
    forget_window();
  } else {
    std::erase_if(window_, [&](const auto& entry) {
      const bool goes = !entry.second.in_flight && !filter_.matches(*entry.second.event);
      if (goes) window_bytes_ -= entry.second.event->text.size();
      return goes;
    });
  }
  work_soon();
}

void Target::remove() {
  is_over_ = true;
  set_trouble({});
  forget_window();
  timer_.reset();
}

void Target::work_soon() {
  if (std::exchange(work_is_posted_, true)) return;
  asio::post(common_->strand, [self = shared_from_this()] {
    self->work_is_posted_ = false;
    self->work();
  });
}

void Target::work() {
  if (is_over_) return;
  settings_ = with_.settings();
  if (is_active() && !common_->stopping) {
    bool goes_on = true;
    while (goes_on) {
      read_more();
      goes_on = may_begin() && begin_one();
    }
  }
  write();
  set_timer();
}

const Schedule& Target::schedule() const {
  if (!row_.settings.schedule.empty()) return row_.settings.schedule;
  return settings_->schedule;
}

std::uint32_t Target::concurrency() const {
  if (knocking_.is_on()) return 1;
  return row_.settings.concurrency > 0 ? row_.settings.concurrency : settings_->concurrency;
}

void Target::set_timer() {
  if (is_over_ || common_->stopping || !is_active()) {
    timer_.reset();
    timer_at_.reset();
    return;
  }
  const base::MonotonicTime now = with_.clock.monotonic();
  std::optional<base::MonotonicTime> at;
  const auto not_later = [&](base::MonotonicTime time) { at = at ? std::min(*at, time) : time; };
  if (const auto until = mending_.until(now)) {
    not_later(*until);
  } else if (const auto rest = resting_.until(now)) {
    not_later(*rest);
  } else if (const auto knock = knocking_.until(now)) {
    not_later(*knock);
  } else if (!window_.empty() || may_wait_) {
    if (const auto paced = pace_.next(now); paced > now) not_later(paced);
  }
  if (next_due_) {
    const base::Duration wait = std::clamp(std::chrono::ceil<base::Duration>(*next_due_ - with_.clock.wall()),
                                           base::Duration{0}, kFurthest);
    // What is due already waits for something else.
    if (wait.count() > 0) not_later(now + wait);
  }
  if (at == timer_at_ && timer_) return;
  timer_.reset();
  timer_at_ = at;
  if (!at) return;
  timer_ = with_.clock.at(*at, common_->strand, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->timer_at_.reset();
      self->work();
    }
  });
}

}  // namespace paynamed::delivery
