// Begin and end of a server and its workers: nothing is left half-way, nothing stays behind.
#include <gtest/gtest.h>

#include <future>
#include <system_error>

#include "paynamed/event_server.hpp"
#include "paynamed/testing/test_host.hpp"
#include "server.hpp"

namespace paynamed::websocket {
namespace {

// What gives a plugin its host.
class Guest final : public EventServer {
 public:
  Guest(Host host, const Config&) { last = std::make_unique<Host>(std::move(host)); }
  inline static std::unique_ptr<Host> last;
};

class FakeConnection final : public Connection {
 public:
  void tick(std::chrono::nanoseconds, std::chrono::milliseconds) override {}
  void drain(std::chrono::milliseconds) override {}
  void cut() override { was_cut = true; }
  std::size_t subscriptions() const override { return 0; }
  bool was_cut = false;
};

struct WorkerTest : ::testing::Test {
  WorkerTest() {
    EXPECT_TRUE(host.create<Guest>("{}").ok());
    settings.port = 0;
    settings.threads = 2;
    shared = std::make_shared<Worker::Shared>(*Guest::last, settings);
    worker = std::make_shared<Worker>(shared, nullptr);
  }
  ~WorkerTest() override {
    worker.reset();
    shared.reset();
    Guest::last.reset();
  }
  bool takes_one() {
    const auto connection = std::make_shared<FakeConnection>();
    const bool taken = worker->add(connection);
    EXPECT_NE(taken, connection->was_cut);
    worker->remove(connection.get());
    return taken;
  }

  testing::TestHost host;
  Settings settings;
  std::shared_ptr<Worker::Shared> shared;
  std::shared_ptr<Worker> worker;
};

TEST_F(WorkerTest, WhoComesAfterTheDrainBeganIsCut) {
  EXPECT_TRUE(takes_one());
  worker->drain({}, std::chrono::milliseconds(1), std::chrono::milliseconds(1));
  EXPECT_FALSE(takes_one());
}

TEST_F(WorkerTest, WhoComesAfterTheStopIsCut) {
  worker->stop();
  EXPECT_TRUE(takes_one()) << "it has not heard of it yet";
  worker->io().poll();
  EXPECT_FALSE(takes_one());
}

TEST_F(WorkerTest, WhatIsSaidToOneThatHasEndedDoesNotKeepIt) {
  worker->stop();
  worker->run();
  worker->follows("default", nullptr);
  worker->attached("default", {});
  worker->lost("default");
  worker->stop();
  const std::weak_ptr<Worker> still = worker;
  worker.reset();
  EXPECT_TRUE(still.expired());
}

TEST_F(WorkerTest, AStartThatGetsNoThreadLeavesNothingAndMayBeTriedAgain) {
  int made = 0;
  const auto server = std::make_shared<Server>(*Guest::last, settings, [&](std::function<void()> run) {
    if (++made == 2) throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
    return std::jthread(std::move(run));
  });
  try {
    server->start();
    FAIL() << "it has started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
  }
  EXPECT_FALSE(server->started());
  EXPECT_TRUE(server->addresses().empty());
  server->start();
  EXPECT_EQ(server->addresses().size(), 1U);
  std::promise<void> stopped;
  server->stop([&] { stopped.set_value(); });
  EXPECT_EQ(stopped.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

}  // namespace
}  // namespace paynamed::websocket
