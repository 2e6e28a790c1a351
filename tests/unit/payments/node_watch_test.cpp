// The payments of one node: read on from where it was left, once each, whatever the node or its plugin does.
#include "payments/node_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {
namespace {
namespace asio = boost::asio;

using State = WatchStatus::State;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct NodeWatchTest : PaymentsFixture {
  std::unique_ptr<Services> with;
  std::unique_ptr<NodeWatch> watch;
  std::unique_ptr<asio::cancellation_signal> signal;
  bool ended = true;

  void start(bool long_polls = true) {
    with = std::make_unique<Services>(services());
    watch = std::make_unique<NodeWatch>(nodes.front(), long_polls, *with);
    signal = std::make_unique<asio::cancellation_signal>();
    ended = false;
    asio::co_spawn(io, watch->run(), asio::bind_cancellation_slot(signal->slot(), [this](std::exception_ptr) {
                     ended = true;
                   }));
  }
  void stop() {
    asio::post(io, [this] { signal->emit(asio::cancellation_type::terminal); });
    until([this] { return ended; }, "the watch ends");
  }
  void TearDown() override {
    if (!ended) stop();
  }
  State state() const { return watch->status().state; }
  void until_waiting() {
    until([this] { return backend.waiting > 0; }, "the watch has read all and waits");
  }
  void until_failing() {
    until([this] { return state() == State::kFailing; }, "the watch fails");
  }
  double counted(const std::string& metric) {
    return metrics.counter(metric, "", {{"instance", "sandbox"}}).value();
  }
};

TEST_F(NodeWatchTest, WhatIsThereAndWhatComesIsTakenInOnce) {
  pay("p1", 5'000);
  backend.add("stray").set_invoice_key("shop 17");
  start();
  until_waiting();
  EXPECT_EQ(events().size(), 1u);
  pay("p2");
  until([this] { return counted("paynamed_payments_total") == 2; }, "the second payment");
  EXPECT_EQ(events().size(), 2u);
  EXPECT_EQ(cursor()->cursor, "a3");
  EXPECT_EQ(cursor()->strays, 1u);
  EXPECT_EQ(counted("paynamed_payment_batches_total"), 2);
  EXPECT_EQ(counted("paynamed_stray_payments_total"), 1);
  EXPECT_EQ(watch->status().node_id, backend.node_id);
  stop();
  pay("p3");
  start();
  until([this] { return events().size() == 3; }, "what came meanwhile");
  until_waiting();
  EXPECT_EQ(events().size(), 3u);
  EXPECT_EQ(backend.polls.back().cursor(), "a4") << "it was read on, not again";
  expect_sound();
}

TEST_F(NodeWatchTest, TheHistoryOfANodeIsDrainedSilently) {
  for (int i = 0; i < 2'500; ++i) backend.add("old-" + std::to_string(i)).set_invoice_key("shop");
  pay("ours");
  const auto before = store->totals()->events;
  start();
  until_waiting();
  EXPECT_EQ(cursor()->strays, 2'500u);
  EXPECT_EQ(store->totals()->events, before + 1) << "nothing was said of what is not ours";
  EXPECT_LT(backend.polls.size(), 15u) << "it reads more at once while that is quick";
}

TEST_F(NodeWatchTest, ABacklogOfOursIsTakenInOnceWhateverFailsMeanwhile) {
  for (int i = 0; i < 700; ++i) pay("p" + std::to_string(i));
  // The one that is read ahead, too.
  backend.failing_polls = {3, 6};
  start();
  until([this] { return events().size() == 700; }, "all of them");
  until_waiting();
  EXPECT_EQ(events().size(), 700u);
  EXPECT_EQ(cursor()->taken_in, 700u);
  EXPECT_EQ(cursor()->cursor, "a700");
  EXPECT_EQ(counted("paynamed_payment_watch_failures_total"), 2);
  expect_sound();
}

TEST_F(NodeWatchTest, AWatchThatEndsWithinABacklogIsGoneOnWithLater) {
  for (int i = 0; i < 1'500; ++i) pay("p" + std::to_string(i));
  for (const std::size_t polls : {3U, 4U, 5U}) {
    backend.polls.clear();
    start();
    until([&] { return backend.polls.size() >= polls; });
    stop();
  }
  start();
  until([this] { return cursor()->cursor == "a1500"; }, "all of them");
  until_waiting();
  EXPECT_EQ(cursor()->taken_in, 1'500u);
  EXPECT_EQ(store->totals()->payments, 1'500u);
  expect_sound();
}

TEST_F(NodeWatchTest, WhatIsReadAheadCountsOnlyWhenTheCursorIsThere) {
  for (int i = 0; i < 250; ++i) pay("p" + std::to_string(i));
  backend.payments[50].set_received_msat(0);
  start();
  until_failing();
  EXPECT_EQ(cursor()->cursor, "") << "it is held by one of the first answer";
  EXPECT_EQ(events().size(), 99u);
  backend.payments[50].set_received_msat(1);
  until_waiting();
  EXPECT_EQ(events().size(), 250u);
  EXPECT_EQ(cursor()->cursor, "a250");
  expect_sound();
}

TEST_F(NodeWatchTest, AfterABurstTheNextPaymentIsWaitedForAtOnce) {
  start();
  until_waiting();
  const auto before = time.wall();
  for (int i = 0; i < 100; ++i) pay("p" + std::to_string(i));
  until([this] { return events().size() == 100 && backend.waiting > 0; });
  EXPECT_LT(time.wall() - before, std::chrono::seconds{1});
}

TEST_F(NodeWatchTest, NothingWaitsAtTheNodeBeforeAllIsRead) {
  pay("p1");
  start();
  until_waiting();
  ASSERT_GE(backend.polls.size(), 4u);
  for (std::size_t i = 0; i + 1 < backend.polls.size(); ++i) EXPECT_EQ(backend.polls[i].wait_ms(), 0u) << i;
  EXPECT_GT(backend.polls.back().wait_ms(), 0u);
}

TEST_F(NodeWatchTest, NothingWaitsWhereOthersHaveToGetThrough) {
  may_wait = false;
  start();
  until([this] { return state() == State::kWaiting; });
  const std::size_t polls = backend.polls.size();
  pass(base::Duration{30'000});
  EXPECT_GT(backend.polls.size(), polls + 3);
  EXPECT_LT(backend.polls.size(), polls + 40);
  for (const auto& each : backend.polls) EXPECT_EQ(each.wait_ms(), 0u);
}

TEST_F(NodeWatchTest, APluginThatDoesNotWaitIsNotAskedWithoutAPause) {
  start();
  until_waiting();
  backend.waits = false;
  backend.add("stray");
  until([this] { return cursor().has_value() && cursor()->strays == 1; });
  const std::size_t polls = backend.polls.size();
  pass(base::Duration{30'000});
  EXPECT_LT(backend.polls.size(), polls + 40);
}

TEST_F(NodeWatchTest, WithoutLongPollsItAsksAgainAndAgain) {
  start(false);
  until([this] { return state() == State::kWaiting; });
  pay("p1");
  until([this] { return events().size() == 1; });
  for (const auto& each : backend.polls) EXPECT_EQ(each.wait_ms(), 0u);
}

TEST_F(NodeWatchTest, ANodeThatWasRestoredIsReadAgain) {
  pay("p1");
  pay("p2");
  pay("p3");
  start();
  until_waiting();
  EXPECT_EQ(events().size(), 3u);
  // The backup knows one payment, and one came since; the others' numbers are given again.
  backend.payments.resize(1);
  pay("p4");
  until([this] { return events().size() == 4; }, "the payment after the restore");
  until_waiting();
  EXPECT_EQ(events("node.resynced").size(), 1u);
  EXPECT_EQ(events("node.resynced")[0].subject, backend.node_id);
  EXPECT_EQ(cursor()->resyncs, 1u);
  EXPECT_EQ(cursor()->cursor, "a2");
  EXPECT_EQ(counted("paynamed_payment_resyncs_total"), 1);
  pay("p5");
  until([this] { return events().size() == 5; });
  expect_sound();
}

// Invoices end when all that was paid until their end has been read: that must not be said too early.
TEST_F(NodeWatchTest, ARestoredNodeIsNotReadToItsEndBeforeItWasReadAgain) {
  for (const char* key : {"p1", "p2", "p3"}) pay(key);
  start();
  until_waiting();
  const base::WallTime restored = time.wall();
  std::vector<base::WallTime> said;
  backend.lie = [&](const v1::WatchPaymentsRequest&, const v1::WatchPaymentsReply& reply) {
    if (reply.payments_size() > 0) said.push_back(watch->status().read_until.value_or(base::WallTime{}));
  };
  backend.payments.resize(1);
  pay("p4");
  until([this] { return events().size() == 4; }, "the payment after the restore");
  until_waiting();
  backend.lie = {};
  ASSERT_GE(said.size(), 2U) << "it was read again";
  for (const base::WallTime read_until : said) EXPECT_LE(read_until, restored);
  pass(base::Duration{60'000});
  ASSERT_TRUE(watch->status().read_until);
  EXPECT_GT(*watch->status().read_until, restored);
}

TEST_F(NodeWatchTest, ARestoredNodeIsNoticedAfterARestartToo) {
  pay("p1");
  pay("p2");
  start();
  until_waiting();
  stop();
  backend.payments.resize(1);
  start();
  until([this] { return cursor()->resyncs == 1; });
  until_waiting();
  EXPECT_EQ(events().size(), 2u);
}

TEST_F(NodeWatchTest, AnotherNodeInItsPlaceHasACursorOfItsOwn) {
  pay("p1");
  start();
  until_waiting();
  const auto first = source();
  const auto payments = backend.payments;
  backend.node_id = "03" + std::string(64, 'b');
  backend.cursor_prefix = "b";
  backend.payments.clear();
  pay("q1");
  until([this] { return events().size() == 2; }, "the payment at the other node");
  EXPECT_EQ((*store->find_cursor(source()))->cursor, "b1");
  EXPECT_EQ((*store->find_cursor(first))->cursor, "a1") << "the first one's stays";
  EXPECT_THAT(events("node.resynced"), IsEmpty()) << "nothing was lost";
  until_waiting();
  backend.node_id = first.node_id;
  backend.cursor_prefix = "a";
  backend.payments = payments;
  pay("p2");
  until([this] { return events().size() == 3; }, "the first node again");
  EXPECT_THAT(events("node.resynced"), IsEmpty());
  expect_sound();
}

TEST_F(NodeWatchTest, AnAnswerOfAnotherNodeIsNotTakenForThisOnes) {
  start();
  until_waiting();
  bool lied = false;
  backend.lie = [&](const v1::WatchPaymentsRequest& request, v1::WatchPaymentsReply& reply) {
    if (request.max() == 1 || lied) return;
    lied = true;
    reply.set_node_id("03" + std::string(64, 'b'));
  };
  pay("p1");
  until([this] { return events().size() == 1; });
  EXPECT_TRUE(lied);
  EXPECT_THAT(events()[0].data, HasSubstr(backend.node_id));
  stop();
}

TEST_F(NodeWatchTest, ACursorThatThePluginCannotReadAnyMoreIsAsIfTheNodeWereRestored) {
  pay("p1");
  start();
  until_waiting();
  stop();
  backend.cursor_prefix = "?";
  start();
  until([this] { return cursor()->resyncs == 1; });
  backend.cursor_prefix = "v2-";
  pay("p2");
  until([this] { return events().size() == 2; });
  EXPECT_EQ(cursor()->cursor, "v2-2");
}

TEST_F(NodeWatchTest, APluginThatTakesNoneOfItsCursorsIsAskedEverMoreSeldomAndSaidToBeRestoredOnce) {
  backend.takes_no_cursor = true;
  pay("p1");
  start();
  until([this] { return cursor() && cursor()->resyncs >= 3; });
  until_failing();
  EXPECT_EQ(events().size(), 1u);
  EXPECT_EQ(events("node.resynced").size(), 1u);
  const std::size_t polls = backend.polls.size();
  pass(base::Duration{600'000});
  EXPECT_LT(backend.polls.size(), polls + 100);
  EXPECT_EQ(events("node.resynced").size(), 1u);
  EXPECT_EQ(state(), State::kFailing);
  const auto told = std::ranges::count_if(
      log_lines, [](const std::string& line) { return line.find("read again") != std::string::npos; });
  EXPECT_EQ(told, 1) << "not at every try, and not as if all were well";
  backend.takes_no_cursor = false;
  until_waiting();
  EXPECT_EQ(watch->status().problem, "");
  // It moves on, and is restored then.
  pay("p2");
  until([this] { return events().size() == 2; });
  until_waiting();
  backend.payments.resize(1);
  until([this] { return events("node.resynced").size() == 2; }, "what is news again");
  expect_sound();
}

TEST_F(NodeWatchTest, ThatOneNodeWasRestoredHidesNotThatAnotherWas) {
  backend.takes_no_cursor = true;
  pay("p1");
  start();
  until([this] { return events("node.resynced").size() == 1; });
  const std::string first = std::exchange(backend.node_id, "03" + std::string(64, 'b'));
  until([this] { return events("node.resynced").size() == 2; }, "the other one is told of too");
  EXPECT_EQ(events("node.resynced").front().subject, first);
  EXPECT_EQ(events("node.resynced").back().subject, backend.node_id);
}

TEST_F(NodeWatchTest, APluginThatMovesItsCursorWithoutPaymentsAndTakesNoneIsNoLoopEither) {
  backend.takes_no_cursor = true;
  backend.lie = [](const v1::WatchPaymentsRequest&, v1::WatchPaymentsReply& reply) {
    reply.set_next_cursor("a0");
  };
  start();
  until([this] { return cursor() && cursor()->resyncs >= 3; });
  const std::size_t polls = backend.polls.size();
  pass(base::Duration{600'000});
  EXPECT_LT(backend.polls.size(), polls + 100);
  EXPECT_EQ(events("node.resynced").size(), 1u);
}

TEST_F(NodeWatchTest, ARestoredNodeWithoutPaymentsIsFine) {
  pay("p1");
  start();
  until_waiting();
  backend.payments.clear();
  until([this] { return cursor()->resyncs == 1; });
  until_waiting();
  EXPECT_EQ(state(), State::kWaiting);
  EXPECT_EQ(events("node.resynced").size(), 1u);
}

TEST_F(NodeWatchTest, APaymentThatCannotBeOneAndPaidNothingOfOursHoldsNobodyUp) {
  pay("p1");
  backend.add("foreign", 0).set_invoice_key("shop 17");
  backend.add("others", 0).set_offer_id(std::string(64, '2'));
  backend.add("").set_invoice_key("shop 18");
  pay("p2");
  start();
  until_waiting();
  EXPECT_EQ(events().size(), 2u);
  EXPECT_EQ(cursor()->cursor, "a5");
  EXPECT_EQ(counted("paynamed_payment_batches_total"), 1);
  EXPECT_EQ(cursor()->strays, 3u);
  EXPECT_EQ(counted("paynamed_broken_payments_total"), 3);
  EXPECT_EQ(state(), State::kWaiting);
  EXPECT_THAT(log_lines, Contains(HasSubstr("paid nothing of ours")));
  EXPECT_THAT(log_lines, Not(Contains(HasSubstr("foreign")))) << "what is not ours is not shown";
  expect_sound();
}

TEST_F(NodeWatchTest, OddPaymentsOfOthersAreWarnedOfOnceAWatch) {
  const auto warnings = [this] {
    return std::ranges::count_if(
        log_lines, [](const std::string& line) { return line.find("passed by") != std::string::npos; });
  };
  backend.add("foreign 1", 0);
  start();
  until_waiting();
  EXPECT_EQ(warnings(), 1);
  backend.add("foreign 2", 0);
  until([this] { return cursor()->cursor == "a2"; });
  backend.add("foreign 3", 0);
  until([this] { return cursor()->cursor == "a3"; });
  EXPECT_EQ(counted("paynamed_broken_payments_total"), 3);
  EXPECT_EQ(warnings(), 1);
  stop();
  backend.add("foreign 4", 0);
  start();
  until([this] { return cursor()->cursor == "a4"; });
  until_waiting();
  EXPECT_EQ(warnings(), 2);
}

TEST_F(NodeWatchTest, ABrokenPaymentWhoseOfferCannotBeReadHoldsTheCursor) {
  backend.add("odd", 0).set_offer_id(std::string(64, 'A'));
  start();
  until_failing();
  EXPECT_EQ(cursor()->cursor, "");
  EXPECT_THAT(watch->status().problem, HasSubstr("odd"));
}

TEST_F(NodeWatchTest, ANetworkThatIsNoneIsNotCutToOne) {
  backend.description.set_network(std::string(31, 'x') + "\xc3\xa4");
  pay("p1");
  start();
  until_failing();
  EXPECT_THAT(watch->status().problem, HasSubstr("network"));
  EXPECT_THAT(events(), IsEmpty());
  backend.description.set_network("regtest");
  until([this] { return events().size() == 1; });
}

TEST_F(NodeWatchTest, APaymentThatCannotBeOneHoldsTheCursorAndNothingElse) {
  pay("p1");
  pay("broken", 0);
  pay("p2");
  start();
  until_failing();
  EXPECT_EQ(events().size(), 2u) << "the good ones of the answer";
  EXPECT_EQ(cursor()->cursor, "");
  EXPECT_THAT(watch->status().problem, HasSubstr("the payment broken is of no amount"));
  EXPECT_GE(counted("paynamed_broken_payments_total"), 1);
  EXPECT_THAT(log_lines, Contains(HasSubstr("broken is of no amount")));
  pay("p3");
  until([this] { return events().size() == 3; }, "what comes in the same answer");
  EXPECT_EQ(state(), State::kFailing);
  const auto told = std::ranges::count_if(
      log_lines, [](const std::string& line) { return line.find("of no amount") != std::string::npos; });
  EXPECT_EQ(told, 1) << "it is said once, not at every try";
  backend.payments[1].set_received_msat(7);
  until_waiting();
  EXPECT_EQ(events().size(), 4u);
  EXPECT_EQ(cursor()->cursor, "a4");
  EXPECT_THAT(log_lines, Contains(HasSubstr("can be read again")));
  expect_sound();
}

TEST_F(NodeWatchTest, ANoteOfAnyBytesIsLeftOutAndThePaymentTakenIn) {
  pay("p1").set_payer_note("\xff\xfe");
  pay("p2").set_payer_note("thanks");
  start();
  until_waiting();
  const auto told = events();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].data.find("payer_note"), std::string::npos);
  EXPECT_NE(told[1].data.find("thanks"), std::string::npos);
  expect_sound();
}

TEST_F(NodeWatchTest, AnAnswerAgainstTheContractIsRefused) {
  struct Case {
    const char* what;
    std::function<void(v1::WatchPaymentsReply&)> change;
    const char* problem;
  };
  const Case cases[] = {
      {"no node id", [](v1::WatchPaymentsReply& reply) { reply.clear_node_id(); }, "which node it is"},
      {"no cursor", [](v1::WatchPaymentsReply& reply) { reply.clear_next_cursor(); }, "without a cursor"},
      {"a long cursor", [](v1::WatchPaymentsReply& reply) { reply.set_next_cursor(std::string(2'000, 'x')); },
       "too long"},
  };
  pay("p1");
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    backend.lie = [&](const v1::WatchPaymentsRequest& request, v1::WatchPaymentsReply& reply) {
      if (request.max() != 1) each.change(reply);
    };
    start();
    until_failing();
    EXPECT_THAT(watch->status().problem, HasSubstr(each.problem));
    EXPECT_THAT(events(), IsEmpty());
    EXPECT_FALSE(cursor());
    stop();
  }
}

TEST_F(NodeWatchTest, ACursorThatDoesNotMoveOnIsNoLoopWithoutAPause) {
  pay("p1");
  start();
  until_waiting();
  backend.lie = [](const v1::WatchPaymentsRequest& request, v1::WatchPaymentsReply& reply) {
    if (!request.cursor().empty()) reply.set_next_cursor(request.cursor());
  };
  pay("p2");
  until_failing();
  EXPECT_EQ(events().size(), 2u) << "the payment is taken in";
  EXPECT_THAT(watch->status().problem, HasSubstr("without moving its cursor"));
}

TEST_F(NodeWatchTest, AFailingNodeIsAskedEverMoreSeldomAndReadOnAfterwards) {
  pay("p1");
  for (int i = 0; i < 12; ++i) backend.fail_next(base::unavailable("the node does not answer"));
  start();
  until_failing();
  EXPECT_THAT(watch->status().problem, HasSubstr("does not answer"));
  const auto before = time.wall();
  until([this] { return events().size() == 1; }, "the payment, at last");
  EXPECT_GT(time.wall() - before, std::chrono::minutes{3}) << "there were pauses";
  until_waiting();
  EXPECT_EQ(watch->status().problem, "");
  EXPECT_EQ(counted("paynamed_payment_watch_failures_total"), 12);
}

TEST_F(NodeWatchTest, WhatTakesTooLongIsAskedForInSmallerParts) {
  for (int i = 0; i < 200; ++i) backend.add("old-" + std::to_string(i));
  pay("p1");
  backend.slow_above = 10;
  start();
  until([this] { return events().size() == 1; });
  EXPECT_EQ(cursor()->strays, 200u);
}

TEST_F(NodeWatchTest, ABackendWithoutPaymentsIsNotAskedForThem) {
  backend.description.set_watch_payments(false);
  start();
  until([this] { return state() == State::kNotWatched; });
  pass(base::Duration{60'000});
  EXPECT_THAT(backend.polls, IsEmpty());
  EXPECT_EQ(counted("paynamed_payment_watch_failures_total"), 0);
}

TEST_F(NodeWatchTest, OnlyBitcoinThatMovesIsLive) {
  struct Case {
    const char* network;
    bool moves_money;
    bool livemode;
  };
  int number = 0;
  for (const Case& each : {Case{"bitcoin", true, true}, Case{"bitcoin", false, false},
                           Case{"regtest", true, false}, Case{"signet", true, false}}) {
    backend.description.set_network(each.network);
    backend.description.set_moves_money(each.moves_money);
    pay("p" + std::to_string(++number));
    start();
    until([&] { return events().size() == static_cast<std::size_t>(number); });
    EXPECT_EQ(store->list_payments("default", "", {}, 1)->front().livemode, each.livemode) << each.network;
    stop();
  }
}

TEST_F(NodeWatchTest, SecretsTravelAsHandles) {
  nodes.front().secret_handles = {"handle-1"};
  start();
  until_waiting();
  for (const auto& each : backend.polls) {
    ASSERT_EQ(each.node().secret_handles_size(), 1);
    EXPECT_EQ(each.node().secret_handles(0), "handle-1");
  }
}

TEST_F(NodeWatchTest, SaysUntilWhenAllWasRead) {
  start();
  until_waiting();
  const auto read = watch->status().read_until;
  ASSERT_TRUE(read);
  EXPECT_LE(*read, time.wall());
  pass(base::Duration{120'000});
  EXPECT_GT(*watch->status().read_until, *read + std::chrono::seconds{60});
}

}  // namespace
}  // namespace paynamed::payments
