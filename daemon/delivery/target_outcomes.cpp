// Attempts of a target and what comes of them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/failpoint.hpp"
#include "delivery/target.hpp"
#include "delivery/webhook_events.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;

namespace {

// What waits for the writer beyond this waits in the log instead.
constexpr std::size_t kMostUnwritten = 256;
constexpr std::size_t kMostUnwrittenBytes = 1U << 20;
// A receiver that failed so often in a row, and for so long, is tried once at a time with growing pauses: its
// events wait in the log, where they cost nothing.
constexpr std::uint32_t kFailuresUntilKnocking = 20;
constexpr base::Duration kFailingUntilKnocking{60'000};
// When a tenant hears of it.
constexpr std::uint32_t kFailuresUntilTold = 4;
constexpr base::Duration kFailingUntilTold{300'000};

}  // namespace

bool Target::may_begin() {
  const base::MonotonicTime now = with_.clock.monotonic();
  const bool may_finish = finished_.size() < kMostUnwritten && finished_bytes_ < kMostUnwrittenBytes;
  return in_flight_ < concurrency() && may_finish && !mending_.until(now) && !resting_.until(now) &&
         !knocking_.until(now) && pace_.next(now) <= now;
}

bool Target::begin_one() {
  if (window_.empty() && !may_wait_) return false;
  // First: what comes next is read from the store only for who may have it.
  if (!common_->places.take(row_.id, shared_from_this(), in_flight_, settings_->attempts_at_once))
    return false;
  auto job = next_job();
  if (!job) {
    common_->places.give_back();
    return false;
  }
  ++in_flight_;
  job->revision = row_.revision;
  pace_.began(with_.clock.monotonic());
  common_->measures.under_way(common_->places.taken());
  if (row_.settings.ordered) subjects_.insert(job->delivery.subject);
  if (job->is_fresh) {
    window_.at(job->delivery.seq).in_flight = true;
  } else {
    std::erase_if(due_, [&](const state::DeliveryRow& row) { return row.seq == job->delivery.seq; });
    busy_.insert(job->delivery.seq);
    if (due_.empty()) due_is_known_ = false;
  }
  asio::co_spawn(common_->strand, attempt(shared_from_this(), *std::move(job)), asio::detached);
  return true;
}

v1::DeliverRequest Target::request_for(const Job& job) const {
  v1::DeliverRequest request;
  v1::NotifierTarget& target = *request.mutable_target();
  target.set_id(id_);
  target.set_address(row_.settings.address);
  const base::WallTime now = with_.clock.wall();
  for (const state::WebhookSecret& secret : row_.secrets) {
    if (secret.until && *secret.until <= now) continue;
    v1::SigningKey& key = *target.add_keys();
    key.set_kind(secret.kind == state::WebhookSecret::Kind::kEd25519 ? v1::SigningKey::ED25519
                                                                     : v1::SigningKey::HMAC_SHA256);
    key.set_handle(state::secret_handle(row_, secret.name));
  }
  request.set_event_id(job.delivery.event.to_string());
  request.set_type(job.delivery.type);
  request.set_event(job.event->text);
  request.set_attempt(job.delivery.attempts + 1);
  return request;
}

asio::awaitable<void> Target::attempt(std::shared_ptr<Target> self, Job job) {
  const base::MonotonicTime begun = self->with_.clock.monotonic();
  Times times;
  times.begun = self->with_.clock.wall();
  std::string instance = self->row_.instance;
  v1::DeliverRequest request = self->request_for(job);
  PAYNAMED_FAILPOINT("delivery.attempt.before");
  const base::Result<v1::DeliverReply> reply =
      co_await self->with_.deliver(std::move(instance), std::move(request));
  PAYNAMED_FAILPOINT("delivery.attempt.after");
  if (self->common_->abandoned) co_return;
  times.now = self->with_.clock.wall();
  times.latency = std::chrono::duration_cast<base::Duration>(self->with_.clock.monotonic() - begun);
  self->ended(std::move(job), judge(reply), times);
}

void Target::ended(Job job, const Verdict& verdict, const Times& times) {
  --in_flight_;
  common_->places.give_back();
  common_->measures.under_way(common_->places.taken());
  common_->measures.attempt(row_.instance, verdict.kind, times.latency);
  if (common_->place_free) common_->place_free();
  if (!is_over_) {
    if (verdict.kind == Verdict::Kind::kNotCounted || verdict.kind == Verdict::Kind::kNotBegun) {
      give_back(job, verdict);
    } else {
      if (subjects_.contains(job.delivery.subject)) freed_subjects_.push_back(job.delivery.subject);
      // What became of the event counts; of a target that is another one by now it says nothing.
      const bool is_current = job.revision == row_.revision;
      Done done = conclude(std::move(job.delivery), verdict, schedule(), times, with_.random);
      if (done.delivery.state == state::DeliveryState::kDead) tell_dead_letter(done, times.now);
      if (is_current && verdict.kind == Verdict::Kind::kDelivered) succeeded(times.now);
      if (is_current && verdict.kind != Verdict::Kind::kDelivered) failed(verdict, times.now);
      finish(std::move(done));
    }
  }
  work();
  if (common_->rested) common_->rested();
}

void Target::finish(Done done) {
  const state::DeliveryRow& row = done.delivery;
  if (const auto at = window_.find(row.seq); at != window_.end()) {
    window_bytes_ -= at->second.event->text.size();
    window_.erase(at);
  }
  busy_.insert(row.seq);
  if (row.state == state::DeliveryState::kWaiting) may_wait_ = true;
  if (done.attempt) finished_bytes_ += done.attempt->answer.size();
  finished_.push_back(std::move(done));
}

// As if it had not been begun.
void Target::give_back(const Job& job, const Verdict& verdict) {
  subjects_.erase(job.delivery.subject);
  if (job.is_fresh) {
    if (const auto at = window_.find(job.delivery.seq); at != window_.end()) at->second.in_flight = false;
  } else {
    busy_.erase(job.delivery.seq);
    due_is_known_ = false;
    due_.clear();
  }
  // Until it goes on, nothing is kept for it.
  forget_window();
  // What was in the way may not be any more.
  if (job.revision != row_.revision) return;
  const base::MonotonicTime now = with_.clock.monotonic();
  if (verdict.kind == Verdict::Kind::kNotBegun)
    return resting_.begin(now, with_.random, verdict.wish.retry_after);
  set_trouble(verdict.reason);
  mending_.begin(now, with_.random, verdict.wish.retry_after);
}

void Target::set_trouble(const std::string& why) {
  if (trouble_ == why) return;
  trouble_ = why;
  if (why.empty()) return common_->troubles.clear(row_.id);
  common_->troubles.set(row_.id, row_.instance);
  with_.log.warning("a webhook waits until somebody mends its plugin or its secrets",
                    {{"webhook", id_}, {"instance", row_.instance}, {"why", why}});
}

void Target::succeeded(base::WallTime now) {
  if (knocking_.is_on())
    with_.log.info("a webhook takes events again", {{"webhook", id_}, {"instance", row_.instance}});
  failures_ = 0;
  mending_.clear();
  resting_.clear();
  knocking_.clear();
  set_trouble({});
  row_.delivered = now;
  if (!is_active()) return;
  row_.failing_since.reset();
  row_.told_failing = row_.told_dead_letter = false;
  row_.reason.clear();
}

void Target::tell_dead_letter(const Done& done, base::WallTime now) {
  if (!is_active() || row_.told_dead_letter) return;
  row_.told_dead_letter = true;
  json::object more{{"event", done.delivery.event.to_string()},
                    {"event_type", done.delivery.type},
                    {"seq", std::to_string(done.delivery.seq)},
                    {"attempts", done.delivery.attempts},
                    {"reason", done.delivery.reason}};
  say("webhook.dead_letter", more, now);
}

void Target::failed(const Verdict& verdict, base::WallTime now) {
  ++failures_;
  mending_.clear();
  resting_.clear();
  set_trouble({});
  const base::MonotonicTime tick = with_.clock.monotonic();
  if (verdict.wish.throttled) pace_.throttled(tick);
  if (!is_active()) return;
  if (!row_.failing_since) row_.failing_since = now;
  row_.reason = verdict.reason;
  const base::Duration failing = now - *row_.failing_since;
  if (failures_ >= kFailuresUntilKnocking && failing >= kFailingUntilKnocking) {
    if (!knocking_.is_on()) {
      forget_window();
      with_.log.warning("a webhook fails for a while; it is tried once at a time until it takes something",
                        {{"webhook", id_}, {"instance", row_.instance}, {"why", verdict.reason}});
    }
    knocking_.begin(tick, with_.random);
  }
  if (verdict.kind == Verdict::Kind::kGone) return disable("gone", verdict.reason, now);
  if (failing >= settings_->disable_after) {
    return disable("failing",
                   fmt::format("nothing was delivered since {}: {}", base::to_rfc3339(*row_.failing_since),
                               verdict.reason),
                   now);
  }
  if (!row_.told_failing && failures_ >= kFailuresUntilTold && failing >= kFailingUntilTold) {
    row_.told_failing = true;
    json::object more{{"reason", verdict.reason}, {"since", base::to_rfc3339(*row_.failing_since)}};
    say("webhook.failing", more, now);
  }
}

void Target::disable(std::string_view code, std::string reason, base::WallTime now) {
  with_.log.warning("a webhook is disabled until its owner enables it; its events wait",
                    {{"webhook", id_}, {"instance", row_.instance}, {"code", code}, {"why", reason}});
  json::object more{{"code", code}, {"reason", reason}, {"since", base::to_rfc3339(*row_.failing_since)}};
  disabled_ = webhook_event("webhook.disabled", row_, more, now, with_.random);
  common_->measures.disabled(row_.instance, code);
  row_.state = state::WebhookState::kDisabled;
  row_.reason = std::move(reason);
  disables_ = true;
  forget_window();
}

void Target::say(std::string_view type, const json::object& more, base::WallTime now) {
  news_.push_back(webhook_event(type, row_, more, now, with_.random));
}

}  // namespace paynamed::delivery
