// Batches, journals, events and reads of the store.
#include <gmock/gmock.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <optional>
#include <set>

#include "state/sqlite.hpp"
#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

namespace asio = boost::asio;
using base::Code;
using testing::HasSubstr;

struct Writes : StoreTest {
  void SetUp() override { open(); }

  // Starts all of them before the first can be committed, so that they share batches.
  std::vector<Result<AcceptedRun>> accept_together(std::vector<NewRun> runs) {
    std::vector<Result<AcceptedRun>> results(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      asio::co_spawn(
          io, store->accept_run(std::move(runs[i])),
          [&results, i](std::exception_ptr, Result<AcceptedRun> result) { results[i] = std::move(result); });
    }
    io.restart();
    io.run();
    return results;
  }
};

TEST_F(Writes, ARefusedUnitDoesNotTouchItsNeighboursOfTheBatch) {
  std::vector<NewRun> runs;
  for (int i = 0; i < 60; ++i) {
    runs.push_back(author.run(Verb::kRegister, "n" + std::to_string(i - i % 3) + "@example.com"));
  }
  const auto results = accept_together(std::move(runs));
  int accepted = 0;
  for (const auto& result : results) {
    accepted += result ? 1 : 0;
    if (!result) {
      EXPECT_EQ(result.error().code(), Code::kAlreadyExists);
    }
  }
  EXPECT_EQ(accepted, 20);
  EXPECT_EQ(store->totals()->open_runs, 20u);
  expect_sound();
}

// As a reader does that has to look at the WAL again.
TEST_F(Writes, ALockOfAMomentIsWaitedFor) {
  auto other = Connection::open(settings.path, Connection::Mode::kReadWrite);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("PRAGMA busy_timeout = 5000")) << "the writer looks at the file it opened";
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  std::optional<Result<AcceptedRun>> result;
  asio::co_spawn(io, store->accept_run(author.run(Verb::kRegister, "alice@example.com")),
                 [&](std::exception_ptr, Result<AcceptedRun> accepted) { result = std::move(accepted); });
  io.run_for(std::chrono::milliseconds{50});
  EXPECT_FALSE(result) << "it was written under the lock of somebody else";
  ASSERT_TRUE(other->execute("COMMIT"));
  io.run();
  ASSERT_TRUE(result);
  EXPECT_TRUE(*result) << result->error().to_string();
}

// These fail after they have written: the batch goes back and the others are written again.
TEST_F(Writes, AUnitThatFailsHalfWayDoesNotTouchItsNeighboursOfTheBatch) {
  std::vector<NewRun> runs;
  for (int i = 0; i < 60; ++i) {
    NewRun run = author.run(Verb::kRegister, "n" + std::to_string(i) + "@example.com");
    if (i % 10 == 9) run.events.push_back(author.live(run, "v"));
    runs.push_back(std::move(run));
  }
  const auto results = accept_together(std::move(runs));
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].has_value(), i % 10 != 9) << i;
    EXPECT_EQ((*store->find_name("default", "n" + std::to_string(i) + "@example.com")).has_value(),
              i % 10 != 9)
        << i;
  }
  EXPECT_EQ(store->totals()->events, 54u);
  expect_sound();
}

TEST_F(Writes, TheJournalIsFencedByTheEntriesItsWriterHasSeen) {
  NewRun run = author.run(Verb::kRegister, "alice@example.com");
  run.journal.push_back(Author::entry(JournalEntry::Kind::kIntent, 0));
  const auto accepted = accept(run);
  EXPECT_TRUE(record(accepted->key, 1, {Author::entry(JournalEntry::Kind::kOutcome, 0)}, {}));
  const auto late = record(accepted->key, 1, {Author::entry(JournalEntry::Kind::kOutcome, 0)}, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kAborted);
  EXPECT_THAT(late.error().message(), HasSubstr("2 journal entries, expected 1"));
  reopen();
  EXPECT_EQ(record(accepted->key, 1, {}, {}).error().code(), Code::kAborted);
  EXPECT_TRUE(record(accepted->key, 2, {Author::entry(JournalEntry::Kind::kIntent, 1)}, {}));
  const auto journal = store->journal_of(accepted->key);
  ASSERT_EQ(journal->size(), 3u);
  EXPECT_EQ((*journal)[2].kind, JournalEntry::Kind::kIntent);
  EXPECT_EQ((*journal)[2].step, 1u);
  EXPECT_EQ((*journal)[2].payload, R"({"key":"some/key/1"})");
}

