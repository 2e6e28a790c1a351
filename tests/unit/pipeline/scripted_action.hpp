// ScriptedAction: does what a test says, call by call, and notes what it was asked.
//
// Threads: as Action.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pipeline/action.hpp"

namespace paynamed::pipeline {

// What all the actions of a test did, in order: "perform a", "undo a", with the keys they were given.
struct Script {
  using Perform = std::function<StepResult(const StepContext&)>;
  using Undo = std::function<UndoResult(const StepContext&)>;

  std::mutex mutex;
  std::vector<std::string> calls;
  std::vector<std::string> keys;
  std::map<std::string, std::deque<Perform>> performs;  // by step id; when used up: Done
  std::map<std::string, std::deque<Undo>> undos;        // by step id; when used up: UndoDone
  std::map<std::string, base::Status> prepare_failures;
  std::map<std::string, base::Duration> takes;  // by step id: how long perform() works
  base::Clock* clock = nullptr;                 // for `takes`
  int at_work = 0;
  int most_at_work = 0;

  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return calls;
  }
};

class ScriptedAction final : public Action {
 public:
  ScriptedAction(Script& script, bool effect) : script_(script), effect_(effect) {}
  bool has_effect() const override { return effect_; }

  boost::asio::awaitable<base::Result<boost::json::object>> prepare(const StepContext& context) override {
    const std::lock_guard lock(script_.mutex);
    script_.calls.push_back("prepare " + context.step().id);
    const auto failure = script_.prepare_failures.find(context.step().id);
    if (failure != script_.prepare_failures.end()) co_return base::fail(failure->second);
    boost::json::object intent;
    intent["of"] = context.step().id;
    co_return intent;
  }

  boost::asio::awaitable<StepResult> perform(const StepContext& context) override {
    const std::string& id = context.step().id;
    Script::Perform next;
    {
      const std::lock_guard lock(script_.mutex);
      script_.calls.push_back("perform " + id);
      script_.keys.push_back(context.key);
      auto& queue = script_.performs[id];
      if (!queue.empty()) {
        next = std::move(queue.front());
        queue.pop_front();
      }
    }
    co_await work(id);
    if (next) co_return next(context);
    Done done;
    done.outputs["made"] = id;
    co_return done;
  }

  boost::asio::awaitable<UndoResult> undo(const StepContext& context) override {
    const std::string& id = context.step().id;
    Script::Undo next;
    {
      const std::lock_guard lock(script_.mutex);
      script_.calls.push_back("undo " + id);
      auto& queue = script_.undos[id];
      if (!queue.empty()) {
        next = std::move(queue.front());
        queue.pop_front();
      }
    }
    if (next) co_return next(context);
    co_return UndoDone{{}, "undone"};
  }

 private:
  boost::asio::awaitable<void> work(const std::string& step) {
    const auto found = script_.takes.find(step);
    if (found == script_.takes.end()) co_return;
    script_.most_at_work = std::max(script_.most_at_work, ++script_.at_work);
    co_await base::sleep_for(*script_.clock, found->second);
    --script_.at_work;
  }

  Script& script_;
  bool effect_;
};

}  // namespace paynamed::pipeline
