#include "api/listener.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <vector>

namespace paynamed::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::ElementsAre;
using testing::HasSubstr;

// Takes every file descriptor that the process may have.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0; fd = ::dup(fd)) taken_.push_back(fd);
  }
  void release() {
    for (const int fd : std::exchange(taken_, {})) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  ~NoDescriptorLeft() { release(); }
  std::size_t count() const { return taken_.size(); }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

// The undefined behaviour sanitizer looks at objects through a pipe, and takes each for broken when it gets
// none.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kDescriptorsMayRunOut = false;
#else
constexpr bool kDescriptorsMayRunOut = true;
#endif

struct ListenerTest : testing::Test {
  base::ManualClock clock{base::WallTime{}};
  std::vector<std::string> lines;
  observe::Log log{{}, clock, [this](std::string_view line) { lines.emplace_back(line); }};
  asio::io_context context;
  std::vector<tcp::socket> taken;
  std::shared_ptr<Listener> listener =
      Listener::open(context, clock, log, {asio::ip::address_v4::loopback(), 0},
                     [this](tcp::socket socket) { taken.push_back(std::move(socket)); });

  template <class Condition>
  bool until(Condition condition) {
    for (int i = 0; i < 1'000 && !condition(); ++i) {
      context.restart();
      context.run_one_for(std::chrono::milliseconds{5});
    }
    return condition();
  }
};

TEST_F(ListenerTest, ConnectionsAreTaken) {
  asio::io_context others;
  tcp::socket one{others};
  tcp::socket two{others};
  one.connect(listener->endpoint());
  two.connect(listener->endpoint());
  EXPECT_TRUE(until([&] { return taken.size() == 2; }));
  EXPECT_TRUE(lines.empty());
}

TEST_F(ListenerTest, ConnectionsAreTakenAgainAfterDescriptorsRanOut) {
  if (!kDescriptorsMayRunOut) GTEST_SKIP() << "the sanitizer needs file descriptors of its own";
  asio::io_context others;
  tcp::socket client{others, tcp::v4()};
  NoDescriptorLeft none;
  ASSERT_GT(none.count(), 0U);
  client.connect(listener->endpoint());  // the kernel's backlog takes it
  ASSERT_TRUE(until([&] { return clock.pending() == 1; }));
  // It stays so for a while, and is said once.
  for (int i = 0; i < 3; ++i) {
    clock.advance(base::Duration{100});
    ASSERT_TRUE(until([&] { return clock.pending() == 1; }));
  }
  EXPECT_TRUE(taken.empty());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("cannot be accepted")));
  none.release();
  clock.advance(base::Duration{100});
  EXPECT_TRUE(until([&] { return taken.size() == 1; }));
  EXPECT_EQ(lines.size(), 2U);
  tcp::socket second{others};
  second.connect(listener->endpoint());
  EXPECT_TRUE(until([&] { return taken.size() == 2; }));
}

TEST_F(ListenerTest, AfterAStopConnectionsAreRefused) {
  context.poll();
  listener->stop();
  listener->stop();
  asio::io_context others;
  tcp::socket client{others};
  boost::system::error_code error;
  client.connect(listener->endpoint(), error);
  EXPECT_EQ(error, asio::error::connection_refused);
  context.restart();
  context.run();  // ends: nothing is waited for any more
  EXPECT_TRUE(taken.empty());
  EXPECT_TRUE(lines.empty());
}

TEST_F(ListenerTest, AStopEndsTheWaitForDescriptors) {
  if (!kDescriptorsMayRunOut) GTEST_SKIP() << "the sanitizer needs file descriptors of its own";
  asio::io_context others;
  tcp::socket client{others, tcp::v4()};
  NoDescriptorLeft none;
  client.connect(listener->endpoint());
  ASSERT_TRUE(until([&] { return clock.pending() == 1; }));
  listener->stop();
  context.restart();
  context.run();
  EXPECT_EQ(clock.pending(), 0U);
}

TEST_F(ListenerTest, AnAddressThatIsTakenIsAnError) {
  EXPECT_THROW(Listener::open(context, clock, log, listener->endpoint(), [](tcp::socket) {}),
               boost::system::system_error);
}

}  // namespace
}  // namespace paynamed::api
