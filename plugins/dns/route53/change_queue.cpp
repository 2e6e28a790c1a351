#include "change_queue.hpp"

#include <algorithm>

#include "refusal.hpp"

namespace paynamed::route53 {
namespace {

using std::chrono::milliseconds;

// Who has less than this left after a pause is told now.
constexpr milliseconds kLeastTime{1'000};

Error not_sent(const char* why) {
  return Error(Code::kUnavailable,
               std::string(why) + " before the change had its turn; nothing was changed.");
}

// To come again is no failure of whoever waited behind others.
Error had_no_turn() {
  const auto again = static_cast<std::uint32_t>(kLeastTime.count());
  return Error(Code::kResourceExhausted,
               "The call ended before the change had its turn; nothing was changed.", {}, again);
}

// Of a change that was sent: UNAVAILABLE would promise that nothing happened.
Error change_error(const Failure& failure, const std::string& doing) {
  const Error error = failure.to_error(doing);
  const Refusal* refusal = failure.refusal();
  const bool unknown = refusal != nullptr
                           ? is_server_trouble(*refusal)
                           : error.code() == Code::kDataLoss || error.code() == Code::kOutOfRange ||
                                 error.code() == Code::kDeadlineExceeded || error.code() == Code::kUnknown;
  if (!unknown) return error;
  return Error(Code::kUnknown,
               "Route 53 did not answer well when " + doing + "; whether the change was made is not known.",
               error.message() + " " + error.detail());
}

}  // namespace

struct ChangeQueue::Item {
  std::string name;
  std::vector<Change> changes;
  Call call;
  Then then;
  std::size_t records = 0;
  std::size_t characters = 0;
  std::size_t most_together = kMaxBatchRecords;  // with how many others it may go out
  bool sent = false;
  bool done = false;

