// An hour of a client whose line is bad, at a daemon that is restarted: it sees every event, in order.
#include <random>

#include "scene.hpp"

namespace paynamed {
namespace {

namespace json = boost::json;
using fakes::WebSocketClient;

// Somebody who keeps its position and comes back.
class Follower {
 public:
  explicit Follower(std::string members) : members_(std::move(members)) {}

  void connect(std::uint16_t port) {
    client_ = std::make_unique<WebSocketClient>(port);
    if (client_->open({{"Authorization", "Bearer key"}}) != 101) throw std::runtime_error(client_->answer());
    client_->send(subscribe(R"("position":")" + position_ + '"' + members_));
  }
  // Reads until `seq` was seen, or so many messages.
  void read_until(std::uint64_t seq, std::size_t most = SIZE_MAX) {
    for (std::size_t i = 0; i < most && last_ < seq; ++i) take(client_->read_json());
  }
  void cut() { client_.reset(); }
  bool connected() const { return client_ != nullptr; }
  const std::vector<std::uint64_t>& seen() const { return seen_; }
  std::uint64_t not_recovered() const { return not_recovered_; }

 private:
  void take(const json::object& message) {
    if (const json::value* subscribed = message.if_contains("subscribed");
        subscribed && !subscribed->at("recovered").as_bool())
      ++not_recovered_;
    const json::value* event = message.if_contains("event");
    if (!event) return;
    last_ = std::stoull(std::string(event->at("seq").as_string()));
    position_ = event->at("position").as_string();
    seen_.push_back(last_);
  }

  const std::string members_;
  std::unique_ptr<WebSocketClient> client_;
  std::string position_ = "1-0";
  std::uint64_t last_ = 0;
  std::uint64_t not_recovered_ = 0;
  std::vector<std::uint64_t> seen_;
};

class Cuts : public WebSocketScene {};

// A second of the hour is a step: an event each, and by chance some more, a cut, a restart.
TEST_F(Cuts, AnHourOfCutsAndRestartsLosesNothing) {
  start({{"max_queue_bytes", 65'536}, {"threads", 2}});
  std::mt19937 random(20261127);
  const auto chance = [&](unsigned below) { return random() % below; };
  Follower all("");
  Follower alice(R"(,"names":["alice@example.com"])");
  std::uint64_t head = 0;
  std::uint64_t last_of_alice = 0;
  int cuts = 0;
  int restarts = 0;
  for (int second = 0; second < 3'600; ++second) {
    std::vector<fakes::LoggedEvent> events(1 + (chance(60) == 0 ? chance(300) : 0));
    for (auto& event : events) {
      ++head;
      event.name = head % 5 == 0 ? "alice@example.com" : "bob@example.com";
      if (head % 5 == 0) last_of_alice = head;
    }
    host().append(events);
    if (chance(600) == 0) {
      ++restarts;
      all.cut();
      alice.cut();
      if (chance(2) == 0) {
        host().stop(base::Duration{100});
      } else {
        host().end();
      }
      host().start();
    }
    for (Follower* each : {&all, &alice}) {
      if (!each->connected() && chance(5) == 0) each->connect(host().port());
      if (!each->connected()) continue;
      const std::uint64_t end = each == &all ? head : last_of_alice;
      if (chance(20) == 0) {
        // In the middle of whatever is on its way.
        each->read_until(end, chance(20));
        each->cut();
        ++cuts;
      } else if (chance(4) != 0) {
        each->read_until(end);
      }
    }
  }
  for (Follower* each : {&all, &alice}) {
    if (!each->connected()) each->connect(host().port());
  }
  all.read_until(head);
  alice.read_until(last_of_alice);
  EXPECT_GT(cuts, 100);
  EXPECT_GT(restarts, 1);
  std::vector<std::uint64_t> every;
  std::vector<std::uint64_t> fifth;
  for (std::uint64_t seq = 1; seq <= head; ++seq) {
    every.push_back(seq);
    if (seq % 5 == 0) fifth.push_back(seq);
  }
  EXPECT_EQ(all.seen(), every);
  EXPECT_EQ(alice.seen(), fifth);
  EXPECT_EQ(all.not_recovered() + alice.not_recovered(), 0U);
}

}  // namespace
}  // namespace paynamed
