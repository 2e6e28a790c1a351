// The hub against a log in memory: every subscription gets what it wants, in order, once, whatever comes
// between.
#include "hub.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace paynamed::websocket {
namespace {

constexpr std::uint32_t kEpoch = 3;

// Seqs and other things that a client was sent, taken from frames.
class FakeClient final : public Subscriber {
 public:
  const Filter& scope() const override { return allowed; }
  bool has_room() const override { return waiting < room / 4; }
  bool overflows(std::size_t more) const override { return waiting > 0 && waiting + more > room; }
  void push(Slice slice) override {
    waiting += slice.size();
    held.push_back(slice);
    sent.append(slice.batch->data() + slice.begin, slice.size());
  }
  void push_text(const std::string& text) override { texts.push_back(text); }
  void flush() override {
    if (!stuck) take_all();
  }
  void take_all() {
    waiting = 0;
    held.clear();
  }
  void confirm(std::uint32_t, ReplyId, Position position) override {
    ++confirmed;
    if (several) return;
    EXPECT_FALSE(begun) << "confirmed twice";
    EXPECT_TRUE(sent.empty()) << "events before the reply";
    begun = position;
  }
  void not_recovered(std::uint32_t, ReplyId, Position head) override { lost_at = head; }
  void refused(std::uint32_t, ReplyId, const Error& error) override { refusal = error.message(); }
  void position_lost() override { position_is_lost = true; }

  std::vector<std::uint64_t> seqs() const {
    std::vector<std::uint64_t> out;
    constexpr std::string_view kMark = "#";
    for (std::size_t at = sent.find(kMark); at != sent.npos; at = sent.find(kMark, at + 1))
      out.push_back(std::stoull(sent.substr(at + 1)));
    return out;
  }

  Filter allowed;
  std::size_t room = 4'000;
  std::size_t waiting = 0;
  bool stuck = false;
  bool several = false;  // subscriptions; their replies are counted alone
  int confirmed = 0;
  std::string sent;
  std::vector<Slice> held;  // as an outbox would
  std::vector<std::string> texts;
  std::optional<Position> begun;
  std::optional<Position> lost_at;
  std::string refusal;
  bool position_is_lost = false;
};

struct HubTest : ::testing::Test {
  // Events 1 to `end`; every third is about alice, types alternate.
  ServedEvent event(std::uint64_t seq) const {
    ServedEvent event;
    event.set_seq(seq);
    event.set_type(seq % 2 == 0 ? "payment.received" : "order.paid");
    event.set_name(seq % 3 == 0 ? "alice@example.com" : "bob@example.com");
    event.set_text("{#" + std::to_string(seq) + " }" + std::string(text_bytes, ' '));
    return event;
  }
  SharedPage page(Position after, std::uint64_t most) const {
    Page page{after, {}};
    page.reply.set_recovered(true);
    for (std::uint64_t seq = after.seq + 1; seq <= std::min(end, after.seq + most); ++seq)
      *page.reply.add_events() = event(seq);
    *page.reply.mutable_next() = to_message({kEpoch, std::min(end, after.seq + most)});
    *page.reply.mutable_head() = to_message({kEpoch, end});
    return std::make_shared<const Page>(std::move(page));
  }
  std::shared_ptr<Subscription> add(FakeClient& client, std::optional<Position> after, Filter filter = {}) {
    const auto subscription = std::make_shared<Subscription>();
    subscription->client = &client;
    subscription->number = 1;
    subscription->after = after;
    subscription->filter = std::move(filter);
    hub->add(subscription);
    return subscription;
  }
  // Answers the oldest read.
  void answer() {
    auto [after, then] = std::move(reads.front());
    reads.pop_front();
    Hub::Read read;
    read.head = {kEpoch, end};
    if (fails) return then(Error(Code::kUnavailable, "the daemon stops"));
    if ((after.epoch == kEpoch || after.epoch == 0) && after.seq <= end)
      read.frames = std::make_shared<PageFrames>(page(after, 10), budget);
    then(read);
  }
  void answer_all() {
    while (!reads.empty()) answer();
  }
  // The follower's next page.
  void follow() {
    if (followed == end) return;
    const auto next = page({kEpoch, followed}, 1'000);
    followed = end;
    hub->follows(next);
  }
  void attach() {
    followed = end;
    hub->attached({kEpoch, end});
  }
  static std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> out;
    for (; first <= last; ++first) out.push_back(first);
    return out;
  }

