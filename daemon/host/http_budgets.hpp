// HttpBudgets: token buckets that all instances of a module share, by the key that they name: an account and
// what its server counts.
//
// A request takes from all of its budgets at once or from none. Interactive requests go first, each kind in
// its order, and background ones leave a reserve to them; after eight interactive ones that overtook it the
// first background request of a budget is next, reserve or not.
// A request that waits keeps others only from the budget that it waits for longest, so that one slow budget
// does not hold those that are shared more widely; one that was passed over often, from all that it lacks
// tokens of, and for the last second from all of its budgets.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor. Clock,
// metrics and the executor's context outlive it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "observe/metrics.hpp"

namespace paynamed::host {

// What one request takes of one budget. All numbers but the reserve are above 0.
struct BudgetShare {
  std::string key;
  double per_second = 1;  // of the budget; the newest request's counts
  double burst = 1;       // the same
  double cost = 1;        // more than `burst` waits for a full bucket and leaves it in debt
  double reserve = 0;     // what a background request leaves in the bucket
};

class HttpBudgets {
 public:
  // Budgets of one module at once; those that are full are forgotten when there are more.
  static constexpr std::size_t kMostKeys = 1'000;

  HttpBudgets(boost::asio::any_io_executor executor, base::Clock& clock, observe::Metrics& metrics);
  ~HttpBudgets() { end_waits(); }
  HttpBudgets(const HttpBudgets&) = delete;
  HttpBudgets& operator=(const HttpBudgets&) = delete;

  // Returns when the shares were taken. Not OK, and nothing taken:
  //   RESOURCE_EXHAUSTED  there is no room before `end`, at once when that is sure, with the time after which
  //                       there may be; or the module has too many budgets
  //   CANCELLED           the coroutine was cancelled
  boost::asio::awaitable<base::Status> spend(std::string module, std::vector<BudgetShare> shares,
                                             bool background, base::MonotonicTime end);
  // Whoever waits gets CANCELLED. To be called by whom those who wait keep alive.
  void end_waits();
  // What spend() took and was not used after all.
  void give_back(const std::string& module, const std::vector<BudgetShare>& shares);
  // Nobody takes from the budget for `time` from now; a longer hold stays.
  void hold(const std::string& module, const std::string& key, base::Duration time);

 private:
  class State;
  std::shared_ptr<State> state_;
  std::shared_ptr<void> refresh_;
};

}  // namespace paynamed::host
