// Many tenants are followed with few calls.
#include "follower.hpp"

#include <gtest/gtest.h>

#include "paynamed/event_server.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed::websocket {
namespace {

// What gives a plugin its host.
class Guest final : public EventServer {
 public:
  Guest(Host host, const Config&) { last = std::make_unique<Host>(std::move(host)); }
  inline static std::unique_ptr<Host> last;
};

struct Sink final : FeedSink {
  void attached(const std::string& tenant, Position end) override { seqs[tenant] = {end.seq}; }
  void follows(const std::string& tenant, SharedPage page) override {
    seqs[tenant].push_back(page->next().seq);
  }
  void lost(const std::string& tenant) override { seqs.erase(tenant); }
  std::map<std::string, std::vector<std::uint64_t>> seqs;
};

struct FollowersTest : ::testing::Test {
  FollowersTest() {
    EXPECT_TRUE(host.create<Guest>("{}").ok());
    host.set_service("pn.events/1", "Head",
                     [this](std::string_view, const Call::Info&) -> Result<std::string> {
                       EventsHeadReply reply;
                       *reply.mutable_head() = to_message({1, end});
                       return reply.SerializeAsString();
                     });
    host.set_service("pn.events/1", "Read",
                     [this](std::string_view text, const Call::Info&) -> Result<std::string> {
                       plugin::v1::ReadEventsRequest request;
                       EXPECT_TRUE(request.ParseFromString(std::string(text)));
                       EXPECT_EQ(request.wait_ms(), 0U) << "nobody may be waited for";
                       ++reads;
                       ReadEventsReply reply;
                       reply.set_recovered(true);
                       for (std::uint64_t seq = request.after().seq() + 1; seq <= end; ++seq)
                         reply.add_events()->set_seq(seq);
                       *reply.mutable_next() = to_message({1, end});
                       *reply.mutable_head() = to_message({1, end});
                       return reply.SerializeAsString();
                     });
  }
  ~FollowersTest() override {
    followers->stop();
    followers.reset();
    Guest::last.reset();
  }

  testing::TestHost host;
  std::uint64_t end = 5;
  std::size_t reads = 0;
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  std::shared_ptr<Followers> followers;
};

TEST_F(FollowersTest, ThoseWhoAreTooManyToWaitForComeInTurn) {
  followers = std::make_shared<Followers>(*Guest::last, 0);
  constexpr std::size_t kTenants = 250;
  for (std::size_t i = 0; i < kTenants; ++i) followers->join("t" + std::to_string(i), sink);
  host.run();
  EXPECT_EQ(sink->seqs.size(), kTenants);
  end = 7;
  host.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(reads, 100U) << "few calls at once";
  host.advance(std::chrono::milliseconds(1'000));
  for (const auto& [tenant, seqs] : sink->seqs) EXPECT_EQ(seqs, (std::vector<std::uint64_t>{5, 7})) << tenant;
  end = 8;
  host.advance(std::chrono::milliseconds(2'000));
  for (const auto& [tenant, seqs] : sink->seqs)
    EXPECT_EQ(seqs, (std::vector<std::uint64_t>{5, 7, 8})) << tenant;
  for (std::size_t i = 0; i < kTenants; ++i) followers->leave("t" + std::to_string(i), sink);
  host.advance(std::chrono::milliseconds(2'000));
  const std::size_t before = reads;
  host.advance(std::chrono::milliseconds(2'000));
  EXPECT_EQ(reads, before) << "nobody is left";
}

}  // namespace
}  // namespace paynamed::websocket
