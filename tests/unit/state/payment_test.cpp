// Payments are taken in once, whatever is told twice, and belong to whoever made what was paid.
#include <gmock/gmock.h>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kNodeId = "02" + std::string(64, 'a');

struct Payments : StoreTest {
  void SetUp() override { open(); }

  static PaymentSource source(const std::string& instance = "sandbox", const std::string& node = "") {
    return {kNodeId, instance, node, "regtest", false};
  }
  // The offer that make_live() gives every name is the same; these have one of their own.
  void make_payable(const std::string& name, const std::string& offer_id,
                    const std::string& tenant = "default") {
    NewRun run = author.run(Verb::kRegister, name, "owner of " + name, tenant);
    const auto accepted = accept(run);
    ASSERT_TRUE(accepted) << accepted.error().to_string();
    ASSERT_TRUE(record(accepted->key, 0, {},
                       {author.offer_created(run, offer_id), author.published(run, "bitcoin:?lno=lno1xyz"),
                        author.live(run, "bitcoin:?lno=lno1xyz"), author.run_event("run.completed", run)}));
  }
  static IncomingPayment payment(const std::string& key, const std::string& offer_id,
                                 std::uint64_t msat = 1'000) {
    IncomingPayment payment;
    payment.pay_key = key;
    payment.payment_hash = std::string(64, 'c');
    payment.received_msat = msat;
    payment.paid_at = base::WallTime{std::chrono::seconds{1'700'000'100}};
    payment.offer_id = offer_id;
    return payment;
  }
  Result<TakenIn> take_in(const std::string& from, const std::string& to,
                          std::vector<IncomingPayment> payments, PaymentSource of = source()) {
    TakeIn batch{std::move(of), from, to, std::move(payments), author.now};
    return wait_for(io, store->take_in(std::move(batch)));
  }
  std::vector<Event> events(const std::string& tenant = "default",
                            const std::string& type = "payment.received") {
    std::vector<Event> all;
    auto page = store->events_after(tenant, {}, 1'000);
    for (Event& each : page->events) {
      if (each.type == type) all.push_back(std::move(each));
    }
    return all;
  }
  NodeCursor cursor(PaymentSource of = source()) {
    const auto found = store->find_cursor(of);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : NodeCursor{};
  }
};

const std::string kOffer = std::string(64, '1');
const std::string kOtherOffer = std::string(16, '1') + std::string(48, '2');

TEST_F(Payments, APaymentIsAnEventAndARowForWhoeverHasTheOffer) {
  make_payable("alice@example.com", kOffer);
  make_payable("bob@example.com", kOtherOffer, "other");
  const auto taken =
      take_in("", "1", {payment("p1", kOffer, 5'000), payment("p2", kOtherOffer), payment("p3", "")});
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_EQ(taken->taken_in, 2u);
  EXPECT_EQ(taken->strays, 1u);
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events()[0].subject, "alice@example.com");
  EXPECT_THAT(events()[0].data, testing::HasSubstr(R"("owner":"owner of alice@example.com")"));
  EXPECT_EQ(events("other").size(), 1u);
  const auto rows = *store->list_payments("default", "", {}, 10);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].received_msat, 5'000u);
  EXPECT_EQ(rows[0].id, events()[0].id);
  EXPECT_EQ(rows[0].name, "alice@example.com");
  EXPECT_EQ(rows[0].node_id, kNodeId);
  EXPECT_FALSE(rows[0].livemode);
  EXPECT_TRUE(*store->find_payment("default", rows[0].id));
  EXPECT_FALSE(*store->find_payment("other", rows[0].id)) << "it is another tenant's";
  EXPECT_EQ(cursor().cursor, "1");
  EXPECT_EQ(cursor().taken_in, 2u);
  EXPECT_EQ(cursor().strays, 1u);
  EXPECT_EQ(cursor().last_payment, payment("", "").paid_at);
  EXPECT_EQ(store->totals()->payments, 2u);
  expect_sound();
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  EXPECT_EQ(store->list_payments("default", "", {}, 10)->size(), 1u);
  EXPECT_EQ(store->totals()->payments, 2u);
}

TEST_F(Payments, ThePaymentThatIsToldTwiceIsTakenInOnce) {
  make_payable("alice@example.com", kOffer);
  ASSERT_TRUE(take_in("", "2", {payment("p1", kOffer), payment("p1", kOffer)}));
  EXPECT_EQ(events().size(), 1u) << "within one batch";
  auto again = take_in("2", "3", {payment("p1", kOffer), payment("p2", kOffer)});
  EXPECT_EQ(again->known, 1u);
  EXPECT_EQ(again->taken_in, 1u);
  EXPECT_EQ(events().size(), 2u) << "in another batch";
  reopen();
  again = take_in("3", "4", {payment("p2", kOffer)});
  EXPECT_EQ(again->known, 1u) << "after a restart";
  EXPECT_EQ(events().size(), 2u);
  expect_sound();
}

TEST_F(Payments, OneOfTwoBatchesFromTheSameCursorLoses) {
  make_payable("alice@example.com", kOffer);
  ASSERT_TRUE(take_in("", "1", {payment("p1", kOffer)}));
  const auto late = take_in("", "1", {payment("p1", kOffer), payment("p9", kOffer)});
  EXPECT_EQ(late.error().code(), Code::kAborted);
  EXPECT_EQ(events().size(), 1u) << "nothing of it is written";
  EXPECT_EQ(cursor().cursor, "1");
  expect_sound();
}

TEST_F(Payments, WhatIsReadWithoutMovingOnIsNotCountedAsStray) {
  make_payable("alice@example.com", kOffer);
  const auto taken = take_in("", "", {payment("p1", kOffer), payment("p2", "")});
  EXPECT_EQ(taken->taken_in, 1u);
  EXPECT_EQ(taken->strays, 0u);
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer), payment("p2", "")})->strays, 1u);
  EXPECT_EQ(cursor().strays, 1u);
  EXPECT_EQ(cursor().taken_in, 1u);
}

