#include "host/breaker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::host {
namespace {

using base::Code;

// How soon the end of a probe that is under way may be known.
constexpr base::Duration kProbeTakes{5'000};

}  // namespace

std::string_view to_string(Breaker::State state) {
  constexpr std::string_view kNames[] = {"closed", "half_open", "open"};
  return kNames[static_cast<std::size_t>(state)];
}

// A peer that says no answers. What a plugin may say without asking its peer says nothing about the peer, nor
// does a spent budget; as the end of a probe they would close the breaker of a peer that is gone.
Breaker::Outcome outcome_of(std::string_view method, Code code) {
  switch (code) {
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
    case Code::kUnknown:
    case Code::kInternal:
      return Breaker::Outcome::kFailure;
    case Code::kResourceExhausted:
    case Code::kCancelled:
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kUnimplemented:
      return Breaker::Outcome::kNeither;
    default:
      return method == "Describe" ? Breaker::Outcome::kNeither : Breaker::Outcome::kSuccess;
  }
}

Breaker::Breaker(BreakerSettings settings, std::string name) : settings_(settings), name_(std::move(name)) {}

void Breaker::use(BreakerSettings settings) {
  // Slices of another width cannot be added up.
  if (settings.window != settings_.window) slices_ = {};
  settings_ = settings;
  if (!settings_.enabled && !closed_) close();
}

Breaker::Slice& Breaker::slice_at(base::MonotonicTime now) {
  const auto width = std::chrono::nanoseconds(settings_.window) / static_cast<std::int64_t>(kSlices);
  const std::int64_t number = now.time_since_epoch() / width;
  Slice& slice = slices_[static_cast<std::size_t>(number) % kSlices];
  if (slice.number != number) slice = {number, 0, 0};
  return slice;
}

base::Result<Breaker::Pass> Breaker::admit(Moment now) {
  if (auto refused = refusal(now)) return base::fail(*std::move(refused));
  if (closed_) return Pass{round_, false};
  probing_ = true;
  return Pass{round_, true};
}

std::optional<base::Status> Breaker::refusal(Moment now) const {
  if (closed_ || (now.monotonic >= probe_at_ && !probing_)) return std::nullopt;
  const auto left = std::chrono::ceil<base::Duration>(probe_at_ - now.monotonic);
  const base::Duration wait = left.count() > 0 ? left : kProbeTakes;
  return base::unavailable(explanation(now), last_error_)
      .with_retry_after(static_cast<std::uint32_t>(wait.count()))
      .with_deferral(name_);
}

Breaker::Change Breaker::ended(Pass pass, Outcome outcome, const base::Status& why, Moment now) {
  // A call that began before the last change says nothing about now.
  if (!settings_.enabled || pass.round != round_) return Change::kNone;
  if (pass.probe) probing_ = false;
  if (outcome == Outcome::kNeither) return Change::kNone;
  if (pass.probe && outcome == Outcome::kSuccess) {
    close();
    return Change::kClosed;
  }
  if (pass.probe) {
    open_for(std::clamp(open_time_ * 2, settings_.open, settings_.most_open), why, now);
    return Change::kProbeFailed;
  }
  Slice& slice = slice_at(now.monotonic);
  ++slice.calls;
  if (outcome == Outcome::kSuccess) return Change::kNone;
  ++slice.failures;
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  for (const Slice& each : slices_) {
    if (each.number <= slice.number - static_cast<std::int64_t>(kSlices)) continue;
    calls += each.calls;
    failures += each.failures;
  }
  if (calls < settings_.minimum || failures * 100 < calls * settings_.failure_rate) return Change::kNone;
  since_ = now.wall;
  reason_ = fmt::format("{} of its last {} calls failed", failures, calls);
  open_for(settings_.open, why, now);
  return Change::kOpened;
}

void Breaker::open_for(base::Duration time, const base::Status& why, Moment now) {
  closed_ = false;
  ++round_;
  last_error_ = why.message();
  open_time_ = time;
  probe_at_ = now.monotonic + time;
}

void Breaker::close() {
  closed_ = true;
  probing_ = false;
  ++round_;
  slices_ = {};
  reason_.clear();
  last_error_.clear();
}

Breaker::State Breaker::state(base::MonotonicTime now) const {
  if (closed_) return State::kClosed;
  return now >= probe_at_ ? State::kHalfOpen : State::kOpen;
}

std::string Breaker::explanation(Moment now) const {
  if (closed_) return {};
  const auto left = std::chrono::ceil<base::Duration>(probe_at_ - now.monotonic);
  return fmt::format(
      "'{}' is not called since {} because {}; {}", name_, base::to_rfc3339(since_), reason_,
      left.count() > 0 ? "it is tried again at " + base::to_rfc3339(now.wall + left)
                       : std::string(probing_ ? "it is being tried again" : "the next call tries it again"));
}

}  // namespace paynamed::host
