// Vault: the secrets of added nodes and of webhooks. In the state file they are sealed under the operator's
// key; in the clear they are only where a plugin reads one, while a node that is about to be added is tried,
// and in the answer that shows a webhook's secret once.
//
// Threads: every function may be called from any thread. Reading the key's file and the store blocks shortly.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "host/sealing.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

class Vault {
  struct Table;

 public:
  // Reads the operator's key anew at each use. FAILED_PRECONDITION saying how to make one when there is none.
  using KeySource = std::function<base::Result<host::SealingKey>()>;
  // `store` and `random` outlive it.
  Vault(state::NodeStore& store, base::Random& random, KeySource key);

  // By handle. NOT_FOUND when there is none; FAILED_PRECONDITION when it cannot be opened.
  base::Result<std::string> read(std::string_view handle);

  // While this lives its secrets can be read, and nothing is written anywhere. It may outlive the vault.
  class Held {
   public:
    Held(Vault& vault, std::map<std::string, std::string> by_handle);
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();

   private:
    const std::shared_ptr<Table> table_;
    std::vector<std::string> handles_;
  };

  base::Result<state::SealedSecret> seal(const std::string& handle, std::string_view value);
  // Says whether two requests are the same without saying what is in them.
  base::Result<std::string> fingerprint(std::string_view text);
  // Whether all secrets of the node can be read; why not.
  base::Result<void> check(const state::NodeRow& node);
  // Whether the key opens all secrets that the file has of the node; an error is the store's.
  base::Result<bool> opens(const state::NodeRow& node, const host::SealingKey& key);
  // The same of one secret.
  base::Result<bool> opens(const std::string& handle, const host::SealingKey& key);

 private:
  struct Table {
    std::mutex mutex;
    std::map<std::string, std::string, std::less<>> by_handle;  // guarded by mutex
  };
  state::NodeStore& store_;
  base::Random& random_;
  const KeySource key_;
  const std::shared_ptr<Table> held_;  // shared with what holds them, which may outlive this
};

}  // namespace paynamed::nodes
