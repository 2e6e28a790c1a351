// The hub, by chance: clients with several subscriptions, filters and bounds of their credentials come and
// go, are stuck and read on, while pages come, reads are answered or fail, and the follower begins anew.
// Whatever comes between, each subscription gets what it wants, in order, once.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <random>

#include "hub.hpp"

namespace paynamed::websocket {
namespace {

constexpr std::uint32_t kEpoch = 3;

ServedEvent event(std::uint64_t seq) {
  ServedEvent event;
  event.set_seq(seq);
  event.set_type(seq % 2 == 0 ? "payment.received" : "order.paid");
  event.set_name(seq % 3 == 0 ? "alice@example.com" : "bob@example.com");
  event.set_text("{\"#\":" + std::to_string(seq) + "}");
  return event;
}

// What it was sent, by number of a subscription.
class ChanceClient final : public Subscriber {
 public:
  const Filter& scope() const override { return allowed; }
  bool has_room() const override { return waiting < room / 4; }
  bool overflows(std::size_t more) const override { return waiting > 0 && waiting + more > room; }
  void push(Slice slice) override {
    waiting += slice.size();
    take(std::string_view(slice.batch->data() + slice.begin, slice.size()));
  }
  void push_text(const std::string&) override {}
  void flush() override {
    if (!stuck) waiting = 0;
  }
  void confirm(std::uint32_t number, ReplyId, Position position) override {
    EXPECT_FALSE(begun.contains(number)) << "confirmed twice";
    EXPECT_TRUE(seqs[number].empty()) << "events before the reply";
    begun[number] = position;
  }
  void not_recovered(std::uint32_t, ReplyId, Position) override { ADD_FAILURE() << "every position is good"; }
  void refused(std::uint32_t number, ReplyId, const Error&) override {
    refusals.insert_or_assign(number, true);
  }
  void position_lost() override { lost = true; }

  Filter allowed;
  std::size_t room = 0;
  std::size_t waiting = 0;
  bool stuck = false;
  bool lost = false;
  std::map<std::uint32_t, std::vector<std::uint64_t>> seqs;
  std::map<std::uint32_t, Position> begun;
  std::map<std::uint32_t, bool> refusals;

 private:
  // {"subscription":2,"event":{"#":7}}
  void take(std::string_view frames) {
    constexpr std::string_view kNumber = "\"subscription\":";
    constexpr std::string_view kSeq = "\"#\":";
    for (std::size_t at = frames.find(kNumber); at != frames.npos; at = frames.find(kNumber, at + 1)) {
      const auto number =
          static_cast<std::uint32_t>(std::stoul(std::string(frames.substr(at + kNumber.size(), 4))));
      const std::size_t seq = frames.find(kSeq, at) + kSeq.size();
      EXPECT_TRUE(begun.contains(number)) << "an event before the reply";
      seqs[number].push_back(std::stoull(std::string(frames.substr(seq, 8))));
    }
  }
};

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {
    end_ = followed_ = below(20);
    // Some come before the end is known.
    if (below(2) == 0) attach();
  }

  void step() {
    switch (below(12)) {
      case 0:
        return come();
      case 1:
      case 2:
        return subscribe();
      case 3:
      case 4:
        end_ += below(6);
        return;
      case 5:
      case 6:
        return follow();
      case 7:
      case 8:
        return answer(below(40) == 0);
      case 9:
        return unsubscribe();
      case 10:
        if (below(10) == 0) attach();
        return;
      default:
        return read_on_or_not();
    }
  }

  // Everybody reads on, and everything is answered.
  void settle() {
    if (!attached_) attach();
    for (int round = 0; round < 4; ++round) {
      follow();
      for (Member& each : all_) {
        each.client.stuck = false;
        each.client.waiting = 0;
        for (const auto& subscription : each.subscriptions) hub_->resume(subscription);
      }
      while (!reads_.empty()) answer(false);
    }
  }

  void check() const {
    for (const Member& each : all_) {
      if (each.client.lost) continue;
      for (const auto& subscription : each.subscriptions) {
        const std::uint32_t number = subscription->number;
        if (each.client.refusals.contains(number)) continue;
        ASSERT_TRUE(each.client.begun.contains(number));
        const auto found = each.client.seqs.find(number);
        const auto got = found == each.client.seqs.end() ? std::vector<std::uint64_t>() : found->second;
        EXPECT_EQ(got, wanted(each, *subscription)) << "subscription " << number;
        ++checked;
      }
    }
  }
  mutable std::size_t checked = 0;

 private:
  struct Member {
    ChanceClient client;
    std::vector<std::shared_ptr<Subscription>> subscriptions;
  };

  unsigned below(unsigned most) { return static_cast<unsigned>(random_() % most); }

