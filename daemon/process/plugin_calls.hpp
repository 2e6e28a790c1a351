// PluginCalls: how steps call plugins. Sees to it that nothing is started for a key while an earlier call
// under the same key may still act, and nothing at an instance before the one that it replaced has ended.
//
// Threads: every function may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "host/plugin_host.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::process {

class PluginCalls {
 public:
  // What every call gets before it is made; see node_secrets.hpp.
  using Complete = std::function<void(pipeline::PluginCall&)>;
  explicit PluginCalls(host::PluginHost& host, Complete complete = {})
      : host_(host), complete_(std::move(complete)) {}

  // Waits up to 30 s for an earlier call under the key, then calls; a call with a key has 30 s beyond its
  // deadline for its answer, which then counts as if it had come in time. UNAVAILABLE when there is no such
  // instance.
  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call);

  // The daemon stops: background calls, which may wait long for their turn, end as if their time were over,
  // and no more are begun.
  void end_background();

 private:
  struct Open {
    host::Instance* instance = nullptr;  // the one that was called, whoever has its id by now
    std::uint64_t call_id = 0;
  };
  // One attempt at whoever stands for the id by then.
  struct Attempt {
    host::Instance* instance = nullptr;  // null: there was none
    host::CallOutcome<std::string> outcome;
  };

  boost::asio::awaitable<bool> settle_earlier(std::string key);
  boost::asio::awaitable<Attempt> attempt(const pipeline::PluginCall& call);

  host::PluginHost& host_;
  const Complete complete_;
  std::atomic<bool> ends_background_{false};
  std::mutex mutex_;
  std::map<std::string, Open> open_;  // guarded by mutex_; by run and step
};

}  // namespace paynamed::process
