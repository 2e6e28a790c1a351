#include "zone_queue.hpp"

#include <algorithm>
#include <utility>

namespace paynamed::cloudflare {

ZoneQueue::ZoneQueue(const Host& host, Api& api, const Settings& settings, const std::string& zone_id)
    : host_(host),
      api_(api),
      settings_(settings),
      records_(api, zone_id),
      writer_(host, api, settings, zone_id),
      interactive_(records_, writer_, settings, false),
      background_(records_, writer_, settings, true) {}

void ZoneQueue::read(const std::string& name, const Call& call,
                     std::function<void(const Result<Found>&)> then) {
  // One of the two calls it: who comes first.
  const auto once = std::make_shared<std::function<void(const Result<Found>&)>>(std::move(then));
  const auto answer = [once](const Result<Found>& found) {
    if (auto waits = std::exchange(*once, nullptr)) waits(found);
  };
  call.when_cancelled([answer] {
    answer(Error(Code::kUnavailable,
                 "Cloudflare did not say in time what stands at the name; it is tried again."));
  });
  lane_of(call).look(
      name, [once] { return *once != nullptr; }, answer);
}

void ZoneQueue::change(Change change, const Call& call, ChangeRun::Then then) {
  const auto run = std::make_shared<ChangeRun>(std::move(change), call, settings_.owner, std::move(then));
  call.when_cancelled([this, weak = std::weak_ptr(run)] {
    if (const auto known = weak.lock()) give_up(*known);
  });
  auto& runs = runs_[run->name()];
  runs.push_back(run);
  if (runs.size() == 1) start(run);
}

void ZoneQueue::start(const std::shared_ptr<ChangeRun>& run) {
  run->start(lane_of(run->call()), [this, name = run->name()] { ended(name); });
}

void ZoneQueue::ended(const std::string& name) {
  const auto found = runs_.find(name);
  found->second.pop_front();
  if (found->second.empty()) {
    runs_.erase(found);
  } else {
    start(std::shared_ptr(found->second.front()));
  }
}

// Who has no turn comes again for nothing; a server that hangs or fails is told as that, or it would be
// waited for without end.
void ZoneQueue::give_up(ChangeRun& run) {
  const auto& trouble = api_.trouble();
  if (run.waits_for_answer() || trouble) {
    return run.abandon(Error(Code::kUnavailable,
                             "Cloudflare did not say in time what stands at " + run.name() +
                                 "; nothing was changed." + (trouble ? " " + trouble->message() : ""),
                             trouble ? trouble->detail() : ""));
  }
  run.abandon(Error(Code::kResourceExhausted,
                    "The change did not get its turn at Cloudflare in time; nothing was changed.", {},
                    next_turn_ms()));
}

// Who comes again gets a turn of their own, as far apart as the budget lets changes through, so that they do
// not all come at once.
std::uint32_t ZoneQueue::next_turn_ms() {
  const auto changes_a_request = settings_.batch ? static_cast<double>(settings_.max_batch) : 1.0;
  const std::chrono::duration<double> apart(1.0 / (settings_.per_second * changes_a_request));
  const auto now = host_.monotonic();
  last_turn_ = std::max<std::chrono::nanoseconds>(last_turn_, now + std::chrono::seconds(1)) +
               std::chrono::duration_cast<std::chrono::nanoseconds>(apart);
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(last_turn_ - now);
  return static_cast<std::uint32_t>(std::min<std::int64_t>(wait.count(), 3'600'000));
}

}  // namespace paynamed::cloudflare