  Filter filter() {
    switch (below(4)) {
      case 0:
        return Filter::make({"payment.*"}, {}).value();
      case 1:
        return Filter::make({}, {"alice@example.com"}).value();
      default:
        return {};
    }
  }

  std::vector<std::uint64_t> wanted(const Member& member, const Subscription& subscription) const {
    std::vector<std::uint64_t> out;
    const Position begun = member.client.begun.at(subscription.number);
    for (std::uint64_t seq = begun.seq + 1; seq <= end_; ++seq) {
      const ServedEvent one = event(seq);
      if (subscription.filter.matches(one.type(), one.name()) &&
          member.client.allowed.matches(one.type(), one.name()))
        out.push_back(seq);
    }
    return out;
  }

  void come() {
    if (all_.size() >= 6) return;
    Member& member = all_.emplace_back();
    member.client.room = 100 + below(600);
    member.client.allowed = filter();
  }

  void subscribe() {
    if (all_.empty()) return;
    Member& member = all_[below(static_cast<unsigned>(all_.size()))];
    if (member.subscriptions.size() >= 4 || member.client.lost) return;
    const auto subscription = std::make_shared<Subscription>();
    subscription->client = &member.client;
    subscription->number = 1;
    // The lowest that is free: one that was used before comes again.
    while (std::ranges::any_of(member.subscriptions,
                               [&](const auto& each) { return each->number == subscription->number; }))
      ++subscription->number;
    member.client.begun.erase(subscription->number);
    member.client.seqs.erase(subscription->number);
    member.client.refusals.erase(subscription->number);
    subscription->filter = filter();
    if (below(3) != 0) subscription->after = Position{kEpoch, below(static_cast<unsigned>(end_) + 1)};
    member.subscriptions.push_back(subscription);
    hub_->add(subscription);
  }

  void unsubscribe() {
    if (all_.empty()) return;
    Member& member = all_[below(static_cast<unsigned>(all_.size()))];
    if (member.subscriptions.empty()) return;
    const std::size_t which = below(static_cast<unsigned>(member.subscriptions.size()));
    hub_->remove(member.subscriptions[which]);
    member.subscriptions.erase(member.subscriptions.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void read_on_or_not() {
    if (all_.empty()) return;
    Member& member = all_[below(static_cast<unsigned>(all_.size()))];
    member.client.stuck = below(3) == 0;
    if (member.client.stuck) return;
    member.client.waiting = 0;
    for (const auto& subscription : member.subscriptions) hub_->resume(subscription);
  }

  SharedPage page(Position after, std::uint64_t most) const {
    Page page{after, {}};
    page.reply.set_recovered(true);
    const std::uint64_t last = std::min(end_, after.seq + most);
    for (std::uint64_t seq = after.seq + 1; seq <= last; ++seq) *page.reply.add_events() = event(seq);
    *page.reply.mutable_next() = to_message({kEpoch, last});
    *page.reply.mutable_head() = to_message({kEpoch, end_});
    return std::make_shared<const Page>(std::move(page));
  }

  void attach() {
    attached_ = true;
    followed_ = end_;
    hub_->attached({kEpoch, end_});
  }

  void follow() {
    if (!attached_ || followed_ == end_) return;
    const auto next = page({kEpoch, followed_}, 1'000);
    followed_ = end_;
    hub_->follows(next);
  }

  void answer(bool fails) {
    if (reads_.empty()) return;
    // Not always in the order in which they were asked.
    const auto which =
        reads_.begin() + static_cast<std::ptrdiff_t>(below(static_cast<unsigned>(reads_.size())));
    const auto [after, then] = std::move(*which);
    reads_.erase(which);
    if (fails) return then(Error(Code::kUnavailable, "the daemon stops"));
    Hub::Read read;
    read.head = {kEpoch, end_};
    read.shared = below(2) == 0;
    read.frames = std::make_shared<PageFrames>(page(after, 10), budget_);
    then(read);
  }

  std::mt19937 random_;
  std::uint64_t end_ = 0;
  std::uint64_t followed_ = 0;
  bool attached_ = false;
  std::shared_ptr<CatchUpBudget> budget_ = std::make_shared<CatchUpBudget>(1'000'000'000);
  std::deque<std::pair<Position, std::function<void(const Result<Hub::Read>&)>>> reads_;
  std::shared_ptr<Hub> hub_ = std::make_shared<Hub>(
      [this](const Subscriber&, Position after, std::function<void(const Result<Hub::Read>&)> then) {
        reads_.emplace_back(after, std::move(then));
      },
      budget_);
  std::deque<Member> all_;
};

TEST(HubChance, EachSubscriptionGetsWhatItWantsInOrderOnce) {
  std::size_t checked = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(seed);
    for (int step = 0; step < 400; ++step) chance.step();
    chance.settle();
    chance.check();
    checked += chance.checked;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(checked, 1'000U) << "there was something to see";
}

}  // namespace
}  // namespace paynamed::websocket
