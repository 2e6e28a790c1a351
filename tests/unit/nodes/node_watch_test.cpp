// When nodes are looked at, and what becomes of what was found.
#include "nodes/node_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "../state/state_fixture.hpp"
#include "fake_backend.hpp"

namespace paynamed::nodes {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
using state::Ternary;

struct NodeWatchTest : state::StoreTest {
  base::ManualClock time{author.now};
  base::SeededRandom random{1};
  observe::Metrics metrics;
  NodeBook book{time};
  FakeBackend backend;
  std::vector<std::string> instances{"node"};
  std::size_t looks_at_once = 16;
  std::unique_ptr<NodeWatch> watch;
  asio::cancellation_signal stop;
  bool ended = true;
  std::size_t quiet = 0;

  NodeWatchTest() { settings.synchronous_off_for_tests = true; }
  void SetUp() override {
    open();
    quiet = handlers_of_a_write();
    backend.nodes.insert_or_assign("", FakeBackend::up());
  }
  void TearDown() override { stop_watch(); }

  void start_watch() {
    watch = std::make_unique<NodeWatch>(NodeWatch::Dependencies{
        io.get_executor(), *store, book, time, random, observe::Log::none(), metrics, backend.caller(),
        [this] { return instances; }, [] { return base::Duration{60'000}; }, looks_at_once});
    ended = false;
    asio::co_spawn(io, watch->run(),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr thrown) {
                     EXPECT_FALSE(thrown);
                     ended = true;
                   }));
    settle();
  }
  void stop_watch() {
    stop.emit(asio::cancellation_type::terminal);
    for (int i = 0; i < 100 && !ended; ++i) pass(1s);
    EXPECT_TRUE(ended);
    watch.reset();
  }
  // A write and all that happens until its answer has come.
  std::size_t handlers_of_a_write() {
    bool written = false;
    asio::co_spawn(io, store->put_proof("default", "nobody@example.com", {}),
                   [&](std::exception_ptr, state::Result<void>) { written = true; });
    io.restart();
    std::size_t ran = 0;
    while (!written) ran += io.run_one();
    io.restart();
    return ran + io.poll();
  }
  void settle() {
    for (int i = 0; i < 100 && handlers_of_a_write() > quiet; ++i) {
    }
  }
  void pass(base::Duration how_long) {
    const auto end = time.monotonic() + how_long;
    for (;;) {
      settle();
      const auto left = std::chrono::ceil<base::Duration>(end - time.monotonic());
      if (left.count() <= 0) return;
      time.advance(std::clamp(time.until_next().value_or(left), base::Duration{1}, left));
    }
  }
  // A live name with its offer there.
  void make_live_at(const std::string& name, const state::NodePlace& place) {
    const state::NewRun run = author.run(state::Verb::kRegister, name);
    const auto accepted = accept(run);
    ASSERT_TRUE(accepted);
    const std::string at =
        R"(,"node_instance":")" + place.instance + R"(","node":")" + place.reference + "\"";
    std::vector<state::NewEvent> events{
        author.run_event(
            "name.published", run,
            R"(,"value":"bitcoin:?lno=lno1","ttl":60,"dns_instance":"zone","source":"node")" + at),
        author.run_event("run.completed", run)};
    ASSERT_TRUE(record(accepted->key, 0, {}, std::move(events)));
  }
  std::size_t looks() const { return backend.called.size(); }
  std::vector<std::string> said() {
    std::vector<std::string> types;
    const auto page = store->events_after("default", {}, 1000);
    for (const state::Event& event : page->events) {
      if (event.type.starts_with("node.")) types.push_back(event.type);
    }
    return types;
  }
};

TEST_F(NodeWatchTest, ANodeIsAskedAtOnceAndThenOnceAnInterval) {
  start_watch();
  pass(2s);
  EXPECT_EQ(looks(), 1U);
  EXPECT_EQ(book.look_at({"node", ""})->reachable, Ternary::kYes);
  EXPECT_EQ(store->node_looks()->size(), 1U);
  pass(10min);
  EXPECT_GE(looks(), 10U);
  EXPECT_LE(looks(), 13U);
}

TEST_F(NodeWatchTest, NodesComeAndGoWithTheConfigurationAndTheirOwners) {
  start_watch();
  pass(2s);
  instances.push_back("second");
  state::NodeRow added;
  added.place = {"node", "https://a:1"};
  backend.nodes.insert_or_assign("https://a:1", FakeBackend::up(std::string(66, 'b')));
  book.put_node(added);
  pass(10s);
  EXPECT_TRUE(book.look_at({"second", ""}));
  EXPECT_TRUE(book.look_at({"node", "https://a:1"}));
  instances.pop_back();
  book.erase_node(added.place);
  pass(10s);
  EXPECT_FALSE(book.look_at({"second", ""}));
  const auto before = looks();
  pass(5min);
  EXPECT_LE(looks() - before, 6U);
}

TEST_F(NodeWatchTest, ASecondLookComesSoonAndOnlyThenItIsSaid) {
  // At a node that nobody configured or added.
  const state::NodePlace place{"sandbox", "n1"};
  make_live("alice@example.com");
  backend.nodes.insert_or_assign("n1", FakeBackend::up());
  start_watch();
  pass(2s);
  ASSERT_TRUE(book.look_at(place));
  backend.nodes.insert_or_assign("n1", FakeBackend::down());
  while (book.look_at(place)->missed == 0) pass(1s);
  EXPECT_THAT(said(), IsEmpty());
  pass(15s);
  EXPECT_THAT(said(), ElementsAre("node.unreachable"));
  pass(10min);
  EXPECT_THAT(said(), ElementsAre("node.unreachable"));
  // Nobody is told again after a restart.
  stop_watch();
  book.erase_look(place);
  ASSERT_TRUE(book.load(*store));
  start_watch();
  pass(3min);
  EXPECT_THAT(said(), ElementsAre("node.unreachable"));
  backend.nodes.insert_or_assign("n1", FakeBackend::up());
  pass(3min);
  EXPECT_THAT(said(), ElementsAre("node.unreachable", "node.reachable"));
  stop_watch();
  expect_sound();
}

TEST_F(NodeWatchTest, WhoIsNotCalledAtTheMomentWasNotLost) {
  start_watch();
  pass(2s);
  backend.nodes.insert_or_assign("", base::fail(base::unavailable("its calls fail").with_deferral("node")));
  pass(3min);
  EXPECT_EQ(book.look_at({"node", ""})->reachable, Ternary::kYes);
  pass(3min);
  // But it is not known any more.
  EXPECT_EQ(book.receivable_at({"node", ""}, "default").state, Ternary::kUnknown);
}

TEST_F(NodeWatchTest, ARefusalOfOurCredentialsIsNoAnswer) {
  backend.nodes.insert_or_assign("", base::fail(base::unauthenticated("The node does not know the rune.")));
  start_watch();
  pass(2s);
  const auto look = book.look_at({"node", ""});
  ASSERT_TRUE(look);
  EXPECT_EQ(look->code, "unauthenticated");
  EXPECT_EQ(book.receivable_at({"node", ""}, "default").state, Ternary::kNo);
}

TEST_F(NodeWatchTest, MoreNodesThanLooksAtOnceHaveTheirTurns) {
  std::vector<state::NodePlace> places;
  for (int i = 0; i < 9; ++i) {
    state::NodeRow added;
    added.place = {"node", "https://n" + std::to_string(i) + ":1"};
    book.put_node(added);
    backend.nodes.insert_or_assign(added.place.reference, FakeBackend::up());
    places.push_back(added.place);
  }
  base::Broadcast gate{time};
  backend.info_gate = &gate;
  backend.gated = 100;
  looks_at_once = 2;
  start_watch();
  pass(2s);
  EXPECT_EQ(backend.at_work, 2) << "the others wait for their turn";
  backend.gated = 0;
  gate.notify();
  pass(10s);
  EXPECT_EQ(backend.at_work, 0);
  EXPECT_EQ(backend.most_at_work, 2);
  for (const auto& place : places) EXPECT_TRUE(book.look_at(place)) << place.reference;
  EXPECT_TRUE(book.look_at({"node", ""}));
  // One that hangs keeps one look from the others, and no more.
  base::Broadcast later{time};
  backend.info_gate = &later;
  backend.gated = 1;
  while (backend.at_work == 0) pass(1s);
  const auto before = looks();
  pass(2min);
  EXPECT_GE(looks() - before, 10U);
  later.notify();
  stop_watch();
}

TEST_F(NodeWatchTest, AnotherNodeAtTheAddressOfAnAddedOneDidNotAnswerForIt) {
  const state::NodePlace place{"node", "https://a:1"};
  state::NodeRow added;
  added.tenant = "default";
  added.place = place;
  added.node_id = std::string(66, 'a');
  book.put_node(added);
  backend.nodes.insert_or_assign(place.reference, FakeBackend::up());
  make_live_at("alice@example.com", place);
  start_watch();
  pass(2s);
  ASSERT_EQ(book.receivable_at(place, "default").state, Ternary::kYes);
  backend.nodes.insert_or_assign(place.reference, FakeBackend::up(std::string(66, 'b')));
  while (book.look_at(place)->code.empty()) pass(1s);
  EXPECT_EQ(book.look_at(place)->code, "other_node");
  const auto said_of_it = book.receivable_at(place, "default");
  EXPECT_EQ(said_of_it.state, Ternary::kNo) << "one look is enough for this";
  EXPECT_THAT(said_of_it.reason, HasSubstr(std::string(66, 'b')));
  EXPECT_FALSE(said_of_it.max_msat);
  pass(15s);
  EXPECT_THAT(said(), ElementsAre("node.unreachable"));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_nodes_other 1"));
  // Over a restart, too.
  NodeBook later{time};
  ASSERT_TRUE(later.load(*store));
  EXPECT_EQ(later.other_at(place), std::string(66, 'b'));
  backend.nodes.insert_or_assign(place.reference, FakeBackend::up());
  pass(3min);
  EXPECT_EQ(book.receivable_at(place, "default").state, Ternary::kYes);
  EXPECT_THAT(said(), ElementsAre("node.unreachable", "node.reachable"));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_nodes_other 0"));
  stop_watch();
}

TEST_F(NodeWatchTest, WhatAPluginSaysIsBounded) {
  auto reply = FakeBackend::up("<script>");
  reply.set_version(std::string(10'000, 'v'));
  reply.set_explanation("a\nb" + std::string(10'000, 'x'));
  reply.set_inbound_msat(UINT64_MAX);
  backend.nodes.insert_or_assign("", reply);
  start_watch();
  pass(2s);
  const auto look = book.look_at({"node", ""});
  ASSERT_TRUE(look);
  EXPECT_EQ(look->node_id, "");
  EXPECT_LE(look->version.size(), 64U);
  EXPECT_LE(look->explanation.size(), 500U);
  EXPECT_EQ(look->explanation.find('\n'), std::string::npos);
  EXPECT_LE(look->inbound_msat, 2'100'000'000'000'000'000U);
}

}  // namespace
}  // namespace paynamed::nodes
