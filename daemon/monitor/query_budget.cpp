#include "monitor/query_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cmath>
#include <utility>

namespace paynamed::monitor {
namespace asio = boost::asio;

namespace {

// As many servers may be remembered before those that nobody asked lately are forgotten.
constexpr std::size_t kRemembered = 10'000;
constexpr base::Duration kLongWait{1'000};  // a wait that is cancelled does not end before

base::Status turned_away(const std::string& server) {
  return base::resource_exhausted(
      fmt::format("{} is asked as often as [monitor] queries_per_second allows; trying again later", server));
}

base::Status was_cancelled() {
  return base::cancelled("the monitor is stopping");
}

}  // namespace

QueryBudget::QueryBudget(Settings settings, base::Clock& clock)
    : settings_(settings),
      // A fiftieth of a second's questions at once: timers are no finer.
      depth_(std::max(1.0, std::floor(settings.queries_per_second / 50))),
      rate_(std::max(settings.queries_per_second - depth_, settings.queries_per_second / 2)),
      clock_(clock),
      released_(clock) {}

QueryBudget::Lane& QueryBudget::lane(const std::string& server, base::MonotonicTime now) {
  const auto [at, is_new] = lanes_.try_emplace(server);
  Lane& lane = at->second;
  if (is_new) {
    lane.left = depth_;
  } else if (now > lane.counted) {
    const double seconds = std::chrono::duration<double>(now - lane.counted).count();
    lane.left = std::min(depth_, lane.left + seconds * rate_);
  }
  lane.counted = now;
  return lane;
}

base::Duration QueryBudget::time_for(double questions) const {
  if (questions <= 0) return base::Duration{0};
  return base::Duration{static_cast<std::int64_t>(std::ceil(questions / rate_ * 1000))};
}

void QueryBudget::forget_idle(base::MonotonicTime now) {
  if (lanes_.size() <= kRemembered) return;
  std::erase_if(lanes_, [&](const auto& entry) {
    const Lane& lane = entry.second;
    const double seconds = std::chrono::duration<double>(now - lane.counted).count();
    return !lane.held && lane.waiting == 0 && lane.left + seconds * rate_ >= depth_;
  });
}

asio::awaitable<base::Status> QueryBudget::take(std::string server) {
  bool waits = false;
  for (;;) {
    const auto seen = released_.count();
    base::Duration wait{0};
    bool held = false;
    {
      const std::lock_guard lock(mutex_);
      const auto now = clock_.monotonic();
      forget_idle(now);
      Lane& own = lane(server, now);
      if (!own.held && own.left >= 1) {
        own.left -= 1;
        if (waits) --own.waiting;
        co_return base::Status{};
      }
      if (!waits) {
        if (own.waiting >= settings_.most_waiting) co_return turned_away(server);
        ++own.waiting;
        waits = true;
        // Behind those who wait already.
        wait = time_for(static_cast<double>(own.waiting) - own.left);
      } else {
        wait = time_for(1 - own.left);
      }
      held = own.held;
    }
    if (held) {
      co_await released_.wait(seen, kLongWait);
    } else {
      co_await base::sleep_for(clock_, std::max(wait, base::Duration{1}));
    }
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      const std::lock_guard lock(mutex_);
      --lanes_[server].waiting;
      co_return was_cancelled();
    }
  }
}

asio::awaitable<base::Result<QueryBudget::Hold>> QueryBudget::hold(std::vector<std::string> servers) {
  std::ranges::sort(servers);
  servers.erase(std::ranges::unique(servers).begin(), servers.end());
  // All or none: two who hold some each would wait for each other.
  for (;;) {
    const auto seen = released_.count();
    {
      const std::lock_guard lock(mutex_);
      const auto now = clock_.monotonic();
      const bool free =
          std::ranges::none_of(servers, [&](const std::string& each) { return lane(each, now).held; });
      if (free) {
        for (const std::string& each : servers) lane(each, now).held = true;
        Hold hold;
        hold.budget_ = this;
        hold.servers_ = std::move(servers);
        co_return hold;
      }
    }
    co_await released_.wait(seen, kLongWait);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return base::fail(was_cancelled());
  }
}

asio::awaitable<base::Status> QueryBudget::quiet(Hold& hold, double questions) {
  // Until then each server would have had as many questions more.
  base::Duration wait{0};
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.monotonic();
    for (const std::string& each : hold.servers_)
      wait = std::max(wait, time_for(questions + depth_ - lane(each, now).left));
  }
  if (!co_await base::sleep_for(clock_, wait)) co_return was_cancelled();
  hold.questions_ = questions;
  co_return base::Status{};
}

void QueryBudget::Hold::release() {
  if (budget_ == nullptr) return;
  QueryBudget& budget = *std::exchange(budget_, nullptr);
  {
    const std::lock_guard lock(budget.mutex_);
    const auto now = budget.clock_.monotonic();
    for (const std::string& each : servers_) {
      Lane& lane = budget.lane(each, now);
      lane.held = false;
      // The silence after.
      lane.left -= questions_;
    }
  }
  budget.released_.notify();
}

void QueryBudget::pay(const std::vector<std::string>& servers, double questions) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  for (const std::string& each : servers) lane(each, now).left -= questions;
}

QueryBudget::Hold& QueryBudget::Hold::operator=(Hold&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    servers_ = std::move(other.servers_);
    questions_ = other.questions_;
  }
  return *this;
}

std::size_t QueryBudget::known() const {
  const std::lock_guard lock(mutex_);
  return lanes_.size();
}

}  // namespace paynamed::monitor
