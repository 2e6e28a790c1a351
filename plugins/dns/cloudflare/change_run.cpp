#include "change_run.hpp"

#include <utility>

namespace paynamed::cloudflare {
namespace {

// Each time somebody wrote between; they cannot do so for ever.
constexpr int kMostRepairs = 3;

}  // namespace

void ChangeRun::start(Lane& lane, std::function<void()> ended) {
  lane_ = &lane;
  ended_ = std::move(ended);
  if (abandoned_) return end();
  auto self = shared_from_this();
  lane.look(
      change_.name,
      [self] {
        if (self->abandoned_) self->end();
        self->asked_ = !self->abandoned_;
        return self->asked_;
      },
      [self](const Result<Found>& found) { self->plan(found); });
}

void ChangeRun::abandon(Error unchanged) {
  abandoned_ = true;
  if (begun_) {
    return answer(
        Error(Code::kDeadlineExceeded, "Cloudflare has not confirmed the change in time; it may be done."));
  }
  answer(std::move(unchanged));
}

void ChangeRun::plan(const Result<Found>& found) {
  asked_ = false;
  if (!found.ok()) return end(found.error());
  Plan plan = plan_of(change_, *found, owner_);
  if (const auto* settled = std::get_if<Settled>(&plan)) return end(settled->changed);
  if (const auto* error = std::get_if<Error>(&plan)) return end(*error);
  auto writes = std::get<Writes>(std::move(plan));
  written_.posted = writes.front().kind == Write::Kind::kPost;
  send(std::move(writes));
}

void ChangeRun::send(Writes writes) {
  auto self = shared_from_this();
  lane_->write(
      std::move(writes),
      [self] {
        if (self->abandoned_ && !self->begun_) {
          self->end();
          return false;
        }
        self->begun_ = true;
        return true;
      },
      [self](const Outcome& outcome) { self->hear(outcome); });
}

void ChangeRun::hear(const Outcome& outcome) {
  const bool first = repairs_ == 0;
  switch (outcome.kind) {
    case Outcome::Kind::kDone:
      break;
    case Outcome::Kind::kRefused:
      if (first) return end(*outcome.error);
      return end(Error(Code::kUnknown,
                       "Another record came to " + change_.name +
                           " meanwhile and could not be taken away: " + outcome.error->message(),
                       outcome.error->detail()));
    case Outcome::Kind::kUnknown:
      if (first) written_.unknown.push_back(*outcome.error);
      break;
    case Outcome::Kind::kLook:
      if (first) written_.changed = false;
      break;
  }
  look_again();
}

void ChangeRun::look_again() {
  auto self = shared_from_this();
  lane_->look(
      change_.name, [] { return true; }, [self](const Result<Found>& found) { self->judge(found); });
}

void ChangeRun::judge(const Result<Found>& found) {
  if (!found.ok()) {
    return end(Error(
        Code::kUnknown,
        "The change at " + change_.name + " was sent and could not be looked at: " + found.error().message(),
        found.error().detail(), found.error().retry_after_ms()));
  }
  if (lost_ && !stands_in(*found, change_)) return end(*lost_);
  if (lost_) {
    return end(Error(Code::kUnknown,
                     "Another record came to " + change_.name + " meanwhile and ours still stands there.",
                     lost_->message()));
  }
  Verdict verdict = verdict_of(change_, written_, *found, owner_);
  if (!verdict.repair.empty() && ++repairs_ <= kMostRepairs) {
    if (const auto* error = std::get_if<Error>(&verdict.outcome)) lost_ = *error;
    return send(std::move(verdict.repair));
  }
  if (!verdict.repair.empty()) {
    return end(Error(Code::kUnknown,
                     "Others write to " + change_.name + " all the time; our record stands beside theirs."));
  }
  if (const auto* error = std::get_if<Error>(&verdict.outcome)) return end(*error);
  end(std::get<Settled>(verdict.outcome).changed);
}

void ChangeRun::answer(Result<bool> result) {
  if (auto then = std::exchange(then_, nullptr)) then(std::move(result));
}

void ChangeRun::end() {
  if (auto ended = std::exchange(ended_, nullptr)) ended();
}

}  // namespace paynamed::cloudflare