TEST_F(Writes, AFinalOrUnknownRunTakesNothing) {
  const AcceptedRun done = make_live("alice@example.com");
  EXPECT_EQ(record(done.key, 1, {Author::entry(JournalEntry::Kind::kNote, 0)}, {}).error().code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(record(4711, 0, {}, {}).error().code(), Code::kNotFound);
}

TEST_F(Writes, AnEventOfAnotherRunOrNameIsRefused) {
  NewRun alice = author.run(Verb::kRegister, "alice@example.com");
  NewRun bob = author.run(Verb::kRegister, "bob@example.com");
  const auto accepted = accept(alice);
  ASSERT_TRUE(accept(bob));
  EXPECT_EQ(record(accepted->key, 0, {}, {author.run_event("run.completed", bob)}).error().code(),
            Code::kInternal);
  EXPECT_EQ(
      record(accepted->key, 0, {},
             {author.event("name.live", "bob@example.com", R"({"name":"bob@example.com","value":"v"})")})
          .error()
          .code(),
      Code::kInternal);
  expect_sound();
}

TEST_F(Writes, ThousandConcurrentWritersGetDenseSeqsInEachTenant) {
  asio::thread_pool pool(4);
  std::mutex mutex;
  int accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    NewRun run = author.run(Verb::kRegister, "n" + std::to_string(i) + "@example.com", "o",
                            "tenant-" + std::to_string(i % 7));
    asio::co_spawn(pool, store->accept_run(std::move(run)),
                   [&](std::exception_ptr, Result<AcceptedRun> result) {
                     const std::lock_guard lock(mutex);
                     accepted += result ? 1 : 0;
                   });
  }
  pool.join();
  EXPECT_EQ(accepted, 1000);
  std::size_t events = 0;
  for (int tenant = 0; tenant < 7; ++tenant) {
    Position at;
    while (true) {
      const auto page = store->events_after("tenant-" + std::to_string(tenant), at, 50);
      ASSERT_TRUE(page) << page.error().to_string();
      if (page->events.empty()) break;
      for (const Event& event : page->events) {
        EXPECT_EQ(event.seq, ++at.seq);
        ++events;
      }
      EXPECT_EQ(page->next, at);
    }
  }
  EXPECT_EQ(events, 1000u);
  expect_sound();
}

// Readers follow the log while it grows: what they have seen has no gap, whoever writes.
TEST_F(Writes, AnEventIsVisibleOnlyWhenAllBeforeItAre) {
  asio::thread_pool pool(2);
  for (int i = 0; i < 400; ++i) {
    asio::co_spawn(pool,
                   store->accept_run(author.run(Verb::kRegister, "n" + std::to_string(i) + "@example.com")),
                   asio::detached);
  }
  Position at;
  while (at.seq < 400) {
    const auto page = store->events_after("default", at, 1000);
    ASSERT_TRUE(page);
    for (const Event& event : page->events) ASSERT_EQ(event.seq, ++at.seq);
    ASSERT_EQ(page->head.seq, at.seq);
  }
  pool.join();
}

TEST_F(Writes, AResumedWriteCanBeRead) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = "n" + std::to_string(i) + "@example.com";
    bool seen = false;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          NewRun run = author.run(Verb::kRegister, name);
          const auto accepted = co_await store->accept_run(std::move(run));
          seen = accepted && *store->find_name("default", name);
        },
        asio::detached);
    io.restart();
    io.run();
    ASSERT_TRUE(seen) << name;
  }
}

TEST_F(Writes, EventsAreServedAsTheyWereStored) {
  NewRun run = author.run(Verb::kRegister, "alice@example.com");
  ASSERT_TRUE(accept(run));
  const std::string data = "{ \"domain\":\"example.com\", \"odd\" :  [1.0,\"\xC3\xA9\"] }";
  NewEvent domain = author.event("domain.move_started", "example.com", data);
  ASSERT_TRUE(wait_for(io, store->append("default", {domain})));
  const auto page = store->events_after("default", {1, 1}, 10);
  ASSERT_EQ(page->events.size(), 1u);
  EXPECT_EQ(page->events[0].data, data);
  EXPECT_EQ(page->events[0].id, domain.id);
  EXPECT_EQ(page->events[0].type, "domain.move_started");
  EXPECT_FALSE(page->events[0].run);
  const auto first = store->events_after("default", {}, 1);
  EXPECT_EQ(first->events[0].run, run.id);
  EXPECT_EQ(first->events[0].correlation_id, run.correlation_id);
  EXPECT_EQ(first->head.seq, 2u);
}

TEST_F(Writes, APositionOfAnotherLogIsOutOfRange) {
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com")));
  EXPECT_TRUE(store->events_after("default", {1, 1}, 10));
  EXPECT_EQ(store->events_after("default", {1, 2}, 10).error().code(), Code::kOutOfRange);
  EXPECT_EQ(store->events_after("default", {2, 1}, 10).error().code(), Code::kOutOfRange);
  const auto from_the_start = store->events_after("default", {2, 0}, 10);
  ASSERT_TRUE(from_the_start);
  EXPECT_EQ(from_the_start->next, (Position{1, 1}));
  EXPECT_TRUE(store->events_after("stranger", {}, 10)->events.empty());
}

