#include "host/budget_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "host/text.hpp"

namespace paynamed::host {
namespace {

constexpr std::size_t kMostOvertaking = 8;
constexpr std::size_t kMostPassedOver = 64;
constexpr base::Duration kToItself{1'000};

bool shares_a_budget(const BudgetWait& one, const BudgetWait& other) {
  return std::ranges::any_of(one.budgets, [&](const Budget* budget) {
    return std::ranges::find(other.budgets, budget) != other.budgets.end();
  });
}

// Whatever `one` waits for, `other` waits for too.
bool is_part_of(const BudgetWait& one, const BudgetWait& other) {
  return std::ranges::all_of(one.budgets, [&](const Budget* budget) {
    return std::ranges::find(other.budgets, budget) != other.budgets.end();
  });
}

// When its share `i` may be taken. What was overtaken often enough does not leave the reserve to others.
base::MonotonicTime ready_at(const BudgetWait& wait, std::size_t i, base::MonotonicTime now) {
  const Budget& budget = *wait.budgets[i];
  const bool leaves_reserve = wait.background && budget.overtook < kMostOvertaking;
  const double kept = leaves_reserve ? wait.shares[i].reserve : 0.0;
  return budget.bucket.ready(wait.shares[i].cost + kept, now);
}

double cost_at(const BudgetWait& wait, const Budget* budget) {
  const auto at = std::ranges::find(wait.budgets, budget) - wait.budgets.begin();
  return wait.shares[static_cast<std::size_t>(at)].cost;
}

}  // namespace

Budget* BudgetQueue::find(const std::string& module, const std::string& key) {
  const auto found = budgets_.find(Key(module, key));
  return found == budgets_.end() ? nullptr : &found->second;
}

bool BudgetQueue::make_room(const std::string& module, base::MonotonicTime now) {
  const auto first = budgets_.lower_bound(Key(module, ""));
  std::size_t count = 0;
  for (auto each = first; each != budgets_.end() && each->first.first == module; ++each) ++count;
  if (count < HttpBudgets::kMostKeys) return true;
  for (auto each = first; each != budgets_.end() && each->first.first == module;) {
    Budget& budget = each->second;
    budget.bucket.refill(now);
    const bool idle = budget.waiting == 0 && budget.bucket.is_full() && !budget.bucket.is_held(now);
    if (idle) --count;
    each = idle ? budgets_.erase(each) : std::next(each);
  }
  return count < HttpBudgets::kMostKeys;
}

Budget* BudgetQueue::budget_of(const std::string& module, const BudgetShare& share, base::MonotonicTime now) {
  if (Budget* known = find(module, share.key)) {
    if (known->only_held) {
      const base::MonotonicTime held_until = known->bucket.held_until();
      known->bucket = TokenBucket(share.per_second, share.burst, now);
      known->bucket.hold(held_until);
      known->only_held = false;
    }
    known->bucket.change(share.per_second, share.burst, now);
    return known;
  }
  if (!make_room(module, now)) return nullptr;
  const TokenBucket full(share.per_second, share.burst, now);
  return &budgets_.emplace(Key(module, share.key), Budget(full)).first->second;
}

bool BudgetQueue::find_budgets(BudgetWait& wait, base::MonotonicTime now) {
  for (const BudgetShare& share : wait.shares) {
    Budget* budget = budget_of(wait.module, share, now);
    if (budget == nullptr) break;
    ++budget->waiting;  // so that the next one is not made in its place
    wait.budgets.push_back(budget);
  }
  for (Budget* budget : wait.budgets) --budget->waiting;
  return wait.budgets.size() == wait.shares.size();
}

Budget* BudgetQueue::budget_to_hold(const std::string& module, const std::string& key,
                                    base::MonotonicTime now) {
  if (Budget* known = find(module, key)) return known;
  if (!make_room(module, now)) return nullptr;
  Budget& budget = budgets_.emplace(Key(module, key), Budget(TokenBucket(1, 1, now))).first->second;
  budget.only_held = true;
  return &budget;
}

BudgetQueue::Told BudgetQueue::add(std::shared_ptr<BudgetWait> wait, base::MonotonicTime now) {
  for (Budget* budget : wait->budgets) ++budget->waiting;
  (wait->background ? background_ : interactive_).push_back(wait);
  Told told = serve(now);
  if (waits(*wait) && earliest(*wait, now) > wait->end) refuse(std::move(wait), now, told);
  return told;
}

bool BudgetQueue::waits(const BudgetWait& wait) const {
  const auto& queue = wait.background ? background_ : interactive_;
  return std::ranges::any_of(queue, [&](const auto& each) { return each.get() == &wait; });
}

void BudgetQueue::refuse(std::shared_ptr<BudgetWait> wait, base::MonotonicTime now, Told& told) {
  base::Status status = refusal(*wait, now);
  remove(*wait);
  for (Budget* budget : wait->budgets) ++budget->refused;
  told.emplace_back(std::move(wait), std::move(status));
}

void BudgetQueue::remove(const BudgetWait& wait) {
  auto& queue = wait.background ? background_ : interactive_;
  const auto found = std::ranges::find_if(queue, [&](const auto& each) { return each.get() == &wait; });
  if (found == queue.end()) return;
  for (Budget* budget : wait.budgets) --budget->waiting;
  queue.erase(found);
}

std::vector<std::shared_ptr<BudgetWait>> BudgetQueue::clear() {
  std::vector<std::shared_ptr<BudgetWait>> all(interactive_.begin(), interactive_.end());
  all.insert(all.end(), background_.begin(), background_.end());
  for (const auto& wait : all) remove(*wait);
  return all;
}

// Background requests that are due, then interactive ones, then the others.
BudgetQueue::Order BudgetQueue::order() const {
  Order order;
  Order later;
  std::set<const Budget*> seen;
  for (const auto& wait : background_) {
    bool due = false;
    for (const Budget* budget : wait->budgets) {
      due = (seen.insert(budget).second && budget->overtook >= kMostOvertaking) || due;
    }
    (due ? order : later).push_back(wait);
  }
  order.insert(order.end(), interactive_.begin(), interactive_.end());
  order.insert(order.end(), later.begin(), later.end());
  return order;
}

void BudgetQueue::take(const BudgetWait& wait) {
  for (std::size_t i = 0; i < wait.budgets.size(); ++i) {
    Budget& budget = *wait.budgets[i];
    budget.bucket.take(wait.shares[i].cost);
    const bool overtakes = !wait.background && std::ranges::any_of(background_, [&](const auto& each) {
      return std::ranges::find(each->budgets, &budget) != each->budgets.end();
    });
    budget.overtook = overtakes ? budget.overtook + 1 : 0;
  }
}

// What nobody behind it may take from: the budget that it waits for longest; when it was passed over often,
// all that it lacks tokens of, or it might wait for one after the other in turns.
void BudgetQueue::claim(const BudgetWait& wait, base::MonotonicTime now, base::MonotonicTime ready,
                        std::set<const Budget*>& claimed) {
  const bool often = wait.passed_over >= kMostPassedOver;
  for (std::size_t i = 0; i < wait.budgets.size(); ++i) {
    const base::MonotonicTime when = ready_at(wait, i, now);
    const bool lacks = when > now && (when >= ready || often);
    if (lacks || (often && ready <= now + kToItself)) claimed.insert(wait.budgets[i]);
  }
}

// The first whose turn it is. Sets when the next one may have its turn.
bool BudgetQueue::serve_one(base::MonotonicTime now, Told& told) {
  next_.reset();
  const auto again_at = [this](base::MonotonicTime when) { next_ = next_ ? std::min(*next_, when) : when; };
  std::set<const Budget*> claimed;
  Order passed_over;
  for (const auto& wait : order()) {
    base::MonotonicTime ready = now;
    base::MonotonicTime soonest = now;  // should it get at the reserve meanwhile
    bool waits_for_others = false;
    for (std::size_t i = 0; i < wait->budgets.size(); ++i) {
      ready = std::max(ready, ready_at(*wait, i, now));
      soonest = std::max(soonest, wait->budgets[i]->bucket.ready(wait->shares[i].cost, now));
      waits_for_others = waits_for_others || claimed.contains(wait->budgets[i]);
    }
    if (ready <= now && !waits_for_others) {
      for (const auto& earlier : passed_over) {
        if (shares_a_budget(*earlier, *wait)) ++earlier->passed_over;
      }
      const auto kept = wait;
      remove(*kept);
      take(*kept);
      told.emplace_back(kept, base::Status());
      return true;
    }
    if (soonest > wait->end || wait->end <= now) {
      refuse(wait, now, told);
      return true;
    }
    claim(*wait, now, ready, claimed);
    passed_over.push_back(wait);
    again_at(wait->end);
    if (!waits_for_others) again_at(ready);
  }
  return false;
}

BudgetQueue::Told BudgetQueue::serve(base::MonotonicTime now) {
  for (auto& [key, budget] : budgets_) {
    if (budget.waiting > 0) budget.bucket.refill(now);
  }
  Told told;
  while (serve_one(now, told)) {
  }
  return told;
}

base::MonotonicTime BudgetQueue::earliest(const BudgetWait& wait, base::MonotonicTime now) const {
  base::MonotonicTime latest = now;
  for (std::size_t i = 0; i < wait.budgets.size(); ++i) {
    const Budget* budget = wait.budgets[i];
    TokenBucket bucket = budget->bucket;
    base::MonotonicTime when = now;
    const auto serve = [&](double cost) {
      when = bucket.ready(cost, when);
      bucket.refill(when);
      bucket.take(cost);
    };
    const auto counts = [&](const BudgetWait& other) {
      return is_part_of(other, wait) && std::ranges::find(other.budgets, budget) != other.budgets.end();
    };
    std::size_t interactive_ahead = std::numeric_limits<std::size_t>::max();
    if (wait.background) {
      interactive_ahead = kMostOvertaking - std::min(budget->overtook, kMostOvertaking);
      for (const auto& other : background_) {
        if (other.get() == &wait) break;
        if (!counts(*other)) continue;
        serve(cost_at(*other, budget));
        interactive_ahead += kMostOvertaking;
      }
    }
    for (const auto& other : interactive_) {
      if (other.get() == &wait || interactive_ahead == 0) break;
      if (!counts(*other)) continue;
      serve(cost_at(*other, budget));
      --interactive_ahead;
    }
    latest = std::max(latest, bucket.ready(wait.shares[i].cost, when));
  }
  return latest;
}

base::Status BudgetQueue::refusal(const BudgetWait& wait, base::MonotonicTime now) const {
  const base::MonotonicTime when = earliest(wait, now);
  const auto ms = std::max<std::int64_t>(std::chrono::ceil<base::Duration>(when - now).count(), 1);
  // The budget that it waits for longest.
  std::size_t slowest = 0;
  for (std::size_t i = 1; i < wait.budgets.size(); ++i) {
    const auto ready = [&](std::size_t at) {
      return wait.budgets[at]->bucket.ready(wait.shares[at].cost, now);
    };
    if (ready(i) > ready(slowest)) slowest = i;
  }
  const Budget& budget = *wait.budgets[slowest];
  const bool held = budget.bucket.is_held(now);
  return base::resource_exhausted(
             fmt::format(
                 "The budget \"{}\" of {} has no room in time: {}, and {} requests wait for it; the request "
                 "was not sent, try again in {}.",
                 printable(wait.shares[slowest].key, 200), wait.module,
                 held ? std::string("the server asked for a pause")
                      : fmt::format("it allows {:g} a second", budget.bucket.per_second()),
                 budget.waiting - 1, base::to_string(base::Duration(ms))))
      .with_retry_after(static_cast<std::uint32_t>(std::min<std::int64_t>(ms, UINT32_MAX)));
}

}  // namespace paynamed::host
