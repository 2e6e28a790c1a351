// BudgetQueue: who may take from which buckets next; the rules of HttpBudgets without threads and timers.
//
// Threads: not safe; guarded by its owner.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/one_shot.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "host/http_budgets.hpp"
#include "host/token_bucket.hpp"

namespace paynamed::host {

struct Budget {
  explicit Budget(TokenBucket bucket_) : bucket(bucket_) {}

  TokenBucket bucket;
  bool only_held = false;     // nobody has said yet how large it is
  std::size_t waiting = 0;    // requests
  std::size_t overtook = 0;   // interactive requests since the last background one, while one waits
  std::uint64_t refused = 0;  // requests
};

struct BudgetWait {
  std::string module;
  std::vector<BudgetShare> shares;
  std::vector<Budget*> budgets;  // one a share
  bool background = false;
  base::MonotonicTime end{};
  std::size_t passed_over = 0;  // by requests that came later and took from one of its budgets
  std::shared_ptr<base::OneShot<base::Status>> shot = std::make_shared<base::OneShot<base::Status>>();
};

class BudgetQueue {
 public:
  using Key = std::pair<std::string, std::string>;  // module and key
  // Those that are through, with what to tell them; to be told without a lock.
  using Told = std::vector<std::pair<std::shared_ptr<BudgetWait>, base::Status>>;

  // Fills in the budgets of a wait, which are made or changed as its shares say; false when the module has
  // too many.
  bool find_budgets(BudgetWait& wait, base::MonotonicTime now);
  // The budget of this key, perhaps one that is only held so far; null when the module has too many.
  Budget* budget_to_hold(const std::string& module, const std::string& key, base::MonotonicTime now);
  Budget* find(const std::string& module, const std::string& key);
  const std::map<Key, Budget>& budgets() const { return budgets_; }

  // Takes for it if it is its turn, refuses it if it surely has none before its end, or lets it wait.
  Told add(std::shared_ptr<BudgetWait> wait, base::MonotonicTime now);
  // Nobody waits for it any more.
  void remove(const BudgetWait& wait);
  // Takes for all whose turn it is, and refuses those that cannot have a turn before their end.
  Told serve(base::MonotonicTime now);
  // After serve(): when it has to be called again; nothing when nobody waits.
  std::optional<base::MonotonicTime> next() const { return next_; }
  // All who wait; the queue is empty then.
  std::vector<std::shared_ptr<BudgetWait>> clear();

 private:
  using Order = std::vector<std::shared_ptr<BudgetWait>>;

  // Made or changed; null when the module has too many.
  Budget* budget_of(const std::string& module, const BudgetShare& share, base::MonotonicTime now);
  bool make_room(const std::string& module, base::MonotonicTime now);
  Order order() const;
  bool serve_one(base::MonotonicTime now, Told& told);
  void take(const BudgetWait& wait);
  static void claim(const BudgetWait& wait, base::MonotonicTime now, base::MonotonicTime ready,
                    std::set<const Budget*>& claimed);
  // Refused: not waiting any more.
  void refuse(std::shared_ptr<BudgetWait> wait, base::MonotonicTime now, Told& told);
  bool waits(const BudgetWait& wait) const;
  // When it is its turn at the earliest, seen from now.
  base::MonotonicTime earliest(const BudgetWait& wait, base::MonotonicTime now) const;
  base::Status refusal(const BudgetWait& wait, base::MonotonicTime now) const;

  std::map<Key, Budget> budgets_;
  std::list<std::shared_ptr<BudgetWait>> interactive_;
  std::list<std::shared_ptr<BudgetWait>> background_;
  std::optional<base::MonotonicTime> next_;
};

}  // namespace paynamed::host
