// An engine on a real state file with scripted actions, a clock that stands still, and a pipeline a -> b ->
// c.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "pipeline/saga_engine.hpp"
#include "state/sqlite_store.hpp"
#include "tests/unit/pipeline/scripted_action.hpp"
#include "tests/unit/pipeline/stepped_clock.hpp"

namespace paynamed::pipeline {

inline CompiledStep step_of(std::string id, std::string kind = "test.effect") {
  CompiledStep step;
  step.id = std::move(id);
  step.kind = std::move(kind);
  step.timeout = base::Duration{10'000};
  step.deadline = base::Duration{3'600'000};
  return step;
}

class EngineFixture : public testing::Test {
 protected:
  EngineFixture();
  ~EngineFixture() override;

  // Opens the state file (again) and recovers: what a restart of the daemon does.
  void start();
  void crash();  // drops everything in memory without a clean stop
  // What the steps do; scripted if a test does not say otherwise.
  virtual ActionTable actions();
  void use_pipeline(std::vector<CompiledStep> steps, std::string name = "register");

  base::Result<Accepted> submit(const std::string& name, state::Verb verb = state::Verb::kRegister);
  Command command(const std::string& name, state::Verb verb = state::Verb::kRegister) const;
  // Runs the io_context until the run is final, paused, or waits for the clock.
  state::RunRow settle(base::Uuid run);
  // Runs the io_context until the run has come to rest once more than at the last call.
  state::RunRow rest(base::Uuid run);
  // Moves the clock from timer to timer until the run is final or paused.
  state::RunRow drive(base::Uuid run);
  void advance(base::Duration by);
  RunView view(base::Uuid run);
  std::vector<std::string> event_types();
  base::Result<void> resume(base::Uuid run);
  base::Result<void> cancel(base::Uuid run);

  // Runs one coroutine to its end.
  template <class T>
  T await(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      result = std::move(value);
    });
    pump([&] { return result.has_value(); });
    return *std::move(result);
  }
  void pump(const std::function<bool()>& until);
  // Begins one; what came of it is there when it ended.
  template <class T>
  std::shared_ptr<std::optional<T>> begin(boost::asio::awaitable<T> work) {
    auto result = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(io, std::move(work), [result](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      *result = std::move(value);
    });
    return result;
  }

  boost::asio::io_context io;
  SteppedClock clock{base::WallTime{std::chrono::seconds{1'800'000'000}}};
  base::SeededRandom random{1};
  Script script;
  std::filesystem::path folder;
  std::shared_ptr<Runtime> runtime = std::make_shared<Runtime>();
  std::unique_ptr<state::SqliteStore> store;
  std::unique_ptr<SagaEngine> engine;
  SagaEngine::Settings engine_settings;
  Driver::Refusal refusal;
  std::function<boost::asio::awaitable<base::Result<std::string>>(std::string instance)> network_of;
  NodeReference node_reference;
  std::vector<std::string> trouble;

 private:
  std::map<base::Uuid, int> rests_;
  std::map<base::Uuid, int> rests_seen_;
};

}  // namespace paynamed::pipeline
