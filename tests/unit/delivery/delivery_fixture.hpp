// The engine with a true store, a notifier that the test scripts, and time that passes when nothing else
// does.
//
// Threads: a fixture belongs to its test's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "delivery/engine.hpp"
#include "tests/unit/delivery/fake_notifier.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::delivery {

struct DeliveryFixture : state::StoreTest {
  base::ManualClock time{base::WallTime{std::chrono::seconds{1'700'000'200}}};
  base::SeededRandom random{7};
  observe::Metrics metrics;
  std::vector<std::string> log_lines;
  FakeNotifier notifier{time};
  Settings wanted;
  std::unique_ptr<events::EventFeed> feed;
  std::unique_ptr<Engine> engine;

  void SetUp() override;
  void TearDown() override;
  // An engine that does nothing yet; start() makes one if need be.
  void build();
  void start();
  // As a crash does: what is not on disk is forgotten.
  void crash();
  bool stop(base::Duration most = base::Duration{5'000});

  // A target of `address`, as its owner makes it, told to the engine if there is one.
  state::WebhookRow make(const std::string& address,
                         const std::function<void(state::WebhookRow&)>& change = {});
  void change(const state::WebhookRow& webhook, const std::function<void(state::WebhookChange&)>& what);
  // A change of it, with webhook.changed as its owner makes it.
  state::WebhookChange change_of(const state::WebhookRow& webhook);
  // So many events of a subject; their ids.
  std::vector<std::string> happen(int events, const std::string& subject = "s",
                                  const std::string& type = "custom.thing");

  // Everything happens that can without time.
  void settle();
  // Everything happens that can, and time passes when nothing else does, until `done`.
  void until(const std::function<bool()>& done, const char* what = "what was waited for");
  void pass(base::Duration by);

  state::WebhookRow row(const state::WebhookRow& webhook);
  std::vector<state::DeliveryRow> deliveries(const state::WebhookRow& webhook);  // the earliest first
  std::vector<state::AttemptRow> attempts(const state::WebhookRow& webhook, std::uint64_t seq);
  std::vector<state::Event> events(const std::string& type);
};

}  // namespace paynamed::delivery
