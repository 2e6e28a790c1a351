// What many calls of one zone cost, and that none of them pays for another.
#include "bridge.hpp"

namespace paynamed::cloudflare {
namespace {

namespace json = boost::json;
using namespace plugin::v1;

struct CoalescingTest : CloudflareTest {
  void SetUp() override {
    ASSERT_TRUE(read(full("warm")).ok());
    fake.reset_counters();
  }
  void batches(bool on) {
    plugin = make({{"batch", on}});
    SetUp();
  }
  // A publication whose look has no answer for two seconds, though Cloudflare is well: it refuses the token
  // for a moment, and the token is checked. What is started before the next run() stands behind it.
  paynamed::testing::PendingCall occupy(std::chrono::milliseconds timeout = std::chrono::minutes(1)) {
    fake.order({{"kind", "auth_error"}, {"count", 3}});
    return host.start(plugin, "Publish", wanted(full("ahead"), "bitcoin:?lno=ahead"),
                      {.timeout = timeout, .background = true});
  }
  static void expect_all_ok(const std::vector<Result<PublishReply>>& replies) {
    for (const auto& each : replies) {
      ASSERT_TRUE(each.ok()) << each.error().message();
      EXPECT_TRUE(each->changed());
    }
  }
  // Where in `seen` the first request that matches is.
  std::size_t first(const std::function<bool(const HttpRequest&)>& matches) const {
    return static_cast<std::size_t>(std::find_if(seen.begin(), seen.end(), matches) - seen.begin());
  }
};

TEST_F(CoalescingTest, ManyReadsAreOneList) {
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 200; ++i) {
    ReadRequest request;
    request.set_zone(kZone);
    request.set_name(full("n" + std::to_string(i)));
    open.push_back(host.start(plugin, "Read", request));
  }
  for (const auto& each : open) EXPECT_TRUE(host.wait<ReadReply>(each).ok());
  EXPECT_LE(fake.count("requests"), 2);
}

TEST_F(CoalescingTest, ManyPublicationsAreFewRequests) {
  expect_all_ok(publish_many(1'000));
  EXPECT_EQ(fake.count("largest_batch"), 200);
  // A batch for each 200, a list after four of them, and what the first one does alone.
  EXPECT_LE(fake.count("requests"), 11);
  EXPECT_EQ(fake.get("zone?zone=example.test").at("records").as_array().size(), 1'000U);
}

TEST_F(CoalescingTest, WithoutBatchesANameIsARequestAndLooksAreShared) {
  batches(false);
  expect_all_ok(publish_many(500));
  EXPECT_EQ(fake.count("batch"), 0);
  EXPECT_EQ(fake.count("post"), 500);
  EXPECT_LE(fake.count("requests"), 550);
}

TEST_F(CoalescingTest, AWithdrawalOfManyIsFewRequestsToo) {
  expect_all_ok(publish_many(300));
  fake.reset_counters();
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 300; ++i) {
    const auto user = "n" + std::to_string(i);
    open.push_back(host.start(plugin, "Withdraw", unwanted(full(user), "bitcoin:?lno=" + user)));
  }
  for (const auto& each : open) EXPECT_TRUE(host.wait<WithdrawReply>(each).ok());
  EXPECT_LE(fake.count("requests"), 10);
  EXPECT_TRUE(fake.get("zone?zone=example.test").at("records").as_array().empty());
}

TEST_F(CoalescingTest, OneBadRecordDoesNotFailTheOthers) {
  fake.plant(bare("n37"), "CNAME", "elsewhere.test");
  fake.plant(bare("n140"), "TXT", quoted("bitcoin:?lno=stranger"));
  const auto replies = publish_many(200);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto code = i == 37 ? Code::kFailedPrecondition : i == 140 ? Code::kAborted : Code::kOk;
    EXPECT_EQ(replies[i].code(), code) << i << (replies[i].ok() ? "" : replies[i].error().message());
  }
  EXPECT_GE(host.metric("batches_split_total"), 1);
  EXPECT_LE(fake.count("requests"), 30);
}

TEST_F(CoalescingTest, AFullZoneTakesWhatFits) {
  fake.post("zone", json::object{{"name", "example.test"}, {"quota", 30}});
  const auto replies = publish_many(100);
  int made = 0;
  for (const auto& each : replies) {
    made += each.ok() ? 1 : 0;
    if (each.ok()) continue;
    EXPECT_EQ(each.code(), Code::kFailedPrecondition);
    EXPECT_NE(each.error().message().find("plan"), std::string::npos);
  }
  EXPECT_EQ(made, 30);
  EXPECT_LE(fake.count("requests"), 30);
}

TEST_F(CoalescingTest, ABatchWhoseReplyIsLostIsMadeUpForByOneLook) {
  fake.order({{"kind", "lose_reply"}, {"path", "batch"}});
  expect_all_ok(publish_many(100));
  EXPECT_LE(fake.count("requests"), 8);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(fake.history(bare("n" + std::to_string(i))).size(), 1U);
}

TEST_F(CoalescingTest, ABlockEndsARoundAtOnce) {
  fake.order({{"kind", "status"},
              {"status", 429},
              {"path", "batch"},
              {"headers", json::object{{"retry-after", "9"}}}});
  int refused = 0;
  for (const auto& each : publish_many(100)) {
    if (each.ok()) continue;
    EXPECT_EQ(each.code(), Code::kResourceExhausted);
    EXPECT_EQ(each.error().retry_after_ms(), 9'000U);
    ++refused;
  }
  EXPECT_GE(refused, 90);
}

TEST_F(CoalescingTest, InteractiveCallsDoNotWaitForBulk) {
  for (const bool with_batches : {true, false}) {
    batches(with_batches);
    std::vector<paynamed::testing::PendingCall> bulk;
    const std::string prefix = with_batches ? "b" : "s";
    for (int i = 0; i < 600; ++i) {
      const auto user = prefix + std::to_string(i);
      bulk.push_back(host.start(plugin, "Publish", wanted(full(user), "bitcoin:?lno=" + user),
                                {.timeout = std::chrono::minutes(10), .background = true}));
    }
    seen.clear();
    const auto user = prefix + "-somebody";
    const auto one = host.start(plugin, "Publish", wanted(full(user), "bitcoin:?lno=" + user));
    ASSERT_TRUE(host.wait<PublishReply>(one).ok());
    for (const auto& each : bulk) ASSERT_TRUE(host.wait<PublishReply>(each).ok());
    const auto mine = [&](const HttpRequest& each) {
      return each.method() == "POST" && each.body().find(user) != std::string::npos;
    };
    const auto at = first(mine);
    ASSERT_LT(at, seen.size());
    EXPECT_FALSE(seen[at].background());
    EXPECT_EQ(seen[at].url().find("batch"), std::string::npos);
    // Its look, its record and its second look, each beside no more than one round of the bulk.
    const auto writes_before = std::count_if(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(at),
                                             [](const HttpRequest& each) { return each.method() == "POST"; });
    EXPECT_LE(writes_before, 33);
  }
}

TEST_F(CoalescingTest, WritersOfOneNameFollowEachOther) {
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 20; ++i) {
    open.push_back(host.start(plugin, "Publish", wanted(full("a"), "bitcoin:?lno=" + std::to_string(i)),
                              {.background = i % 2 == 0}));
  }
  int won = 0;
  for (const auto& each : open) {
    const auto reply = host.wait<PublishReply>(each);
    won += reply.ok() ? 1 : 0;
    EXPECT_TRUE(reply.ok() || reply.code() == Code::kAborted) << reply.error().message();
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(fake.history(bare("a")).size(), 1U);
}

TEST_F(CoalescingTest, WhoIsTooLateIsToldWhenToComeAgainAndNothingWasDone) {
  occupy();
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 10; ++i) {
    const auto user = "late" + std::to_string(i);
    open.push_back(host.start(plugin, "Publish", wanted(full(user), "bitcoin:?lno=" + user),
                              {.timeout = std::chrono::milliseconds(300), .background = true}));
  }
  host.run();
  host.advance(std::chrono::milliseconds(400));
  std::uint32_t before = 0;
  for (const auto& each : open) {
    ASSERT_TRUE(each.done());
    ASSERT_EQ(each.bytes().code(), Code::kResourceExhausted) << each.bytes().error().message();
    const auto after = each.bytes().error().retry_after_ms();
    EXPECT_GE(after, 1'000U);
    EXPECT_GE(after, before);
    before = after;
  }
  host.advance(std::chrono::seconds(10));
  EXPECT_EQ(fake.count("post") + fake.count("batch"), 1) << "of the one that was ahead";
  EXPECT_TRUE(publish(wanted(full("late3"), "bitcoin:?lno=late3")).ok());
}

// "No turn" uses no attempt, so a server that hangs or fails would be waited for without end.
TEST_F(CoalescingTest, AServerThatFailsIsNoLackOfATurn) {
  fake.order({{"kind", "status"}, {"status", 503}, {"method", "GET"}, {"count", 1'000}});
  const paynamed::testing::CallOptions options{.timeout = std::chrono::milliseconds(1'500),
                                               .background = true};
  const auto asked = host.start(plugin, "Publish", wanted(full("asked"), "bitcoin:?lno=1"), options);
  const auto behind = host.start(plugin, "Publish", wanted(full("behind"), "bitcoin:?lno=2"), options);
  host.run();
  host.advance(std::chrono::milliseconds(1'600));
  for (const auto* each : {&asked, &behind}) {
    ASSERT_TRUE(each->done());
    EXPECT_EQ(each->bytes().code(), Code::kUnavailable);
    EXPECT_NE(each->bytes().error().message().find("HTTP 503"), std::string::npos)
        << each->bytes().error().message();
  }
  host.advance(std::chrono::seconds(10));
  EXPECT_EQ(fake.count("post") + fake.count("batch"), 0);
}

TEST_F(CoalescingTest, WhoWasAskedForAndNotAnsweredHadATurn) {
  const auto asked = occupy(std::chrono::milliseconds(1'500));
  host.advance(std::chrono::milliseconds(1'600));
  ASSERT_TRUE(asked.done());
  EXPECT_EQ(asked.bytes().code(), Code::kUnavailable);
  EXPECT_NE(asked.bytes().error().message().find(full("ahead")), std::string::npos)
      << asked.bytes().error().message();
}

// As the daemon's runs do it: each reads the name and then publishes, as many at a time as the daemon has
// places.
class BulkTest : public CoalescingTest {
 protected:
  static constexpr int kNames = 3'000;
  static constexpr int kAtOnce = 512;
  using Pending = std::vector<paynamed::testing::PendingCall>;

  void register_all() {
    for (int first = 0; first < kNames; first += kAtOnce) {
      const int end = std::min(first + kAtOnce, kNames);
      Pending reads;
      for (int i = first; i < end; ++i) {
        ReadRequest request;
        request.set_zone(kZone);
        request.set_name(full(user(i)));
        reads.push_back(host.start(plugin, "Read", request, options_));
      }
      for (const auto& each : reads) ASSERT_TRUE(host.wait<ReadReply>(each).ok());
      Pending publications;
      for (int i = first; i < end; ++i) {
        publications.push_back(
            host.start(plugin, "Publish", wanted(full(user(i)), "bitcoin:?lno=" + user(i)), options_));
      }
      for (const auto& each : publications) ASSERT_TRUE(host.wait<PublishReply>(each).ok());
    }
    EXPECT_EQ(fake.get("zone?zone=example.test").at("records").as_array().size(), std::size_t{kNames});
    RecordProperty("requests", std::to_string(fake.count("requests")));
  }

 private:
  static std::string user(int i) { return "n" + std::to_string(i); }
  const paynamed::testing::CallOptions options_{.timeout = std::chrono::hours(2), .background = true};
};

TEST_F(BulkTest, ThreeThousandNamesInBatches) {
  register_all();
  EXPECT_LE(fake.count("requests"), kNames / 25);
}

TEST_F(BulkTest, ThreeThousandNamesOneByOne) {
  batches(false);
  register_all();
  EXPECT_EQ(fake.count("batch"), 0);
  EXPECT_LE(fake.count("requests"), kNames * 11 / 10);
}

}  // namespace
}  // namespace paynamed::cloudflare
