// YoungContexts: libunbound contexts for answers that must not have been remembered. A context of one
// question alone asks everything from the root down; shared for a moment by questions for different names it
// asks that once.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "names/unbound_context.hpp"

namespace paynamed::names {

struct YoungContext {
  UnboundContext context;
  base::MonotonicTime made{};
  std::unordered_set<std::string> names;  // that were asked for
};

class YoungContexts {
 public:
  // Nothing that a young context remembers, delegations and keys included, is older than this when it is
  // used.
  static constexpr base::Duration kMostAge{1'000};

  YoungContexts(std::string configuration, const base::Clock& clock);

  // One that was never asked for the name, so that the answer comes from its servers. INTERNAL as
  // make_context().
  base::Result<std::shared_ptr<YoungContext>> for_fresh(const std::string& name);
  // One that may have been, within the last kMostAge.
  base::Result<std::shared_ptr<YoungContext>> for_recent(const std::string& name);
  // One that was never asked for anything: what was wrong a moment ago may have been mended.
  base::Result<std::shared_ptr<YoungContext>> for_one(const std::string& name);
  // Keeps none; those that somebody uses end with their last user.
  void clear() { newest_.reset(); }

 private:
  // Far more than are asked in kMostAge; bounds what a context remembers.
  static constexpr std::size_t kMostNames = 1'000;

  bool newest_is_young() const;
  base::Result<std::shared_ptr<YoungContext>> asked_for(const std::string& name, bool of_newest);

  const std::string configuration_;
  const base::Clock& clock_;
  std::shared_ptr<YoungContext> newest_;
};

}  // namespace paynamed::names