TEST_F(Payments, ABrokenPaymentHoldsTheCursorOnlyWhenItIsSomebodys) {
  make_payable("alice@example.com", kOffer);
  TakeIn foreign{
      source(), "", "1", {payment("p1", kOffer)}, author.now, {{std::string(64, '9'), {}}, {"", {}}}};
  const auto passed = wait_for(io, store->take_in(foreign));
  ASSERT_TRUE(passed) << passed.error().to_string();
  EXPECT_EQ(passed->strays, 2u);
  EXPECT_THAT(passed->held, IsEmpty());
  EXPECT_EQ(cursor().cursor, "1");
  TakeIn ours{source(),   "1",
              "2",        {payment("p2", kOffer), payment("stray", "")},
              author.now, {{"", {}}, {kOffer, {}}}};
  const auto held = wait_for(io, store->take_in(ours));
  ASSERT_TRUE(held);
  EXPECT_THAT(held->held, ElementsAre(1u));
  EXPECT_EQ(held->taken_in, 1u) << "what can be taken in is";
  EXPECT_EQ(held->strays, 0u);
  EXPECT_EQ(cursor().cursor, "1");
  EXPECT_EQ(cursor().strays, 2u);
  // At another instance nothing of it was made.
  TakeIn elsewhere{source("other"), "", "1", {}, author.now, {{kOffer, {}}}};
  EXPECT_THAT(wait_for(io, store->take_in(elsewhere))->held, IsEmpty());
  expect_sound();
}

TEST_F(Payments, ACursorIsRestartedWithoutNewsToo) {
  make_payable("alice@example.com", kOffer);
  ASSERT_TRUE(take_in("", "2", {payment("p1", kOffer)}));
  const auto before = store->totals()->events;
  ASSERT_TRUE(wait_for(io, store->restart_cursor(source(), "2", std::nullopt)));
  EXPECT_EQ(cursor().cursor, "");
  EXPECT_EQ(cursor().resyncs, 1u);
  EXPECT_EQ(store->totals()->events, before);
}

