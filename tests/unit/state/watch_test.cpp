// What the monitor finds in the store and writes to it: names that stop being true and are true again, and
// offers whose end is near.
#include <gmock/gmock.h>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kValue = "bitcoin:?lno=lno1xyz";

struct Watch : StoreTest {
  void SetUp() override { open(); }

  NewEvent degraded(const std::string& name) {
    return author.event("name.degraded", name,
                        R"({"name":")" + name + R"(","reason":"two records","code":"extra_record"})");
  }
  NewEvent recovered(const std::string& name) {
    return author.event("name.recovered", name, R"({"name":")" + name + "\"}");
  }
  NewEvent expiring(const std::string& name) {
    return author.event(
        "offer.expiring", name,
        R"({"name":")" + name + R"(","offer_id":"0f0f","expires":"2030-01-01T00:00:00.000Z"})");
  }
  Result<void> append_if(Standing standing, NewEvent event, const std::string& tenant = "default") {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    return wait_for(io, store->append_if(tenant, std::move(standing), std::move(events)));
  }
  Result<void> degrade(const std::string& name) {
    return append_if({name, kValue, NameState::kLive}, degraded(name));
  }
  Result<void> recover(const std::string& name) {
    return append_if({name, kValue, NameState::kDegraded}, recovered(name));
  }
  std::vector<std::string> watched(const std::vector<NameKey>& keys) {
    std::vector<std::string> names;
    const auto found = store->watched_names(keys);
    EXPECT_TRUE(found) << found.error().to_string();
    for (const auto& each : *found) names.push_back(each.name);
    return names;
  }
};

TEST_F(Watch, ANameDegradesAndRecoversAndARebuildSaysTheSame) {
  make_live(kAlice);
  make_live("bob@example.com");
  const std::uint64_t revision = name(kAlice).revision;
  ASSERT_TRUE(degrade(kAlice));
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  EXPECT_FALSE(name(kAlice).live_since);
  EXPECT_EQ(name(kAlice).value, kValue);
  EXPECT_GT(name(kAlice).revision, revision);
  EXPECT_EQ(store->totals()->live, 1u);
  EXPECT_EQ(store->totals()->degraded, 1u);
  EXPECT_EQ(store->totals()->names, 2u);
  expect_sound();
  reopen();
  EXPECT_EQ(store->totals()->degraded, 1u);

  ASSERT_TRUE(recover(kAlice));
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_TRUE(name(kAlice).live_since);
  EXPECT_EQ(store->totals()->live, 2u);
  EXPECT_EQ(store->totals()->degraded, 0u);
  expect_sound();
}

TEST_F(Watch, WhatWasFoundOutIsOnlyWrittenAboutTheNameAsItWas) {
  make_live(kAlice);
  const auto events = store->totals()->events;
  struct Case {
    const char* what;
    Standing standing;
    std::string tenant = "default";
  };
  for (const Case& each : {Case{"another value", {kAlice, "bitcoin:?lno=lno1abc", NameState::kLive}},
                           Case{"another state", {kAlice, kValue, NameState::kDegraded}},
                           Case{"no such name", {"nobody@example.com", kValue, NameState::kLive}},
                           Case{"another tenant", {kAlice, kValue, NameState::kLive}, "other"}}) {
    const auto done = append_if(each.standing, degraded(each.standing.name), each.tenant);
    ASSERT_FALSE(done) << each.what;
    EXPECT_EQ(done.error().code(), Code::kAborted) << each.what;
  }
  const auto run = accept(author.run(Verb::kRotate, kAlice));
  ASSERT_TRUE(run);
  const auto busy = degrade(kAlice);
  ASSERT_FALSE(busy) << "a run is at work on the name";
  EXPECT_EQ(busy.error().code(), Code::kAborted);
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_EQ(store->totals()->events, events + 1);
  expect_sound();
}

