// Whether the sealing key of a configuration opens the secrets of webhooks, so that a key that was lost, or
// put in the place of another one, is found out before it is used.
//
// Threads: load() once, before everything else; check() from any thread. Both read the store, which blocks
// shortly.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "nodes/vault.hpp"
#include "observe/log.hpp"
#include "state/webhooks.hpp"

namespace paynamed::process {

class WebhookSecrets {
 public:
  // `store` and `vault` outlive it.
  WebhookSecrets(state::WebhookStore& store, nodes::Vault& vault, observe::Log log)
      : store_(store), vault_(vault), log_(std::move(log)) {}

  // Says in the log which webhooks cannot be signed for, since their secrets cannot be read now.
  base::Result<void> load();
  // FAILED_PRECONDITION when a webhook has a secret that `after` does not open, or `after` is none, and that
  // could be read until now: by `now`, or when the daemon started, for `now` is read from a file that
  // somebody may have written anew.
  base::Result<void> check(const base::Result<host::SealingKey>& after,
                           const base::Result<host::SealingKey>& now);

 private:
  // Calls `look` with every webhook that there is and the handle of each of its secrets, until it says false.
  using Look = std::function<base::Result<bool>(const state::WebhookRow& webhook, const std::string& handle)>;
  base::Result<void> each_secret(const Look& look);
  base::Result<bool> is_read(const base::Uuid& webhook, const std::string& handle,
                             const base::Result<host::SealingKey>& now);

  state::WebhookStore& store_;
  nodes::Vault& vault_;
  const observe::Log log_;
  std::set<base::Uuid> lost_;  // of load(), then constant
};

}  // namespace paynamed::process
