// Names whose servers are silent hold up nobody else.
#include "net/lookup_threads.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <set>

#include "base/clock.hpp"
#include "net/host_lookup.hpp"

namespace paynamed::net {
namespace {

using Found = LookupThreads::Found;

// A resolver whose names that begin with "silent" answer when the gate opens.
class Lookups : public testing::Test {
 protected:
  Found resolve(const std::string& host) {
    if (host.starts_with("silent")) gate_.get_future().wait();
    ++asked_;
    if (host == "absent") return base::fail(base::unavailable("there is no such host"));
    return std::vector{boost::asio::ip::make_address("192.0.2.1")};
  }
  // When it is asked: true when there is room.
  bool find(LookupThreads& threads, const std::string& host, std::shared_ptr<std::promise<Found>> answer) {
    return threads.find(host, [answer](const Found& found) { answer->set_value(found); });
  }
  static Found wait(std::promise<Found>& answer) {
    auto future = answer.get_future();
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) std::abort();
    return future.get();
  }

  std::promise<void> gate_;
  std::atomic<int> asked_{0};
};

TEST_F(Lookups, ASilentNameHoldsUpNobodyElse) {
  LookupThreads threads(4, [this](const std::string& host) { return resolve(host); });
  const auto silent = std::make_shared<std::promise<Found>>();
  ASSERT_TRUE(find(threads, "silent.example", silent));
  for (int i = 0; i < 10; ++i) {
    const auto other = std::make_shared<std::promise<Found>>();
    ASSERT_TRUE(find(threads, "other.example", other));
    EXPECT_TRUE(wait(*other));
  }
  const auto absent = std::make_shared<std::promise<Found>>();
  ASSERT_TRUE(find(threads, "absent", absent));
  EXPECT_FALSE(wait(*absent));
  gate_.set_value();
  EXPECT_TRUE(wait(*silent));
}

TEST_F(Lookups, ANameIsAskedForOnceAtATime) {
  LookupThreads threads(1, [this](const std::string& host) { return resolve(host); });
  std::vector<std::shared_ptr<std::promise<Found>>> answers;
  for (int i = 0; i < 20; ++i) {
    answers.push_back(std::make_shared<std::promise<Found>>());
    ASSERT_TRUE(find(threads, "silent.example", answers.back()));
  }
  const auto more = std::make_shared<std::promise<Found>>();
  EXPECT_FALSE(find(threads, "other.example", more)) << "every thread is taken";
  gate_.set_value();
  for (const auto& each : answers) EXPECT_TRUE(wait(*each));
  EXPECT_EQ(asked_, 1);
  EXPECT_TRUE(find(threads, "other.example", more)) << "there is room again";
  EXPECT_TRUE(wait(*more));
}

TEST_F(Lookups, TheEndWaitsForTheSystemAndTakesNoMore) {
  const auto dropped = std::make_shared<std::promise<Found>>();
  LookupThreads threads(4, [this](const std::string& host) { return resolve(host); });
  ASSERT_TRUE(find(threads, "silent.example", dropped));
  std::thread ending{[&] { threads.end(); }};
  gate_.set_value();
  ending.join();
  const auto late = std::make_shared<std::promise<Found>>();
  EXPECT_FALSE(find(threads, "other.example", late));
}

// With the system's own resolver, which knows this name without a server.
TEST(HostLookup, FindsNamesOfTheSystem) {
  base::SystemClock clock;
  boost::asio::io_context io;
  const HostLookup lookup(clock);
  std::set<std::string> found;
  std::string why;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        auto finding = lookup.find("localhost", base::Duration{20'000});
        const auto addresses = co_await std::move(finding);
        for (const auto& each : addresses.value()) found.insert(each.to_string());
        auto failing = lookup.find("no such host", base::Duration{20'000});
        const auto failed = co_await std::move(failing);
        why = failed ? "" : failed.error().message();
      },
      boost::asio::detached);
  io.run();
  EXPECT_TRUE(found.contains("127.0.0.1") || found.contains("::1"));
  EXPECT_NE(why.find("the name no such host cannot be found"), std::string::npos) << why;
}

}  // namespace
}  // namespace paynamed::net
