// Which events a target gets next.
#include <algorithm>

#include "delivery/target.hpp"
#include "delivery/webhook_events.hpp"

namespace paynamed::delivery {
namespace {

constexpr std::uint32_t kPage = 128;
// In one go; other targets come to their turn in between.
constexpr int kMostPages = 4;
// Twice a page, so that a page that is read when half of it is left fits.
constexpr std::size_t kWindow = 256;
constexpr std::size_t kWindowBytes = 256 << 10;
constexpr std::uint32_t kDuePage = 32;

}  // namespace

bool Target::has_room() const {
  // One that fails for long may be one of many.
  if (knocking_.is_on()) return window_.empty();
  return window_.empty() || (window_.size() < kWindow && window_bytes_ < kWindowBytes);
}

// The deliveries after the place that was read to, up to `seq`; nothing when the store cannot be read.
std::optional<std::set<std::uint64_t>> Target::known_until(std::uint64_t seq) {
  std::set<std::uint64_t> known;
  if (!rows_ahead_) return known;
  const auto rows = with_.store.deliveries_after(row_.id, read_, kPage);
  if (!rows) {
    with_.log.warning("deliveries cannot be read; trying again", {{"webhook", id_}, {"why", rows.error()}});
    mending_.begin(with_.clock.monotonic(), with_.random);
    return std::nullopt;
  }
  if (rows->empty() && !has_ahead()) rows_ahead_ = false;
  for (const state::DeliveryRow& row : *rows) {
    if (row.seq <= seq) known.insert(row.seq);
  }
  return known;
}

// What is under way or being written beyond the place that was read to will be a delivery there.
bool Target::has_ahead() const {
  return (!window_.empty() && window_.rbegin()->first > read_) || (!busy_.empty() && *busy_.rbegin() > read_);
}

// The log is the order of things: what is behind a change in it is for the target as changed, however late
// the engine is told.
bool Target::follow_change(std::uint64_t seq) {
  auto row = with_.store.load_webhook(row_.id);
  if (!row) {
    with_.log.warning("a webhook that was changed cannot be read; trying again",
                      {{"webhook", id_}, {"why", row.error()}});
    mending_.begin(with_.clock.monotonic(), with_.random);
    return false;
  }
  read_ = seq;
  if (*row && (*row)->revision == row_.revision) return true;
  if (*row) {
    change(**std::move(row));
  } else {
    remove();
  }
  return false;
}

bool Target::take_in(const events::EventFeed::Page& page, const std::set<std::uint64_t>& known) {
  for (const events::SharedEvent& event : page.events) {
    if (!has_room()) return false;
    if (is_about(event->type, event->subject, id_)) {
      if (!follow_change(event->seq)) return false;
      continue;
    }
    read_ = event->seq;
    if (known.contains(event->seq) || busy_.contains(event->seq) || !filter_.matches(*event)) continue;
    if (window_.emplace(event->seq, Fresh{event}).second) window_bytes_ += event->text.size();
  }
  return true;
}

void Target::read_more() {
  if (mending_.until(with_.clock.monotonic())) return;
  if (window_.size() > kWindow / 2 || window_bytes_ > kWindowBytes / 2) return;
  for (int pages = 0; read_ < head_ && has_room(); ++pages) {
    if (pages == kMostPages) return work_soon();
    const auto page = with_.feed.read(row_.tenant, {row_.cursor.epoch, read_}, kPage);
    if (!page) {
      with_.log.warning("events for a webhook cannot be read; trying again",
                        {{"webhook", id_}, {"why", page.error()}});
      return mending_.begin(with_.clock.monotonic(), with_.random);
    }
    if (page->events.empty()) {
      head_ = read_;
      return;
    }
    const auto known = known_until(page->next.seq);
    if (!known || !take_in(*page, *known)) return;
  }
}

void Target::offer(const events::EventFeed::Page& page) {
  if (page.events.empty() || is_over_) return;
  head_ = std::max(head_, page.next.seq);
  if (!is_active()) return;
  // Who is at the end of the log, as nearly all are, reads nothing more: what does not concern it costs it a
  // look at its filter.
  const bool is_next = read_ + 1 == page.events.front()->seq && !rows_ahead_;
  const std::size_t before = window_.size();
  if (is_next && take_in(page, {}) && window_.size() == before && !has_news()) return;
  work_soon();
}

void Target::forget_window() {
  const std::uint64_t from = cursor();
  std::erase_if(window_, [](const auto& entry) { return !entry.second.in_flight; });
  window_bytes_ = 0;
  for (const auto& [seq, fresh] : window_) window_bytes_ += fresh.event->text.size();
  read_ = from;
  rows_ahead_ = true;
  due_.clear();
  due_is_known_ = false;
}

Target::Job Target::job_of(const events::SharedEvent& event) const {
  Job job;
  job.event = event;
  job.is_fresh = true;
  job.delivery.webhook = row_.id;
  job.delivery.seq = event->seq;
  job.delivery.event = event->id;
  job.delivery.type = event->type;
  job.delivery.subject = event->subject;
  job.delivery.created = with_.clock.wall();
  return job;
}

std::optional<Target::Job> Target::next_job() {
  // In turn, so that neither a long list of what waits nor a stream of news keeps the other from its turn.
  auto job = fresh_is_next_ ? next_fresh() : next_due();
  if (!job) job = fresh_is_next_ ? next_due() : next_fresh();
  if (job) fresh_is_next_ = !job->is_fresh;
  return job;
}

std::optional<Target::Job> Target::next_fresh() {
  std::set<std::string_view> passed;
  for (auto at = window_.begin(); at != window_.end();) {
    const auto here = at++;
    if (here->second.in_flight) continue;
    const events::SharedEvent event = here->second.event;
    if (row_.settings.ordered) {
      // One that has to come later lets no other of its subject pass.
      if (passed.contains(event->subject)) continue;
      const Turn turn = turn_of(event->subject, event->seq);
      if (turn == Turn::kBehind) put_behind(job_of(event));
      if (turn == Turn::kLater) passed.insert(here->second.event->subject);
      if (turn != Turn::kNow) continue;
    }
    const base::Duration wait = schedule().empty() ? base::Duration{0} : schedule().front();
    if (wait.count() == 0) return job_of(event);
    begin_later(job_of(event), wait);
  }
  return std::nullopt;
}

Target::Turn Target::turn_of(const std::string& subject, std::uint64_t seq) {
  if (subjects_.contains(subject)) return Turn::kLater;
  if (!may_wait_) return Turn::kNow;
  const auto first = with_.store.first_waiting(row_.id, subject);
  if (!first) {
    with_.log.warning("deliveries cannot be read; trying again", {{"webhook", id_}, {"why", first.error()}});
    mending_.begin(with_.clock.monotonic(), with_.random);
    return Turn::kLater;
  }
  if (!*first || (*first)->seq == seq) return Turn::kNow;
  // It is over, and that is being written: then the next of the subject has its turn.
  if (busy_.contains((*first)->seq)) return Turn::kLater;
  return (*first)->seq < seq ? Turn::kBehind : Turn::kNow;
}

void Target::put_behind(Job job) {
  job.delivery.state = state::DeliveryState::kWaiting;
  job.delivery.next.reset();
  job.delivery.updated = with_.clock.wall();
  finish({std::move(job.delivery), std::nullopt});
}

// Without an attempt.
void Target::begin_later(Job job, base::Duration wait) {
  const base::WallTime now = with_.clock.wall();
  job.delivery.state = state::DeliveryState::kWaiting;
  job.delivery.next = now + with_jitter(wait, with_.random);
  job.delivery.updated = now;
  if (row_.settings.ordered && subjects_.insert(job.delivery.subject).second)
    freed_subjects_.push_back(job.delivery.subject);
  finish({std::move(job.delivery), std::nullopt});
}

void Target::find_due() {
  const base::WallTime now = with_.clock.wall();
  const bool is_later = due_is_known_ && (!next_due_ || *next_due_ > now);
  if (!may_wait_ || !due_.empty() || is_later) return;
  auto rows = with_.store.due_deliveries(row_.id, now, kDuePage + static_cast<std::uint32_t>(busy_.size()));
  // Beside those that are due: one of them may hang for long.
  const auto next = with_.store.next_delivery(row_.id, now);
  if (!rows || !next) {
    with_.log.warning("deliveries cannot be read; trying again",
                      {{"webhook", id_}, {"why", rows ? next.error() : rows.error()}});
    return mending_.begin(with_.clock.monotonic(), with_.random);
  }
  if (rows->empty() && !*next && busy_.empty()) may_wait_ = false;
  next_due_ = *next;
  due_is_known_ = true;
  for (state::DeliveryRow& row : *rows) {
    if (!busy_.contains(row.seq) && !window_.contains(row.seq)) due_.push_back(std::move(row));
  }
}

std::optional<Target::Job> Target::next_due() {
  find_due();
  const bool had_some = !due_.empty();
  for (auto at = due_.begin(); at != due_.end();) {
    Job job;
    if (row_.settings.ordered) {
      const Turn turn = turn_of(at->subject, at->seq);
      if (turn == Turn::kLater) {
        ++at;
        continue;
      }
      if (turn == Turn::kBehind) {
        job.delivery = std::move(*at);
        at = due_.erase(at);
        put_behind(std::move(job));
        continue;
      }
    }
    job.event = event_of(at->seq);
    if (!job.event) return std::nullopt;
    job.delivery = *at;
    return job;
  }
  if (had_some && due_.empty()) due_is_known_ = false;
  return std::nullopt;
}

events::SharedEvent Target::event_of(std::uint64_t seq) {
  const auto page = with_.feed.read(row_.tenant, {row_.cursor.epoch, seq - 1}, 1);
  if (page && !page->events.empty() && page->events.front()->seq == seq) return page->events.front();
  with_.log.error("the event of a delivery cannot be read; trying again",
                  {{"webhook", id_}, {"seq", seq}, {"why", page ? base::Status{} : page.error()}});
  mending_.begin(with_.clock.monotonic(), with_.random);
  return nullptr;
}

}  // namespace paynamed::delivery
