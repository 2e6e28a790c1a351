#include "net/origin_places.hpp"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/one_shot.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
using base::Code;

namespace {

constexpr std::size_t kMostOvertaking = 8;

using Shot = base::OneShot<Code>;

}  // namespace

struct OriginPlacesState {
  struct Origin {
    std::size_t at_work = 0;
    std::size_t overtook = 0;  // interactive ones since the last background one
    std::deque<std::shared_ptr<Shot>> interactive;
    std::deque<std::shared_ptr<Shot>> background;
  };

  explicit OriginPlacesState(std::size_t most_at_once) : most(most_at_once) {}

  // Whoever is next; null when nobody waits.
  static std::shared_ptr<Shot> next(Origin& origin) {
    const bool overdue = origin.overtook >= kMostOvertaking && !origin.background.empty();
    const bool interactive = !origin.interactive.empty() && !overdue;
    auto& queue = interactive ? origin.interactive : origin.background;
    if (queue.empty()) return nullptr;
    auto shot = std::move(queue.front());
    queue.pop_front();
    origin.overtook = interactive && !origin.background.empty() ? origin.overtook + 1 : 0;
    return shot;
  }

  // The place goes to the next who still waits.
  void give_back(const std::string& name) {
    for (;;) {
      std::shared_ptr<Shot> shot;
      {
        const std::lock_guard lock(mutex);
        const auto found = origins.find(name);
        shot = next(found->second);
        if (!shot) {
          if (--found->second.at_work == 0) origins.erase(found);
          return;
        }
      }
      if (shot->give(Code::kOk)) return;
    }
  }

  const std::size_t most;
  std::mutex mutex;
  std::map<std::string, Origin> origins;  // guarded by mutex
  bool ended = false;                     // guarded by mutex
};

OriginPlaces::OriginPlaces(asio::any_io_executor executor, base::Clock& clock, std::size_t most)
    : executor_(std::move(executor)), clock_(clock), state_(std::make_shared<OriginPlacesState>(most)) {}

void OriginPlaces::end_waits() {
  std::deque<std::shared_ptr<Shot>> waiting;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
    for (auto& [name, origin] : state_->origins) {
      for (auto& shot : origin.interactive) waiting.push_back(std::move(shot));
      for (auto& shot : origin.background) waiting.push_back(std::move(shot));
      origin.interactive.clear();
      origin.background.clear();
    }
  }
  for (const auto& shot : waiting) shot->give(Code::kCancelled);
}

OriginPlaces::Place& OriginPlaces::Place::operator=(Place&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(origin_, other.origin_);
  return *this;
}

OriginPlaces::Place::~Place() {
  if (state_) state_->give_back(origin_);
}

asio::awaitable<base::Result<OriginPlaces::Place>> OriginPlaces::take(std::string origin, bool background,
                                                                      base::MonotonicTime end) {
  Place place;
  if (state_->most == 0) co_return std::move(place);
  const auto state = state_;
  std::shared_ptr<Shot> shot;
  {
    const std::lock_guard lock(state->mutex);
    auto& wanted = state->origins[origin];
    if (wanted.at_work < state->most) {
      ++wanted.at_work;
    } else {
      shot = std::make_shared<Shot>();
      if (state->ended) shot->give(Code::kCancelled);
      (background ? wanted.background : wanted.interactive).push_back(shot);
    }
  }
  if (shot) {
    const auto timer = clock_.at(end, executor_, [weak = std::weak_ptr(shot)] {
      if (const auto locked = weak.lock()) locked->give(Code::kDeadlineExceeded);
    });
    const Code code = co_await Shot::wait(shot, Code::kCancelled);
    if (code == Code::kDeadlineExceeded) {
      co_return base::fail(base::deadline_exceeded(fmt::format(
          "{} requests to this server were open all the time; try again when it is quicker", state->most)));
    }
    if (code != Code::kOk) {
      co_return base::fail(base::cancelled("the request was cancelled while it waited for others"));
    }
  }
  place.state_ = state;
  place.origin_ = std::move(origin);
  co_return std::move(place);
}

}  // namespace paynamed::net
