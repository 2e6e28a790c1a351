// LiveRuntime: the generation of the configuration that counts now, and the door between it and the next.
//
// Who makes something lasting of a configuration (accepts a run) holds a lease while it does. replace() waits
// until no lease is held and gives out none meanwhile: what the new configuration was checked against is then
// still true when it begins to count.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "pipeline/runtime.hpp"

namespace paynamed::pipeline {

class LiveRuntime {
 public:
  LiveRuntime(std::shared_ptr<const Runtime> first, base::Clock& clock);

  std::shared_ptr<const Runtime> current() const;

  // The same, leased: give it back soon, for a replacement waits for it. Waits itself while one is made.
  boost::asio::awaitable<std::shared_ptr<const Runtime>> lease();

  // Calls `agree` when no lease is held, and puts `next` in place if it agrees; its failure is the answer
  // otherwise. `agree` must be short: new runs wait meanwhile. DEADLINE_EXCEEDED when leases are held for
  // longer than `most`; then nothing changed. One at a time.
  boost::asio::awaitable<base::Result<void>> replace(std::shared_ptr<const Runtime> next,
                                                     std::function<base::Result<void>()> agree,
                                                     base::Duration most);

 private:
  struct State;
  static boost::asio::awaitable<bool> until_free(std::shared_ptr<State> state, base::Duration most);

  // Shared with the leases, which may outlive this.
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::pipeline