TEST_F(Writes, WhoWaitsForAnEventIsWokenByItAndOnlyByItsTenant) {
  bool woken = false;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await store->wait_for_event("default", 0, std::chrono::hours{1});
        woken = true;
      },
      asio::detached);
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        NewRun other = author.run(Verb::kRegister, "bob@example.com", "o", "other");
        co_await store->accept_run(std::move(other));
        EXPECT_FALSE(woken);
        NewRun run = author.run(Verb::kRegister, "alice@example.com");
        co_await store->accept_run(std::move(run));
      },
      asio::detached);
  io.run();
  EXPECT_TRUE(woken);
  // What is there already needs no wait, and a wait has an end.
  EXPECT_NO_THROW(wait_for(io, [&]() -> asio::awaitable<int> {
    co_await store->wait_for_event("default", 0, std::chrono::hours{1});
    co_await store->wait_for_event("default", 1, std::chrono::milliseconds{20});
    co_return 1;
  }()));
}

TEST_F(Writes, ClosingFinishesTheWritesThatWereGivenAndRefusesLaterOnes) {
  asio::thread_pool pool(2);
  std::mutex mutex;
  std::set<std::string> accepted;
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "n" + std::to_string(i) + "@example.com";
    asio::co_spawn(pool, store->accept_run(author.run(Verb::kRegister, name)),
                   [&, name](std::exception_ptr, Result<AcceptedRun> result) {
                     const std::lock_guard lock(mutex);
                     if (result) {
                       accepted.insert(name);
                     } else {
                       EXPECT_EQ(result.error().code(), Code::kUnavailable);
                       ++refused;
                     }
                   });
  }
  store->close();
  pool.join();
  EXPECT_EQ(accepted.size() + static_cast<std::size_t>(refused), 300u);
  EXPECT_EQ(accept(author.run(Verb::kRegister, "late@example.com")).error().code(), Code::kUnavailable);
  reopen();
  EXPECT_EQ(store->totals()->names, accepted.size());
  for (const std::string& name : accepted) EXPECT_TRUE(*store->find_name("default", name));
}

TEST_F(Writes, RebuiltReadModelsAreTheSame) {
  make_live("alice@example.com");
  make_live("bob@example.com", "o2", "other");
  make_live("carol@example.com");
  remove("carol@example.com", author.now + std::chrono::hours{1});
  NewRun rotate = author.run(Verb::kRotate, "alice@example.com");
  const auto accepted = accept(rotate);
  ASSERT_TRUE(record(
      accepted->key, 0, {},
      {author.offer_created(rotate, "0e0e"),
       author.run_event("offer.retired", rotate, R"(,"offer_id":"0f0f","until":"2023-12-01T00:00:00.000Z")"),
       author.run_event("run.paused", rotate, R"(,"step":"publish","reason":"zone")")}));
  expect_sound();
  const auto uses = *store->instances_in_use();
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(uses[0].instance, "sandbox");
  EXPECT_EQ(uses[0].names, 2u);
  EXPECT_EQ(uses[0].offers, 4u);
  EXPECT_EQ(uses[0].open_runs, 1u);
  EXPECT_EQ(store->totals()->live, 2u);
  EXPECT_EQ(store->totals()->paused_runs, 1u);
  const auto due = *store->retired_offers_due(author.now + std::chrono::hours{24 * 365}, {}, 10);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].offer.offer_id, "0f0f");

  // A changed read model is found, and a rebuild mends it.
  store.reset();
  {
    auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection->execute("UPDATE names SET owner = 'mallory' WHERE name = 'alice@example.com'"));
  }
  open();
  EXPECT_EQ(store->compare_rebuilt()->size(), 2u);
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  expect_sound();
  EXPECT_EQ(name("alice@example.com").owner, "o1");
}

TEST_F(Writes, InUseSaysWhereTheRecordsOfADomainAre) {
  make_live("alice@example.com");
  make_live("bob@example.com", "o2");
  make_live("carol@other.example");
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "dora@other.example")));
  NewRun rotate = author.run(Verb::kRotate, "alice@example.com");
  rotate.instances = {"sandbox", "zone"};
  ASSERT_TRUE(accept(rotate));
  auto uses = *store->in_use();
  ASSERT_EQ(uses.domains.size(), 2u);
  EXPECT_EQ(uses.domains[0].domain, "example.com");
  const std::map<std::string, std::uint64_t> two{{"zone", 2}};
  EXPECT_EQ(uses.domains[0].names, two);
  EXPECT_EQ(uses.domains[0].open_runs, 1u);
  EXPECT_EQ(uses.domains[0].runs_with["zone"], 1u);
  EXPECT_EQ(uses.domains[1].domain, "other.example");
  EXPECT_EQ(uses.domains[1].names["zone"], 1u);
  EXPECT_EQ(uses.domains[1].open_runs, 1u) << "also of a name that has no record yet";
  remove("carol@other.example", author.now + std::chrono::hours{1});
  uses = *store->in_use();
  ASSERT_EQ(uses.domains.size(), 2u);
  EXPECT_TRUE(uses.domains[1].names.empty()) << "a name in quarantine is nowhere";
  expect_sound();
  reopen();
  EXPECT_EQ(store->in_use()->domains[0].names, two);
}