  void finish(ChangeOutcome outcome) {
    if (std::exchange(done, true)) return;
    call.forget_cancellation();
    then(std::move(outcome));
  }
};

void ChangeQueue::submit(const std::string& name, std::vector<Change> changes, const Call& call, Then then) {
  auto item = std::make_shared<Item>(Item{name, std::move(changes), call, std::move(then)});
  for (const auto& change : item->changes) {
    item->records += change.set.values.size();
    for (const auto& value : change.set.values) item->characters += value.size();
  }
  if (stopped_) return item->finish(not_sent("The plugin stopped"));
  if (item->records > kMaxBatchRecords || item->characters > kMaxBatchCharacters) {
    return item->finish(
        Error(Code::kInvalidArgument, "The records at " + name + " do not fit a request to Route 53 (" +
                                          std::to_string(item->records) + " values of " +
                                          std::to_string(item->characters) + " characters)."));
  }
  (call.background() ? background_ : interactive_).push_back(item);
  call.when_cancelled([weak = std::weak_ptr(item)] {
    const auto still = weak.lock();
    if (still && !still->sent) still->finish(had_no_turn());
  });
  pump();
}

void ChangeQueue::stop() {
  stopped_ = true;
  for (auto* queue : {&interactive_, &background_}) {
    for (const auto& item : std::exchange(*queue, {})) item->finish(not_sent("The plugin stopped"));
  }
}

ChangeQueue::Items ChangeQueue::choose() {
  Items batch;
  std::set<std::string> names;
  std::size_t records = 0;
  std::size_t characters = 0;
  std::size_t changes = 0;
  std::size_t most_together = kMaxBatchRecords;
  const auto take_from = [&](std::deque<std::shared_ptr<Item>>& queue, std::size_t most_changes) {
    std::deque<std::shared_ptr<Item>> left;
    for (auto& item : queue) {
      if (item->done) continue;
      const bool fits = records + item->records <= kMaxBatchRecords &&
                        characters + item->characters <= kMaxBatchCharacters &&
                        (batch.empty() || changes + item->changes.size() <= most_changes) &&
                        batch.size() + 1 <= std::min(most_together, item->most_together) &&
                        !names.contains(item->name);
      if (!fits) {
        left.push_back(std::move(item));
        // Of one name what came first goes first.
        names.insert(left.back()->name);
        continue;
      }
      names.insert(item->name);
      records += item->records;
      characters += item->characters;
      changes += item->changes.size();
      most_together = std::min(most_together, item->most_together);
      batch.push_back(std::move(item));
    }
    queue = std::move(left);
  };
  take_from(interactive_, most_);
  // What others wait for goes alone and cheaply, but not for ever.
  const bool alone = !batch.empty() && !background_waited_;
  if (!alone) take_from(background_, most_background_);
  background_waited_ = alone && !background_.empty();
  return batch;
}

// Whether those that nobody waits for wait for more of their kind.
bool ChangeQueue::gathers() {
  const auto left = next_background_ - host_.monotonic();
  const bool some_wait = std::ranges::any_of(interactive_, [](const auto& item) { return !item->done; });
  const bool enough = background_.empty() || background_.size() >= most_background_;
  if (some_wait || enough || left.count() <= 0) return false;
  if (!std::exchange(wakes_, true)) {
    host_.after(std::chrono::ceil<milliseconds>(left), [this] {
      wakes_ = false;
      pump();
    });
  }
  return true;
}

void ChangeQueue::pump() {
  if (busy_ || stopped_ || gathers()) return;
  Items batch = choose();
  if (!batch.empty()) send(std::move(batch));
}

void ChangeQueue::send(Items batch) {
  busy_ = true;
  std::vector<const Change*> changes;
  ApiRequest request;
  request.path = "hostedzone/" + zone_id_ + "/rrset/";
  request.background = true;
  request.doing = "changing " + zone_;
  for (const auto& item : batch) {
    item->sent = true;
    request.background = request.background && item->call.background();
    // What goes is taken away before what comes is put there.
    for (const auto& change : item->changes) changes.push_back(&change);
  }
  if (request.background) next_background_ = host_.monotonic() + gather_;
  request.changes = static_cast<std::uint32_t>(changes.size());
  request.body = change_request(changes);
  host_.histogram("changes_per_batch", static_cast<double>(changes.size()));
  api_.change(std::move(request), [this, batch = std::move(batch)](Api::Outcome outcome) {
    on_outcome(batch, std::move(outcome));
  });
}

void ChangeQueue::on_outcome(const Items& batch, Api::Outcome outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) return on_failure(batch, *failure);
  failures_ = 0;
  const auto info = read_change_info(std::get<Element>(outcome));
  for (const auto& item : batch) {
    if (info.ok()) {
      item->finish(*info);
    } else {
      item->finish(change_error(Failure{info.error()}, "changing " + zone_));
    }
  }
  busy_ = false;
  pump();
}

void ChangeQueue::on_failure(const Items& batch, const Failure& failure) {
  const Refusal* refusal = failure.refusal();
  if (refusal != nullptr && is_invalid_batch(*refusal)) return on_rejected(batch, *refusal);
  // RESOURCE_EXHAUSTED without an answer: the account's rate had no room, and nothing was sent.
  const bool later = refusal != nullptr ? is_throttled(*refusal) || is_busy(*refusal)
                                        : std::get<Error>(failure.what).code() == Code::kResourceExhausted;
  if (later) return put_back_later(batch, failure);
  const Error error = change_error(failure, "changing " + zone_);
  for (const auto& item : batch) item->finish(error);
  busy_ = false;
  pump();
}

void ChangeQueue::on_rejected(const Items& batch, const Refusal& refusal) {
  failures_ = 0;
  Items others;
  bool any_named = false;
  for (const auto& item : batch) {
    Rejected rejected;
    for (const auto& message : refusal.messages) {
      if (batch.size() == 1 || is_about(message, item->name)) rejected.messages.push_back(message);
    }
    if (rejected.messages.empty() && batch.size() > 1) {
      others.push_back(item);
      continue;
    }
    any_named = true;
    item->finish(std::move(rejected));
  }
  // Nobody knows which one it was: halves find it.
  if (!any_named) {
    for (const auto& item : others) item->most_together = std::max<std::size_t>(1, batch.size() / 2);
  }
  put_back(others);
  busy_ = false;
  pump();
}

void ChangeQueue::put_back(const Items& batch) {
  for (auto at = batch.rbegin(); at != batch.rend(); ++at) {
    (*at)->sent = false;
    if ((*at)->call.cancelled()) (*at)->finish(had_no_turn());
    ((*at)->call.background() ? background_ : interactive_).push_front(*at);
  }
}

void ChangeQueue::put_back_later(const Items& batch, const Failure& failure) {
  const auto pause = std::max(failure.retry_after, Api::backoff(std::min(failures_++, 4U)));
  const Error error = failure.to_error("changing " + zone_);
  for (const auto& item : batch) {
    if (host_.remaining(item->call, std::chrono::hours(1)) < pause + kLeastTime || stopped_)
      item->finish(error);
  }
  if (stopped_) return;
  put_back(batch);
  host_.after(pause, [this] {
    busy_ = false;
    pump();
  });
}

}  // namespace paynamed::route53