TEST_F(Watch, ARunAndTheMonitorAtOnceAgreeOnOneOrder) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = "n" + std::to_string(i) + "@example.com";
    make_live(name);
    std::optional<Result<AcceptedRun>> run;
    std::optional<Result<void>> done;
    NewRun rotate = author.run(Verb::kRotate, name);
    std::vector<NewEvent> events;
    events.push_back(degraded(name));
    const auto begin_run = [&] {
      boost::asio::co_spawn(io, store->accept_run(std::move(rotate)),
                            [&](std::exception_ptr, Result<AcceptedRun> result) { run = std::move(result); });
    };
    const auto begin_degrade = [&] {
      boost::asio::co_spawn(
          io, store->append_if("default", Standing{name, kValue, NameState::kLive}, std::move(events)),
          [&](std::exception_ptr, Result<void> result) { done = std::move(result); });
    };
    if (i % 2 == 0) begin_run();
    begin_degrade();
    if (i % 2 != 0) begin_run();
    io.restart();
    io.run();
    ASSERT_TRUE(run->has_value());
    EXPECT_EQ(done->has_value(), this->name(name).state == NameState::kDegraded);
    EXPECT_EQ(done->has_value(), i % 2 != 0) << "who came first decides";
  }
  expect_sound();
}

TEST_F(Watch, ADegradedNameCanBeChangedAndRemoved) {
  make_live(kAlice);
  ASSERT_TRUE(degrade(kAlice));
  NewRun rotate = author.run(Verb::kRotate, kAlice);
  const auto accepted = accept(rotate);
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(
      record(accepted->key, 0, {},
             {author.published(rotate, "bitcoin:?lno=lno1new"), author.live(rotate, "bitcoin:?lno=lno1new"),
              author.run_event("run.completed", rotate)}));
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_EQ(store->totals()->degraded, 0u);
  EXPECT_EQ(store->totals()->live, 1u);

  ASSERT_TRUE(append_if({kAlice, "bitcoin:?lno=lno1new", NameState::kLive}, degraded(kAlice)));
  // A run that fails puts back what was.
  NewRun again = author.run(Verb::kRotate, kAlice);
  const auto second = accept(again);
  ASSERT_TRUE(second);
  ASSERT_TRUE(record(second->key, 0, {},
                     {author.published(again, "bitcoin:?lno=lno1other"),
                      author.run_event("name.reverted", again,
                                       R"(,"value":"bitcoin:?lno=lno1new","ttl":300,"dns_instance":"zone",)"
                                       R"("source":"node","state":"degraded")"),
                      author.run_event("run.compensated", again, R"(,"reason":"r")")}));
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  EXPECT_EQ(store->totals()->degraded, 1u);

  remove(kAlice, author.now + std::chrono::days{365});
  EXPECT_EQ(name(kAlice).state, NameState::kQuarantined);
  EXPECT_EQ(store->totals()->degraded, 0u);
  expect_sound();
}

TEST_F(Watch, ARepairMakesANameLiveOrLeavesItDegradedAndARebuildSaysTheSame) {
  make_live(kAlice);
  for (const bool succeeds : {false, true}) {
    if (succeeds) {
      EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
    } else {
      ASSERT_TRUE(degrade(kAlice));
    }
    NewRun repair = author.run(Verb::kRepair, kAlice);
    const auto accepted = accept(repair);
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(name(kAlice).open_run);
    std::vector<NewEvent> events{author.published(repair, kValue)};
    if (succeeds) {
      events.push_back(author.live(repair, kValue));
      events.push_back(author.run_event("run.completed", repair));
    } else {
      events.push_back(author.run_event("name.reverted", repair,
                                        std::string{R"(,"value":")"} + kValue +
                                            R"(","ttl":300,"dns_instance":"zone","offer_id":"0f0f",)"
                                            R"("source":"node","node_instance":"sandbox","node":"n1",)"
                                            R"("state":"degraded")"));
      events.push_back(author.run_event("run.compensated", repair, R"(,"reason":"r")"));
    }
    ASSERT_TRUE(record(accepted->key, 0, {}, std::move(events)));
    const auto run = store->find_run("default", repair.id);
    ASSERT_TRUE(run && *run);
    EXPECT_EQ((*run)->verb, Verb::kRepair);
    EXPECT_EQ(store->totals()->degraded, succeeds ? 0u : 1u);
    expect_sound();
  }
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  // What the monitor says of repairs changes no row.
  ASSERT_TRUE(degrade(kAlice));
  ASSERT_TRUE(
      append_if({kAlice, kValue, NameState::kDegraded},
                author.event("name.repair_stopped", kAlice,
                             R"({"name":"alice@example.com","reason":"often","code":"absent","repairs":3,)"
                             R"("last_run":"019ab12c-7d00-7001-8a00-000000000001",)"
                             R"("until":"2026-11-27T12:00:00.000Z"})")));
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  expect_sound();
}