  std::size_t text_bytes = 0;  // beside the number
  std::uint64_t end = 0;
  std::uint64_t followed = 0;
  bool fails = false;
  std::deque<std::pair<Position, std::function<void(const Result<Hub::Read>&)>>> reads;
  std::shared_ptr<CatchUpBudget> budget = std::make_shared<CatchUpBudget>(SIZE_MAX / 2);
  std::shared_ptr<Hub> hub = std::make_shared<Hub>(
      [this](const Subscriber&, Position after, std::function<void(const Result<Hub::Read>&)> then) {
        reads.emplace_back(after, std::move(then));
      },
      budget);
};

TEST_F(HubTest, FromNowOnWhatFollowsComes) {
  end = 7;
  FakeClient client;
  add(client, std::nullopt);
  EXPECT_FALSE(client.begun) << "the end is not known yet";
  attach();
  EXPECT_EQ(client.begun, (Position{kEpoch, 7}));
  end = 9;
  follow();
  EXPECT_EQ(client.seqs(), from_to(8, 9));
  EXPECT_TRUE(reads.empty());
}

TEST_F(HubTest, FromAPositionEverythingComes) {
  end = 35;
  attach();
  FakeClient client;
  add(client, Position{kEpoch, 3});
  answer_all();
  EXPECT_EQ(client.begun, (Position{kEpoch, 3}));
  EXPECT_EQ(client.seqs(), from_to(4, 35));
  end = 36;
  follow();
  EXPECT_EQ(client.seqs(), from_to(4, 36));
}

TEST_F(HubTest, EarliestIsTheStartOfThisLog) {
  end = 5;
  attach();
  FakeClient client;
  add(client, Position());
  answer_all();
  EXPECT_EQ(client.begun, (Position{kEpoch, 0}));
  EXPECT_EQ(client.seqs(), from_to(1, 5));
}

TEST_F(HubTest, APositionThatIsNotOfThisLogGivesNothing) {
  end = 5;
  attach();
  for (const Position after : {Position{kEpoch, 6}, Position{kEpoch - 1, 5}, Position{kEpoch + 1, 2}}) {
    FakeClient client;
    add(client, after);
    answer_all();
    EXPECT_FALSE(client.begun);
    EXPECT_EQ(client.lost_at, (Position{kEpoch, 5}));
    end = 5;
    EXPECT_TRUE(client.sent.empty());
  }
  EXPECT_TRUE(hub->empty());
}

TEST_F(HubTest, APageThatIsAheadOfTheFollowerIsNotSentTwice) {
  end = 5;
  attach();
  end = 8;  // the follower's page is on its way
  FakeClient client;
  add(client, Position{kEpoch, 4});
  answer_all();
  EXPECT_EQ(client.seqs(), from_to(5, 8));
  follow();
  EXPECT_EQ(client.seqs(), from_to(5, 8));
  end = 10;
  follow();
  EXPECT_EQ(client.seqs(), from_to(5, 10));
}

TEST_F(HubTest, WhoseQueueIsFullReadsTheLogWhenThereIsRoom) {
  attach();
  FakeClient client;
  client.room = 200;
  const auto subscription = add(client, std::nullopt);
  client.stuck = true;
  for (int i = 0; i < 50; ++i) {
    ++end;
    follow();
  }
  EXPECT_LE(client.waiting, 200U);
  EXPECT_LT(client.seqs().size(), 50U);
  EXPECT_TRUE(reads.empty()) << "nothing is read for somebody who takes nothing";
  client.stuck = false;
  client.take_all();
  hub->resume(subscription);
  answer_all();
  EXPECT_EQ(client.seqs(), from_to(1, 50));
  ++end;
  follow();
  EXPECT_EQ(client.seqs(), from_to(1, 51));
}

// Each of them may have a page on its way when the first one fills the queue.
TEST_F(HubTest, ManySubscriptionsOfWhoTakesNothingShareOneQueue) {
  end = 900;
  attach();
  FakeClient client;
  client.room = 200;
  client.several = true;
  client.stuck = true;
  std::vector<std::shared_ptr<Subscription>> all;
  for (int i = 0; i < 16; ++i) all.push_back(add(client, Position{kEpoch, 0}));
  answer_all();
  EXPECT_LE(client.waiting, 400U) << "the queue, and the page that filled it";
  client.stuck = false;
  for (int round = 0; round < 100 || !reads.empty(); ++round) {
    client.take_all();
    for (const auto& subscription : all) hub->resume(subscription);
    answer_all();
  }
  EXPECT_EQ(client.confirmed, 16);
  EXPECT_EQ(client.seqs().size(), 14'400U);
}

// However many there are: each has its queue, and all have one bound together.
TEST_F(HubTest, ThoseWhoAreBehindHoldOnlySoMuchTogether) {
  constexpr std::size_t kMost = 2'000'000;
  budget = std::make_shared<CatchUpBudget>(kMost);
  text_bytes = 10'000;
  hub = std::make_shared<Hub>(
      [this](const Subscriber&, Position after, std::function<void(const Result<Hub::Read>&)> then) {
        reads.emplace_back(after, std::move(then));
      },
      budget);
  end = 50;
  attach();
  std::deque<FakeClient> clients(100);
  std::vector<std::shared_ptr<Subscription>> all;
  for (FakeClient& client : clients) {
    client.room = 1'000'000;
    client.stuck = true;
    all.push_back(add(client, Position{kEpoch, 0}));
  }
  const auto go_on = [&] {
    for (const auto& subscription : all) hub->resume(subscription);
    answer_all();
    EXPECT_LE(budget->used(), kMost);
  };
  answer_all();
  go_on();
  EXPECT_GT(budget->used(), 0U);
  // Whoever takes something makes room for others.
  for (int round = 0; round < 100; ++round) {
    for (FakeClient& client : clients) client.take_all();
    go_on();
  }
  for (const FakeClient& client : clients) EXPECT_EQ(client.seqs(), from_to(1, 50));
}

TEST_F(HubTest, FiltersAndWhatATokenMaySeeBothCount) {
  end = 30;
  attach();
  FakeClient client;
  client.allowed = Filter::make({}, {"alice@example.com"}).value();
  add(client, Position{kEpoch, 0}, Filter::make({"payment.*"}, {}).value());
  answer_all();
  end = 42;
  follow();
  EXPECT_EQ(client.seqs(), (std::vector<std::uint64_t>{6, 12, 18, 24, 30, 36, 42}));
}

TEST_F(HubTest, WhoIsSentNothingLearnsThatNothingWasMissed) {
  attach();
  FakeClient client;
  add(client, std::nullopt, Filter::make({"none.*"}, {}).value());
  for (end = 100; end <= 2'000; end += 100) follow();
  EXPECT_EQ(client.texts, (std::vector<std::string>{R"({"subscription":1,"position":"3-1000"})",
                                                    R"({"subscription":1,"position":"3-2000"})"}));
}

TEST_F(HubTest, AFollowerThatBeganAnewLeavesNoGap) {
  attach();
  FakeClient client;
  add(client, std::nullopt);
  end = 3;
  follow();
  end = 6;
  attach();  // further than what came
  end = 8;
  follow();
  answer_all();
  EXPECT_EQ(client.seqs(), from_to(1, 8));
}

TEST_F(HubTest, AReadThatFailsRefusesANewOneAndEndsAnOldOne) {
  end = 40;
  attach();
  fails = true;
  FakeClient fresh;
  add(fresh, Position{kEpoch, 0});
  answer_all();
  EXPECT_FALSE(fresh.begun);
  EXPECT_EQ(fresh.refusal, "the daemon stops");
  fails = false;
  FakeClient old;
  add(old, Position{kEpoch, 0});
  answer();
  fails = true;
  answer_all();
  EXPECT_TRUE(old.position_is_lost);
  EXPECT_EQ(old.seqs(), from_to(1, 10));
}

TEST_F(HubTest, AnAnswerForSomebodyWhoHasGoneIsDropped) {
  end = 5;
  attach();
  FakeClient client;
  {
    const auto subscription = add(client, Position{kEpoch, 0});
    hub->remove(subscription);
  }
  answer_all();
  EXPECT_FALSE(client.begun);
  hub.reset();
}

// Chance decides who comes, who is stuck, when pages come and reads are answered.
TEST_F(HubTest, WhateverComesBetweenEachSeqComesOnceInOrder) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned below) { return random() % below; };
    end = followed = chance(20);
    reads.clear();
    hub = std::make_shared<Hub>(
        [this](const Subscriber&, Position after, std::function<void(const Result<Hub::Read>&)> then) {
          reads.emplace_back(after, std::move(then));
        },
        budget);
    std::deque<FakeClient> clients;
    std::vector<std::pair<FakeClient*, std::shared_ptr<Subscription>>> all;
    attach();
    for (int step = 0; step < 300; ++step) {
      switch (chance(7)) {
        case 0:
          if (clients.size() < 6) {
            FakeClient& client = clients.emplace_back();
            client.room = 100 + chance(400);
            all.emplace_back(&client, add(client, Position{kEpoch, chance(static_cast<unsigned>(end) + 1)}));
          }
          break;
        case 1:
        case 2:
          end += chance(5);
          break;
        case 3:
          follow();
          break;
        case 4:
          if (!reads.empty()) answer();
          break;
        default:
          if (!all.empty()) {
            auto& [client, subscription] = all[chance(static_cast<unsigned>(all.size()))];
            client->stuck = chance(3) == 0;
            if (!client->stuck) {
              client->take_all();
              hub->resume(subscription);
            }
          }
      }
    }
    for (int round = 0; round < 2; ++round) {
      follow();
      for (auto& [client, subscription] : all) {
        client->stuck = false;
        client->take_all();
        hub->resume(subscription);
      }
      answer_all();
    }
    for (const auto& [client, subscription] : all) {
      ASSERT_TRUE(client->begun) << "seed " << seed;
      EXPECT_EQ(client->seqs(), from_to(client->begun->seq + 1, end)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace paynamed::websocket