TEST_F(Payments, ARestartedCursorReadsAllAgainAndTakesNothingInTwice) {
  make_payable("alice@example.com", kOffer);
  ASSERT_TRUE(take_in("", "2", {payment("p1", kOffer), payment("stray", "")}));
  NewEvent news = author.event("node.resynced", kNodeId,
                               R"({"node_id":"x","node_instance":"node","reason":"it was restored"})");
  EXPECT_EQ(wait_for(io, store->restart_cursor(source(), "1", news)).error().code(), Code::kAborted);
  ASSERT_TRUE(wait_for(io, store->restart_cursor(source(), "2", news)));
  EXPECT_EQ(cursor().cursor, "");
  EXPECT_EQ(cursor().resyncs, 1u);
  EXPECT_EQ(events("default", "node.resynced").size(), 1u);
  const auto taken = take_in("", "2", {payment("p1", kOffer), payment("stray", ""), payment("p2", kOffer)});
  EXPECT_EQ(taken->known, 1u);
  EXPECT_EQ(taken->taken_in, 1u);
  EXPECT_EQ(cursor().strays, 1u) << "counted anew";
  EXPECT_EQ(events().size(), 2u);
  expect_sound();
}

TEST_F(Payments, OffersThatAreRetiredOrDisabledAndRemovedNamesAreStillPaid) {
  make_payable("alice@example.com", kOffer);
  NewRun run = author.run(Verb::kRotate, "alice@example.com");
  const auto accepted = accept(run);
  ASSERT_TRUE(
      record(accepted->key, 0, {},
             {author.offer_created(run, kOtherOffer),
              author.run_event("offer.retired", run,
                               R"(,"offer_id":")" + kOffer + R"(","until":"2023-12-01T00:00:00.000Z")"),
              author.run_event("run.completed", run)}));
  ASSERT_TRUE(take_in("", "1", {payment("p1", kOffer)}));
  EXPECT_THAT(events().back().data, testing::HasSubstr(R"("offer_state":"retired")"));
  remove("alice@example.com", author.now + std::chrono::hours{1});
  ASSERT_TRUE(wait_for(
      io, store->append("default",
                        {author.event("offer.disabled", "alice@example.com",
                                      R"({"name":"alice@example.com","offer_id":")" + kOffer + "\"}")})));
  ASSERT_TRUE(take_in("1", "2", {payment("p2", kOffer), payment("p3", kOtherOffer)}));
  ASSERT_EQ(events().size(), 3u);
  EXPECT_THAT(events()[1].data, testing::HasSubstr(R"("offer_state":"disabled")"));
  EXPECT_THAT(events()[1].data, testing::HasSubstr(R"("owner":)")) << "nobody has the name since";
  expect_sound();
}

TEST_F(Payments, ANameThatAnotherTenantHasByNowKeepsItsOldPayments) {
  make_payable("alice@example.com", kOffer);
  remove("alice@example.com", author.now);
  author.now += std::chrono::seconds{1};
  make_payable("alice@example.com", kOtherOffer, "other");
  ASSERT_TRUE(take_in("", "1", {payment("p1", kOffer), payment("p2", kOtherOffer)}));
  ASSERT_EQ(events().size(), 1u);
  EXPECT_THAT(events()[0].data, testing::Not(testing::HasSubstr("owner\"")))
      << "who had it is not known any more";
  EXPECT_THAT(events()[0].data, testing::Not(testing::HasSubstr("reference")));
  EXPECT_EQ(events("other").size(), 1u);
  EXPECT_EQ(store->list_payments("default", "alice@example.com", {}, 10)->size(), 1u);
  EXPECT_EQ(store->list_payments("other", "alice@example.com", {}, 10)->size(), 1u);
  expect_sound();
}

