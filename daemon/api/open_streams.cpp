#include "api/open_streams.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/broadcast.hpp"

namespace paynamed::api {

struct OpenStreams::State {
  explicit State(base::Clock& clock) : changed(clock) {}

  std::size_t size() const {
    const std::lock_guard lock{mutex};
    return places.size();
  }

  base::Broadcast changed;
  mutable std::mutex mutex;
  bool stopping = false;
  std::unordered_map<std::uint64_t, std::uint32_t> of_key;
  std::unordered_map<const Place*, std::weak_ptr<Place>> places;
};

OpenStreams::OpenStreams(StreamLimits limits, base::Clock& clock, observe::Metrics& metrics)
    : limits_(limits),
      clock_(clock),
      state_(std::make_shared<State>(clock)),
      refused_(metrics.counter("paynamed_api_streams_refused_total",
                               "Streams of events that were refused because too many were open.")) {
  const auto open = metrics.gauge("paynamed_api_streams", "Streams of events that are open.");
  refresh_ = metrics.before_text([open, state = state_] { open.set(static_cast<double>(state->size())); });
}

OpenStreams::~OpenStreams() = default;

tl::expected<std::shared_ptr<OpenStreams::Place>, OpenStreams::Full> OpenStreams::take(std::uint64_t key) {
  const std::lock_guard lock{state_->mutex};
  const auto of_key = state_->of_key.find(key);
  const bool key_full = of_key != state_->of_key.end() && of_key->second >= limits_.of_key;
  if (key_full || state_->places.size() >= limits_.all) {
    refused_.add();
    return tl::unexpected{key_full ? Full::kKey : Full::kAll};
  }
  auto place = std::make_shared<Place>(state_, key);
  ++state_->of_key[key];
  state_->places.emplace(place.get(), place);
  return place;
}

void OpenStreams::Place::at_stop(AtStop end) {
  std::size_t streams = 0;
  {
    const std::lock_guard lock{state_->mutex};
    if (left_) return;
    if (!state_->stopping) {
      end_ = std::move(end);
      return;
    }
    streams = state_->places.size();
  }
  end(streams);
}

void OpenStreams::Place::leave() {
  AtStop unused;  // ends outside of the lock: who knows what it holds
  {
    const std::lock_guard lock{state_->mutex};
    if (std::exchange(left_, true)) return;
    unused = std::exchange(end_, nullptr);
    state_->places.erase(this);
    const auto of_key = state_->of_key.find(key_);
    if (--of_key->second == 0) state_->of_key.erase(of_key);
  }
  state_->changed.notify();
}

void OpenStreams::stop() {
  std::vector<std::shared_ptr<Place>> places;  // the last reference to one must not end inside the lock
  std::vector<AtStop> ends;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    for (const auto& [key, weak] : state_->places) {
      auto place = weak.lock();
      if (!place) continue;
      if (place->end_) ends.push_back(std::exchange(place->end_, nullptr));
      places.push_back(std::move(place));
    }
  }
  for (const AtStop& end : ends) end(places.size());
}

boost::asio::awaitable<bool> OpenStreams::drained(base::Duration most) {
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const std::uint64_t seen = state_->changed.count();
    if (state_->size() == 0) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left <= base::Duration{0}) co_return false;
    co_await state_->changed.wait(seen, left);
  }
}

}  // namespace paynamed::api