TEST_F(Watch, AnEventThatContradictsTheStateIsNotStored) {
  make_live(kAlice);
  std::vector<NewEvent> events{recovered(kAlice)};
  const auto done = wait_for(io, store->append("default", std::move(events)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Code::kInternal);
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  expect_sound();
}

TEST_F(Watch, NamesAreFoundByTheirKeysWhenTheyHaveToBeTrue) {
  EXPECT_EQ(*store->newest_name(), 0);
  EXPECT_THAT(watched({1, 2, 3}), IsEmpty());
  make_live("a@example.com");
  make_live("b@example.com", "o1", "other");
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "c@example.com")));
  make_live("d@example.com");
  remove("d@example.com", author.now + std::chrono::days{1});
  make_live("e@example.com");
  ASSERT_TRUE(degrade("e@example.com"));
  EXPECT_EQ(*store->newest_name(), 5);
  EXPECT_THAT(watched({5, 4, 3, 2, 1, 6, 77}),
              ElementsAre("e@example.com", "b@example.com", "a@example.com"));

  ASSERT_TRUE(accept(author.run(Verb::kRotate, "a@example.com")));
  const std::vector<NameKey> keys{1, 2, 5};
  const auto found = store->watched_names(keys);
  ASSERT_TRUE(found);
  EXPECT_TRUE((*found)[0].busy);
  EXPECT_FALSE((*found)[1].busy);
  EXPECT_EQ((*found)[1].tenant, "other");
  EXPECT_EQ((*found)[1].value, kValue);
  EXPECT_EQ((*found)[2].state, NameState::kDegraded);

  const auto only = store->degraded_names(10);
  ASSERT_TRUE(only);
  ASSERT_EQ(only->size(), 1u);
  EXPECT_EQ(only->front().name, "e@example.com");
}

TEST_F(Watch, AnOffersEndIsAnnouncedOnceAlsoOverARestart) {
  make_live("a@example.com");
  make_live("b@example.com", "o1", "other");
  const auto end = *base::from_rfc3339("2030-01-01T00:00:00.000Z");
  EXPECT_THAT(*store->offers_ending(end, {}, 10), IsEmpty());
  const auto first = store->offers_ending(end + base::Duration{1}, {}, 1);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().offer.name, "a@example.com");
  EXPECT_EQ(first->front().place.until, end);
  const auto second = store->offers_ending(end + base::Duration{1}, first->back().place, 10);
  ASSERT_EQ(second->size(), 1u);
  EXPECT_EQ(second->front().tenant, "other");

  std::vector<NewEvent> events{expiring("a@example.com")};
  ASSERT_TRUE(wait_for(io, store->append("default", std::move(events))));
  reopen();
  const auto left = store->offers_ending(end + base::Duration{1}, {}, 10);
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().offer.name, "b@example.com");
  // It ends all the same.
  EXPECT_THAT(*store->active_offers_ending(end, {}, 10), IsEmpty());
  const auto all = store->active_offers_ending(end + base::Duration{1}, {}, 1);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().offer.name, "a@example.com");
  EXPECT_EQ(all->front().place.until, end);
  const auto others = store->active_offers_ending(end + base::Duration{1}, all->back().place, 10);
  ASSERT_EQ(others->size(), 1u);
  EXPECT_EQ(others->front().tenant, "other");
  expect_sound();

  // The same offer made anew is another promise.
  NewRun rotate = author.run(Verb::kRotate, "a@example.com");
  const auto accepted = accept(rotate);
  ASSERT_TRUE(record(accepted->key, 0, {}, {author.offer_created(rotate, "0f0f")}));
  EXPECT_EQ(store->offers_ending(end + base::Duration{1}, {}, 10)->size(), 2u);
  expect_sound();
}

}  // namespace
}  // namespace paynamed::state