TEST_F(Payments, AnotherInstanceOrNodeSaysNothingOfAnOffer) {
  make_payable("alice@example.com", kOffer);  // at sandbox, node n1
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer)}, source("other"))->strays, 1u);
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer)}, source("sandbox", "n2"))->strays, 1u);
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer)}, source("sandbox", "n1"))->taken_in, 1u);
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer)}, source("sandbox"))->known, 1u)
      << "the same node under another reference";
  EXPECT_EQ(events().size(), 1u);
  expect_sound();
}

TEST_F(Payments, ANodeThatClaimsAnothersIdTakesNothingAway) {
  make_payable("alice@example.com", kOffer);
  NewRun run = author.run(Verb::kRegister, "mallory@example.com", "m", "other");
  const auto accepted = accept(run);
  const std::string offer = author
                                .run_event("offer.created", run,
                                           R"(,"offer_id":")" + kOtherOffer +
                                               R"(","offer":"lno1x","source":"node","node_instance":"own",)"
                                               R"("offer_key":"k")")
                                .data;
  ASSERT_TRUE(record(accepted->key, 0, {}, {author.event("offer.created", "mallory@example.com", offer)}));
  ASSERT_EQ(take_in("", "1", {payment("p1", kOtherOffer)}, source("own"))->taken_in, 1u);
  EXPECT_EQ(take_in("", "1", {payment("p1", kOffer)})->taken_in, 1u) << "the true payment with the same key";
  EXPECT_EQ(events().size(), 1u);
  expect_sound();
}

TEST_F(Payments, ListsAreNewestFirstAndGoOn) {
  make_payable("alice@example.com", kOffer);
  make_payable("bob@example.com", kOtherOffer);
  ASSERT_TRUE(
      take_in("", "1", {payment("p1", kOffer, 1), payment("p2", kOtherOffer, 2), payment("p3", kOffer, 3)}));
  const auto amounts = [](const Result<std::vector<PaymentRow>>& rows) {
    std::vector<std::uint64_t> all;
    for (const PaymentRow& each : *rows) all.push_back(each.received_msat);
    return all;
  };
  const auto first = store->list_payments("default", "", {}, 2);
  EXPECT_THAT(amounts(first), ElementsAre(3, 2));
  EXPECT_THAT(amounts(store->list_payments("default", "", first->back().id, 2)), ElementsAre(1));
  EXPECT_THAT(amounts(store->list_payments("default", "alice@example.com", {}, 10)), ElementsAre(3, 1));
  EXPECT_THAT(amounts(store->list_payments("nobody", "", {}, 10)), IsEmpty());
  EXPECT_EQ(store->list_payments("default", "", author.id(), 2).error().code(), Code::kInvalidArgument);
}

TEST_F(Payments, WhatWasNotCheckedIsNotWritten) {
  make_payable("alice@example.com", kOffer);
  EXPECT_EQ(take_in("", "1", {payment("", kOffer)}).error().code(), Code::kInternal);
  EXPECT_EQ(take_in("", "1", {payment("p", kOffer, 0)}).error().code(), Code::kInternal);
  EXPECT_EQ(take_in("", "1", {payment("p", kOffer, kMostMsat + 1)}).error().code(), Code::kInternal);
  IncomingPayment noted = payment("p", kOffer);
  noted.payer_note = std::string(10'000, 'x');
  EXPECT_EQ(take_in("", "1", {noted}).error().code(), Code::kInternal);
  EXPECT_FALSE(*store->find_cursor(source()));
}

TEST_F(Payments, ManyPaymentsOfTheLargestAmountAddUpInNoNumber) {
  make_payable("alice@example.com", kOffer);
  std::vector<IncomingPayment> many;
  for (int i = 0; i < 10; ++i) many.push_back(payment("p" + std::to_string(i), kOffer, kMostMsat));
  EXPECT_EQ(take_in("", "1", many)->taken_in, 10u);
  expect_sound();
}

}  // namespace
}  // namespace paynamed::state
