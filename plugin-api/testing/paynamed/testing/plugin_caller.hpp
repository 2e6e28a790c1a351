// PluginCaller: how a conformance suite calls one instance of a plugin, wherever that runs.
//
// Threads: the implementation says so.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "paynamed/error.hpp"

namespace paynamed::testing {

struct PluginCall {
  std::string method;           // "Publish"
  std::string request;          // the message's bytes
  std::string idempotency_key;  // empty for reading methods
  std::chrono::milliseconds timeout{60'000};
};

// One instance of the plugin. Where it runs (a TestHost, the daemon's host) is the fixture's choice.
class PluginCaller {
 public:
  virtual ~PluginCaller() = default;
  // Makes all calls at once and returns when the plugin has answered each, also those whose deadline passed
  // before; in the order of `calls`.
  virtual std::vector<Result<std::string>> call_all(const std::vector<PluginCall>& calls) = 0;
  // Another instance of the same configuration takes its place, which remembers nothing: what a crash leaves.
  virtual void restart() = 0;
  // Lets that much of the plugin's time pass.
  virtual void pass(std::chrono::milliseconds time) = 0;
};

}  // namespace paynamed::testing
