#include "delivery/conclusion.hpp"

namespace paynamed::delivery {

state::DeliveryUpdate::Done conclude(state::DeliveryRow before, const Verdict& verdict,
                                     const Schedule& schedule, const Times& times, base::Random& random) {
  state::DeliveryUpdate::Done done;
  state::DeliveryRow& row = done.delivery = std::move(before);
  ++row.attempts;
  ++row.tries;
  row.updated = times.now;
  row.reason = verdict.reason;
  row.next.reset();
  state::AttemptRow attempt;
  attempt.number = row.attempts;
  attempt.time = times.begun;
  attempt.latency = times.latency;
  attempt.status = verdict.status;
  attempt.delivered = verdict.kind == Verdict::Kind::kDelivered;
  attempt.reason = verdict.reason;
  attempt.answer = verdict.answer;
  done.attempt = std::move(attempt);
  switch (verdict.kind) {
    case Verdict::Kind::kDelivered:
      row.state = state::DeliveryState::kDelivered;
      break;
    case Verdict::Kind::kHopeless:
      row.state = state::DeliveryState::kDead;
      break;
    case Verdict::Kind::kGone:
      // It waits with its target, and is tried at once when that is enabled; that the receiver is gone says
      // nothing about the event.
      row.state = state::DeliveryState::kWaiting;
      --row.tries;
      row.next = times.now;
      break;
    default:
      if (const auto wait = wait_after(schedule, row.tries, verdict.wish, random)) {
        row.state = state::DeliveryState::kWaiting;
        row.next = times.now + *wait;
      } else {
        row.state = state::DeliveryState::kDead;
      }
  }
  return done;
}

}  // namespace paynamed::delivery
