// PluginCalls: how steps call plugins. Sees to it that nothing is started for a key while an earlier call
// under the same key may still act, and nothing at an instance before the one that it replaced has ended.
//
// Threads: every function may be called from any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/plugin_host.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::process {

class PluginCalls {
 public:
  // What is done around every call; see added_node_calls.hpp. Its functions may be called from any thread.
  class Around {
   public:
    using Lease = std::shared_ptr<void>;  // held while the call is under way; may be null
    virtual ~Around() = default;
    virtual void complete(pipeline::PluginCall& call) = 0;
    // A refusal is the call's answer: it was not begun. The time that it waits is the call's: what is left is
    // its timeout afterwards.
    virtual boost::asio::awaitable<base::Result<Lease>> admit(pipeline::PluginCall& call) = 0;
    virtual void judge(const pipeline::PluginCall& call, pipeline::PluginAnswer& answer) = 0;
  };
  // `around` outlives it; null: nothing is done around calls.
  explicit PluginCalls(host::PluginHost& host, Around* around = nullptr) : host_(host), around_(around) {}

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

  boost::asio::awaitable<pipeline::PluginAnswer> made(const pipeline::PluginCall& call);
  boost::asio::awaitable<bool> settle_earlier(std::string key);
  boost::asio::awaitable<Attempt> attempt(const pipeline::PluginCall& call);

  host::PluginHost& host_;
  Around* const around_;
  std::atomic<bool> ends_background_{false};
  std::mutex mutex_;
  std::map<std::string, Open> open_;  // guarded by mutex_; by run and step
};

}  // namespace paynamed::process
