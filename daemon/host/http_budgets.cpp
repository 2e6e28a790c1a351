#include "host/http_budgets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/one_shot.hpp"
#include "host/budget_queue.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

// Budgets with series of their own.
constexpr std::size_t kMostShown = 200;

// What operators see of one budget.
struct Shown {
  observe::Gauge tokens;
  observe::Gauge waiting;
  observe::Gauge held;
  observe::Counter refused;
};

}  // namespace

class HttpBudgets::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::any_io_executor executor, base::Clock& clock, observe::Metrics& metrics)
      : executor_(std::move(executor)), clock_(clock), metrics_(metrics) {}

  asio::awaitable<base::Status> spend(std::string module, std::vector<BudgetShare> shares, bool background,
                                      base::MonotonicTime end);
  void give_back(const std::string& module, const std::vector<BudgetShare>& shares);
  void hold(const std::string& module, const std::string& key, base::Duration time);
  void end();
  void show();

 private:
  // Serves with the lock held, then tells without it.
  template <class Change>
  void change(Change change_queue);
  // With the lock held.
  void set_timer();
  void tell(const BudgetQueue::Told& told);
  Shown* shown(const BudgetQueue::Key& key);

  const asio::any_io_executor executor_;
  base::Clock& clock_;
  observe::Metrics& metrics_;
  std::mutex mutex_;
  bool ended_ = false;                           // guarded by mutex_
  BudgetQueue queue_;                            // guarded by mutex_
  std::unique_ptr<base::Clock::Timer> timer_;    // guarded by mutex_
  std::optional<base::MonotonicTime> timer_at_;  // guarded by mutex_
  std::map<BudgetQueue::Key, Shown> shown_;      // guarded by mutex_
};

template <class Change>
void HttpBudgets::State::change(Change change_queue) {
  BudgetQueue::Told told;
  {
    const std::lock_guard lock(mutex_);
    const base::MonotonicTime now = clock_.monotonic();
    change_queue(now);
    told = queue_.serve(now);
    set_timer();
  }
  tell(told);
}

void HttpBudgets::State::tell(const BudgetQueue::Told& told) {
  for (const auto& [wait, status] : told) {
    const bool heard = wait->shot->give(status);
    if (!heard && status.ok()) give_back(wait->module, wait->shares);  // it was cancelled meanwhile
  }
}

void HttpBudgets::State::set_timer() {
  const auto wanted = queue_.next();
  if (wanted == timer_at_) return;
  timer_at_ = wanted;
  timer_.reset();
  if (!wanted) return;
  timer_ = clock_.at(*wanted, executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->change([&self](base::MonotonicTime) { self->timer_at_.reset(); });
  });
}

asio::awaitable<base::Status> HttpBudgets::State::spend(std::string module, std::vector<BudgetShare> shares,
                                                        bool background, base::MonotonicTime end) {
  const auto wait = std::make_shared<BudgetWait>();
  wait->module = std::move(module);
  wait->shares = std::move(shares);
  wait->background = background;
  wait->end = end;
  BudgetQueue::Told told;
  {
    const std::lock_guard lock(mutex_);
    const base::MonotonicTime now = clock_.monotonic();
    if (ended_) co_return base::cancelled("The daemon is stopping.");
    if (!queue_.find_budgets(*wait, now)) {
      co_return base::resource_exhausted(fmt::format(
          "{} uses more than {} budgets at once; the request was not sent", wait->module, kMostKeys));
    }
    told = queue_.add(wait, now);
    set_timer();
  }
  tell(told);
  auto waiting = base::OneShot<base::Status>::wait(wait->shot, base::cancelled("The request was cancelled."));
  base::Status status = co_await std::move(waiting);
  if (status.code() == base::Code::kCancelled) {
    change([&](base::MonotonicTime) { queue_.remove(*wait); });
  }
  co_return status;
}

void HttpBudgets::State::give_back(const std::string& module, const std::vector<BudgetShare>& shares) {
  change([&](base::MonotonicTime now) {
    for (const BudgetShare& share : shares) {
      Budget* budget = queue_.find(module, share.key);
      if (budget == nullptr) continue;
      budget->bucket.refill(now);
      budget->bucket.give_back(share.cost);
    }
  });
}

void HttpBudgets::State::hold(const std::string& module, const std::string& key, base::Duration time) {
  change([&](base::MonotonicTime now) {
    Budget* budget = queue_.budget_to_hold(module, key, now);
    if (budget != nullptr) budget->bucket.hold(now + time);
  });
}

void HttpBudgets::State::end() {
  std::vector<std::shared_ptr<BudgetWait>> waiting;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    waiting = queue_.clear();
    timer_.reset();
  }
  for (const auto& wait : waiting) wait->shot->give(base::cancelled("The daemon is stopping."));
}

Shown* HttpBudgets::State::shown(const BudgetQueue::Key& key) {
  if (const auto found = shown_.find(key); found != shown_.end()) return &found->second;
  if (shown_.size() >= kMostShown) return nullptr;
  const observe::Labels labels{{"module", key.first}, {"key", printable(key.second, 200)}};
  Shown shown{
      metrics_.gauge("paynamed_http_budget_tokens", "Tokens left of a budget; below zero: in debt.", labels),
      metrics_.gauge("paynamed_http_budget_waiting", "Requests that wait for a budget.", labels),
      metrics_.gauge("paynamed_http_budget_held_seconds", "How long a budget is held, as its server asked.",
                     labels),
      metrics_.counter("paynamed_http_budget_refused_total",
                       "Requests that a budget had no room for in time.", labels)};
  return &shown_.emplace(key, shown).first->second;
}

void HttpBudgets::State::show() {
  const std::lock_guard lock(mutex_);
  const base::MonotonicTime now = clock_.monotonic();
  // Those that were forgotten are full and idle.
  for (auto& [key, shown] : shown_) {
    if (queue_.find(key.first, key.second) == nullptr) shown.waiting.set(0);
  }
  for (const auto& [key, budget] : queue_.budgets()) {
    Shown* series = shown(key);
    if (series == nullptr) continue;
    TokenBucket bucket = budget.bucket;
    bucket.refill(now);
    series->tokens.set(bucket.tokens());
    series->waiting.set(static_cast<double>(budget.waiting));
    const auto held = std::max(bucket.held_until() - now, std::chrono::nanoseconds(0));
    series->held.set(std::chrono::duration<double>(held).count());
    series->refused.add(static_cast<double>(budget.refused) - series->refused.value());
  }
}

HttpBudgets::HttpBudgets(asio::any_io_executor executor, base::Clock& clock, observe::Metrics& metrics)
    : state_(std::make_shared<State>(std::move(executor), clock, metrics)),
      refresh_(metrics.before_text([state = state_] { state->show(); })) {}

void HttpBudgets::end_waits() {
  state_->end();
}

asio::awaitable<base::Status> HttpBudgets::spend(std::string module, std::vector<BudgetShare> shares,
                                                 bool background, base::MonotonicTime end) {
  const auto state = state_;
  auto spending = state->spend(std::move(module), std::move(shares), background, end);
  co_return co_await std::move(spending);
}

void HttpBudgets::give_back(const std::string& module, const std::vector<BudgetShare>& shares) {
  state_->give_back(module, shares);
}

void HttpBudgets::hold(const std::string& module, const std::string& key, base::Duration time) {
  state_->hold(module, key, time);
}

}  // namespace paynamed::host
