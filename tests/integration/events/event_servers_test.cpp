// Event servers in the daemon: whoever listens is drained before it ends, whatever became of its table.
#include "process/event_servers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <thread>

#include "host/plugin_host.hpp"
#include "paynamed/plugin/v1/auth.pb.h"
#include "scene.hpp"

namespace paynamed::process {
namespace {

namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using fakes::WebSocketClient;

constexpr char kId[] = "wss";

class EventServersTest : public ::testing::Test {
 protected:
  EventServersTest() {
    host::HostSettings settings;
    settings.module_directories = {std::filesystem::path(WEBSOCKET_MODULE).parent_path()};
    settings.services.emplace("pn.auth/1", [](const host::ServiceCall&, const host::ServiceReply& reply) {
      v1::CheckCallerReply caller;
      caller.set_tenant("default");
      reply(caller.SerializeAsString());
    });
    host_ = host::PluginHost::create(std::move(settings), clock_, log_, metrics_);
    EXPECT_TRUE(wait(host_->load(configs())).empty());
    servers_.emplace(io_, *host_, clock_, log_);
    servers_->refresh();
  }
  ~EventServersTest() override {
    wait(host_->stop(base::Duration{10'000}));
    servers_.reset();
    guard_.reset();
    threads_.clear();
  }

  static std::vector<host::InstanceConfig> configs() {
    host::InstanceConfig config;
    config.id = kId;
    config.module = "websocket";
    config.table["listen"] = "127.0.0.1:0";
    return {config};
  }
  template <class T>
  T wait(asio::awaitable<T> work) {
    return asio::co_spawn(io_, std::move(work), asio::use_future).get();
  }
  WebSocketClient connect() {
    std::uint16_t port = 0;
    for (int i = 0; i < 2'000 && port == 0; ++i) {
      const auto standings = servers_->standings();
      const auto found = standings.find(kId);
      if (found != standings.end() && !found->second.addresses.empty())
        port = fakes::port_in(found->second.addresses.front());
      if (port == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    WebSocketClient client(port);
    EXPECT_EQ(client.open({{"Authorization", "Bearer key"}}), 101);
    client.read_json();
    return client;
  }
  // Asked to leave, it leaves.
  static std::jthread leaves(WebSocketClient& client, int& code) {
    return std::jthread([&] {
      code = client.read_close();
      client.cut();
    });
  }

  base::SystemClock clock_;
  observe::Log log_ = observe::Log::none();
  observe::Metrics metrics_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::vector<std::jthread> threads_ = [this] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io_.run(); });
    return threads;
  }();
  std::unique_ptr<host::PluginHost> host_;
  std::optional<EventServers> servers_;
};

TEST_F(EventServersTest, OneThatIsRetiredListensOnAndIsDrainedAtTheEnd) {
  auto client = connect();
  host_->set_retired(kId, true);
  servers_->refresh();
  auto second = connect();
  int code = 0;
  int other = 0;
  {
    const auto leaving = leaves(client, code);
    const auto leaving_too = leaves(second, other);
    EXPECT_TRUE(wait(servers_->stop(base::Duration{3'000})));
  }
  EXPECT_EQ(code, 3001);
  EXPECT_EQ(other, 3001);
}

TEST_F(EventServersTest, OneWhoseTableIsGoneIsDrained) {
  auto client = connect();
  const auto removed = host_->adopt(wait(host_->prepare({}, {})), {kId});
  ASSERT_EQ(removed.size(), 1U);
  servers_->refresh();
  for (int i = 0; i < 2'000 && !servers_->standings().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  int code = 0;
  {
    const auto leaving = leaves(client, code);
    wait([&]() -> asio::awaitable<bool> {
      co_await servers_->drain(removed.front(), base::Duration{3'000});
      co_return true;
    }());
  }
  EXPECT_EQ(code, 3001);
  EXPECT_TRUE(wait(host_->end(removed.front(), base::Duration{1'000}, base::Duration{10'000})));
  EXPECT_TRUE(wait(servers_->stop(base::Duration{1'000})));
}

TEST_F(EventServersTest, AStopDoesNotWaitForTheOneBefore) {
  connect();
  const auto replaced = host_->adopt(
      wait(host_->prepare(configs(), {std::filesystem::path(WEBSOCKET_MODULE).parent_path()})), {});
  ASSERT_EQ(replaced.size(), 1U);
  servers_->refresh();
  EXPECT_TRUE(wait(servers_->stop(base::Duration{3'000}))) << "the one before has not ended";
  EXPECT_TRUE(wait(host_->end(replaced.front(), base::Duration{1'000}, base::Duration{10'000})));
}

}  // namespace
}  // namespace paynamed::process
