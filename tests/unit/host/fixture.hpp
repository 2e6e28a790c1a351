// A PluginHost with the fakes, driven by hand: the clock stands until a test moves it.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/plugin_host.hpp"

namespace paynamed::host {

// Two connected sockets: one end for a fake, the other for the test.
class Sockets {
 public:
  Sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int for_plugin() const { return ends_[0]; }
  // Waits until the plugin has said that it was called.
  void await_call() const {
    char byte = 0;
    ASSERT_EQ(::read(ends_[1], &byte, 1), 1);
  }
  // Lets a plugin that waits go on.
  void release() const { ASSERT_EQ(::write(ends_[1], "r", 1), 1); }

 private:
  std::array<int, 2> ends_{};
};

class HostFixture : public ::testing::Test {
 protected:
  HostFixture() : io_thread_([this] { io_.run(); }) { make_host(HostSettings()); }
  ~HostFixture() override {
    host_.reset();
    work_.reset();
    io_thread_.join();
  }

  void make_host(HostSettings settings) {
    host_.reset();
    settings.module_directories = {PAYNAMED_BROKEN_MODULES, PAYNAMED_EXAMPLE_MODULES};
    host_ = PluginHost::create(std::move(settings), clock_, log_, metrics_);
  }

  // Starts a coroutine on the io thread, the caller's side of a daemon.
  template <class T>
  std::future<T> spawn(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(io_, std::move(work), boost::asio::use_future);
  }
  template <class T>
  T run(boost::asio::awaitable<T> work) {
    auto future = spawn(std::move(work));
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "a coroutine did not end in 20 s";
      std::abort();
    }
    return future.get();
  }
  std::future<CallOutcome<std::string>> start(Instance* instance, const std::string& method,
                                              base::Duration timeout = base::Duration(5'000)) {
    return spawn(instance->call_bytes(method, "", CallOptions(timeout)));
  }
  static CallOutcome<std::string> get(std::future<CallOutcome<std::string>>& future) {
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "a call did not end in 20 s";
      std::abort();
    }
    return future.get();
  }
  CallOutcome<std::string> call(Instance* instance, const std::string& method) {
    auto future = start(instance, method);
    return get(future);
  }

  std::vector<InstanceProblem> load(const std::string& id, const std::string& module,
                                    boost::json::object table = {}) {
    std::vector<InstanceConfig> configs;
    configs.push_back({id, module, std::move(table), false});
    return run(host_->load(std::move(configs)));
  }
  Instance* make(const std::string& id, const std::string& module, boost::json::object table = {}) {
    const auto problems = load(id, module, std::move(table));
    for (const auto& problem : problems) ADD_FAILURE() << problem.status.to_string();
    return host_->find(id);
  }
  Instance* make(const std::string& module, const Sockets& sockets) {
    return make(module, module, {{"fd", sockets.for_plugin()}});
  }

  // For what another thread is about to do.
  static void eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 20'000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(holds());
  }
  bool logged(const std::string& part) {
    const std::lock_guard lock(lines_mutex_);
    for (const auto& line : lines_) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  base::ManualClock clock_{base::from_rfc3339("2026-11-23T00:00:00.000Z").value()};
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
  observe::Log log_{
      {observe::Level::kDebug, observe::Log::Format::kText}, clock_, [this](std::string_view line) {
        const std::lock_guard lock(lines_mutex_);
        lines_.emplace_back(line);
      }};
  observe::Metrics metrics_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      boost::asio::make_work_guard(io_)};
  std::thread io_thread_;
  std::unique_ptr<PluginHost> host_;
};

}  // namespace paynamed::host