TEST_F(Writes, OpenRunsAreLimitedAnew) {
  ASSERT_TRUE(wait_for(io, store->limit_open_runs(1)));
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com")));
  EXPECT_EQ(accept(author.run(Verb::kRegister, "bob@example.com")).error().code(), Code::kResourceExhausted);
  ASSERT_TRUE(wait_for(io, store->limit_open_runs(2)));
  EXPECT_TRUE(accept(author.run(Verb::kRegister, "bob@example.com")));
}

TEST_F(Writes, DueOffersArePagedAlsoWhereTheyFellDueTogether) {
  for (const char* it : {"a@example.com", "b@example.com", "c@example.com", "d@example.com"}) {
    make_live(it);
    NewRun rotate = author.run(Verb::kRotate, it);
    const auto accepted = accept(rotate);
    const std::string until = it[0] == 'a' ? "2023-12-02" : "2023-12-01";
    ASSERT_TRUE(record(accepted->key, 0, {},
                       {author.run_event("offer.retired", rotate,
                                         R"(,"offer_id":"0f0f","until":")" + until + R"(T00:00:00.000Z")")}));
  }
  const auto now = author.now + std::chrono::hours{24 * 365};
  std::vector<std::string> names;
  Store::DuePlace place;
  for (;;) {
    const auto page = *store->retired_offers_due(now, place, 1);
    if (page.empty()) break;
    ASSERT_EQ(page.size(), 1U);
    names.push_back(page[0].offer.name);
    place = page[0].place;
    ASSERT_LE(names.size(), 4U);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"b@example.com", "c@example.com", "d@example.com", "a@example.com"}));
}

TEST_F(Writes, ListsAreOrderedNarrowedAndPaged) {
  for (const char* it : {"carol@b.test", "alice@b.test", "alice@a.test", "dave@a.test"}) make_live(it);
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "bob@a.test")));
  make_live("zed@a.test", "o", "other");
  const auto names = [&](std::string_view domain, std::optional<NameState> state, std::string_view after,
                         std::uint32_t limit) {
    std::vector<std::string> list;
    const auto rows = store->list_names("default", domain, state, after, limit);
    if (!rows) throw std::runtime_error(rows.error().to_string());
    for (const NameRow& row : *rows) list.push_back(row.name);
    return list;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(names("", {}, "", 10),
            (List{"alice@a.test", "alice@b.test", "bob@a.test", "carol@b.test", "dave@a.test"}));
  EXPECT_EQ(names("", {}, "alice@b.test", 2), (List{"bob@a.test", "carol@b.test"}));
  EXPECT_EQ(names("b.test", {}, "", 10), (List{"alice@b.test", "carol@b.test"}));
  EXPECT_EQ(names("", NameState::kRegistering, "", 10), (List{"bob@a.test"}));
  EXPECT_EQ(names("a.test", NameState::kLive, "", 10), (List{"alice@a.test", "dave@a.test"}));

  const auto runs = *store->list_runs("default", "", std::nullopt, {}, 3);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].name, "bob@a.test");
  const auto older = *store->list_runs("default", "", std::nullopt, runs[2].id, 10);
  ASSERT_EQ(older.size(), 2u);
  EXPECT_EQ(older[1].name, "carol@b.test");
  EXPECT_EQ(store->list_runs("default", "", RunState::kRunning, {}, 10)->size(), 1u);
  EXPECT_EQ(store->list_runs("default", "", RunState::kCompleted, {}, 10)->size(), 4u);
  EXPECT_EQ(store->list_runs("default", "alice@a.test", std::nullopt, {}, 10)->size(), 1u);
  EXPECT_EQ(store->list_runs("default", "", RunState::kCompensated, {}, 10)->size(), 0u);
  EXPECT_EQ(store->list_runs("other", "", std::nullopt, runs[2].id, 10).error().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(store->open_runs(0, 10)->size(), 1u);
  EXPECT_EQ(store->offers_of("default", "alice@a.test", 10)->size(), 1u);
  EXPECT_EQ(store->offers_of("other", "alice@a.test", 10)->size(), 0u);
}

}  // namespace
}  // namespace paynamed::state
