// The conditions of accept_run, one by one.
#include <gmock/gmock.h>

#include <functional>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::HasSubstr;

struct AcceptRun : StoreTest {
  void SetUp() override { open(); }
};

TEST_F(AcceptRun, ARunAndItsNameCanBeReadWhenItIsAccepted) {
  NewRun run = author.run(Verb::kRegister, "alice@example.com");
  run.journal.push_back(Author::entry(JournalEntry::Kind::kIntent, 0));
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted) << accepted.error().to_string();
  EXPECT_EQ(accepted->id, run.id);
  EXPECT_FALSE(accepted->replayed);

  const NameRow row = name("alice@example.com");
  EXPECT_EQ(row.domain, "example.com");
  EXPECT_EQ(row.state, NameState::kRegistering);
  EXPECT_EQ(row.owner, "o1");
  EXPECT_EQ(row.reference, "ref-1");
  EXPECT_FALSE(row.livemode);
  EXPECT_EQ(row.open_run, run.id);
  EXPECT_EQ(row.revision, 1u);
  EXPECT_EQ(row.created, author.now);

  const auto loaded = store->load_run(accepted->key);
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->input, run.input);
  EXPECT_EQ((*loaded)->pipeline, run.pipeline);
  EXPECT_EQ((*loaded)->traceparent, run.traceparent);
  EXPECT_EQ((*loaded)->tenant, "default");
  EXPECT_EQ((*loaded)->journal.size(), 1u);
  EXPECT_EQ((*loaded)->row.correlation_id, run.correlation_id);
  expect_sound();
}

TEST_F(StoreTest, TheLastTenthOfTheOpenRunsIsNotForBulk) {
  settings.max_open_runs = 10;
  open();
  for (int i = 0; i < 9; ++i) {
    NewRun run = author.run(Verb::kRegister, std::to_string(i) + "@x.test");
    run.bulk = true;
    ASSERT_TRUE(accept(run)) << i;
  }
  NewRun bulk = author.run(Verb::kRegister, "bulk@x.test");
  bulk.bulk = true;
  const auto refused = accept(bulk);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_GT(refused.error().retry_after_ms(), 0U);
  EXPECT_TRUE(accept(author.run(Verb::kRegister, "alice@x.test")));
  EXPECT_FALSE(accept(author.run(Verb::kRegister, "bob@x.test")));
}

struct Refusal {
  std::string rule;
  // Brings the store where the rule applies, and gives the run that has to be refused.
  std::function<NewRun(StoreTest&)> given;
  Code code;
  std::string says;
};

class Refused : public StoreTest, public testing::WithParamInterface<Refusal> {};

TEST_P(Refused, AndWritesNothing) {
  settings.max_open_runs = 3;
  open();
  NewRun run = GetParam().given(*this);
  const auto before = store->totals();
  ASSERT_TRUE(before);
  const auto accepted = accept(run);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code(), GetParam().code) << accepted.error().to_string();
  EXPECT_THAT(accepted.error().to_string(), HasSubstr(GetParam().says));
  EXPECT_EQ(store->totals()->events, before->events);
  EXPECT_EQ(store->totals()->open_runs, before->open_runs);
  const auto found = store->find_run(run.tenant, run.id);
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  expect_sound();
}

const base::WallTime kLater = base::WallTime{std::chrono::seconds{1'700'000'000}} + std::chrono::hours{24};

INSTANTIATE_TEST_SUITE_P(
    Rules, Refused,
    testing::Values(
        Refusal{"TakenByALiveName",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  return test.author.run(Verb::kRegister, "alice@example.com");
                },
                Code::kAlreadyExists, "alice@example.com is taken"},
        Refusal{"TakenByAnotherTenant",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  return test.author.run(Verb::kRegister, "alice@example.com", "o1", "other");
                },
                Code::kAlreadyExists, "is taken"},
        Refusal{"TakenByAnOpenRegistration",
                [](StoreTest& test) {
                  EXPECT_TRUE(test.accept(test.author.run(Verb::kRegister, "alice@example.com")));
                  return test.author.run(Verb::kRegister, "alice@example.com");
                },
                Code::kAlreadyExists, "is taken"},
        Refusal{"QuarantinedForAnotherOwner",
                [](StoreTest& test) {
                  test.make_live("alice@example.com", "o1");
                  test.remove("alice@example.com", kLater);
                  return test.author.run(Verb::kRegister, "alice@example.com", "o2");
                },
                Code::kFailedPrecondition, "until 2023-11-15"},
        Refusal{"QuarantinedForAnotherTenant",
                [](StoreTest& test) {
                  test.make_live("alice@example.com", "o1");
                  test.remove("alice@example.com", kLater);
                  return test.author.run(Verb::kRegister, "alice@example.com", "o1", "other");
                },
                Code::kFailedPrecondition, "until 2023-11-15"},
        Refusal{"NoSuchName",
                [](StoreTest& test) { return test.author.run(Verb::kRotate, "nobody@example.com"); },
                Code::kNotFound, "nobody@example.com"},
        Refusal{"NameOfAnotherTenant",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  return test.author.run(Verb::kRemove, "alice@example.com", "o1", "other");
                },
                Code::kNotFound, "alice@example.com"},
        Refusal{"NameThatWasRemoved",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  test.remove("alice@example.com", kLater);
                  return test.author.run(Verb::kRotate, "alice@example.com");
                },
                Code::kNotFound, "alice@example.com"},
        Refusal{"OpenRunOfAnotherVerb",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  EXPECT_TRUE(test.accept(test.author.run(Verb::kRotate, "alice@example.com")));
                  return test.author.run(Verb::kRemove, "alice@example.com");
                },
                Code::kAborted, "has an open run"},
        Refusal{"RemovalStillOpen",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  NewRun remove = test.author.run(Verb::kRemove, "alice@example.com");
                  const auto accepted = test.accept(remove);
                  EXPECT_TRUE(test.record(accepted->key, 0, {}, {test.author.removed(remove, kLater)}));
                  return test.author.run(Verb::kRegister, "alice@example.com", "o1");
                },
                Code::kAborted, "has an open run"},
        Refusal{"AnotherRevision",
                [](StoreTest& test) {
                  test.make_live("alice@example.com");
                  NewRun run = test.author.run(Verb::kRotate, "alice@example.com");
                  run.expected_revision = 77;
                  return run;
                },
                Code::kAborted, "revision 4, expected 77"},
        Refusal{"IdempotencyKeyOfAnotherRequest",
                [](StoreTest& test) {
                  NewRun first = test.author.run(Verb::kRegister, "alice@example.com");
                  first.idempotency_key = "k1";
                  first.request_hash = "h1";
                  EXPECT_TRUE(test.accept(first));
                  NewRun second = test.author.run(Verb::kRegister, "bob@example.com");
                  second.idempotency_key = "k1";
                  second.request_hash = "h2";
                  return second;
                },
                Code::kInvalidArgument, "Idempotency-Key"},
        Refusal{"TooManyOpenRuns",
                [](StoreTest& test) {
                  for (const char* name : {"a@x.test", "b@x.test", "c@x.test"}) {
                    EXPECT_TRUE(test.accept(test.author.run(Verb::kRegister, name)));
                  }
                  return test.author.run(Verb::kRegister, "d@x.test");
                },
                Code::kResourceExhausted, "3 runs are open"},
        Refusal{"WithoutRunAccepted",
                [](StoreTest& test) {
                  NewRun run = test.author.run(Verb::kRegister, "alice@example.com");
                  run.events.clear();
                  return run;
                },
                Code::kInternal, "run.accepted"},
        Refusal{"RunAcceptedOfAnotherName",
                [](StoreTest& test) {
                  NewRun run = test.author.run(Verb::kRegister, "alice@example.com");
                  run.name = "bob@example.com";
                  return run;
                },
                Code::kInternal, "another run, verb or name"},
        Refusal{"EventDataThatIsNoJson",
                [](StoreTest& test) {
                  NewRun run = test.author.run(Verb::kRegister, "alice@example.com");
                  run.events.push_back(test.author.event("name.live", "alice@example.com", "{oops"));
                  return run;
                },
                Code::kInternal, "name.live"},
        // Fails after the run's rows were written: all of them have to go back.
        Refusal{"EventThatContradictsTheTables",
                [](StoreTest& test) {
                  NewRun run = test.author.run(Verb::kRegister, "alice@example.com");
                  run.events.push_back(test.author.live(run, "bitcoin:?lno=x"));
                  return run;
                },
                Code::kInternal, "live without a record"},
        Refusal{"InputThatIsTooLarge",
                [](StoreTest& test) {
                  NewRun run = test.author.run(Verb::kRegister, "alice@example.com");
                  run.input.assign((1 << 20) + 1, ' ');
                  return run;
                },
                Code::kInvalidArgument, "make it smaller"}),
    [](const testing::TestParamInfo<Refusal>& refusal) { return refusal.param.rule; });

TEST_F(AcceptRun, TheDetailOfAnOpenRunIsItsId) {
  make_live("alice@example.com");
  NewRun rotate = author.run(Verb::kRotate, "alice@example.com");
  ASSERT_TRUE(accept(rotate));
  const auto refused = accept(author.run(Verb::kRemove, "alice@example.com"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail(), rotate.id.to_string());
  // Also after a restart, when nothing of the run is in memory.
  reopen();
  const auto again = accept(author.run(Verb::kRemove, "alice@example.com"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().detail(), rotate.id.to_string());
}

TEST_F(AcceptRun, AnotherTenantDoesNotLearnTheIdOfAnOpenRun) {
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com")));
  const auto refused = accept(author.run(Verb::kRegister, "alice@example.com", "o1", "other"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail(), "");
}

TEST_F(AcceptRun, TheRevisionThatWasReadIsAccepted) {
  make_live("alice@example.com");
  NewRun run = author.run(Verb::kRotate, "alice@example.com");
  run.expected_revision = name("alice@example.com").revision;
  EXPECT_TRUE(accept(run));
  EXPECT_EQ(name("alice@example.com").revision, run.expected_revision + 1);
}

TEST_F(AcceptRun, TheSameIdempotencyKeyGivesTheSameRun) {
  NewRun first = author.run(Verb::kRegister, "alice@example.com");
  first.idempotency_key = "k1";
  first.request_hash = "h1";
  const auto accepted = accept(first);
  ASSERT_TRUE(accepted);
  NewRun second = author.run(Verb::kRegister, "alice@example.com");
  second.idempotency_key = "k1";
  second.request_hash = "h1";
  const auto replayed = accept(second);
  ASSERT_TRUE(replayed) << replayed.error().to_string();
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->id, first.id);
  EXPECT_EQ(replayed->key, accepted->key);
  const auto use = store->find_key_use("default", "k1");
  ASSERT_TRUE(use && *use);
  EXPECT_EQ((*use)->run, first.id);
  EXPECT_EQ((*use)->request_hash, "h1");
  EXPECT_FALSE(*store->find_key_use("default", "k2"));
  EXPECT_FALSE(*store->find_key_use("other", "k1"));
  // The key belongs to its tenant.
  NewRun other = author.run(Verb::kRegister, "bob@example.com", "o1", "other");
  other.idempotency_key = "k1";
  other.request_hash = "h2";
  const auto of_other = accept(other);
  ASSERT_TRUE(of_other);
  EXPECT_FALSE(of_other->replayed);
}

TEST_F(AcceptRun, TheLastOwnerMayReclaimAQuarantinedName) {
  make_live("alice@example.com", "o1");
  remove("alice@example.com", kLater);
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com", "o1")));
  EXPECT_EQ(name("alice@example.com").state, NameState::kRegistering);
}

TEST_F(AcceptRun, AfterItsQuarantineANameIsFreeForAll) {
  make_live("alice@example.com", "o1");
  remove("alice@example.com", kLater);
  author.now = kLater;
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com", "o2", "other")));
  EXPECT_EQ(name("alice@example.com", "other").owner, "o2");
  EXPECT_FALSE(*store->find_name("default", "alice@example.com"));
  expect_sound();
}

TEST_F(AcceptRun, ACompensatedReclaimIsQuarantinedAgainForTheSameOwner) {
  make_live("alice@example.com", "o1");
  remove("alice@example.com", kLater);
  author.now = kLater;
  NewRun run = author.run(Verb::kRegister, "alice@example.com", "o2", "other");
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(
      record(accepted->key, 0, {}, {author.run_event("run.compensated", run, R"(,"reason":"zone gone")")}));
  const NameRow row = name("alice@example.com", "default");
  EXPECT_EQ(row.state, NameState::kQuarantined);
  EXPECT_EQ(row.owner, "o1");
  EXPECT_EQ(row.quarantined_until, kLater);
  EXPECT_FALSE(row.open_run);
  EXPECT_FALSE(*store->find_name("other", "alice@example.com"));
  expect_sound();
}

TEST_F(AcceptRun, ACompensatedRegistrationFreesTheName) {
  NewRun run = author.run(Verb::kRegister, "alice@example.com");
  const auto accepted = accept(run);
  ASSERT_TRUE(
      record(accepted->key, 0, {}, {author.run_event("run.compensated", run, R"(,"reason":"refused")")}));
  EXPECT_FALSE(*store->find_name("default", "alice@example.com"));
  EXPECT_EQ(store->totals()->names, 0u);
  EXPECT_EQ((*store->find_run("default", run.id))->reason, "refused");
  EXPECT_TRUE(accept(author.run(Verb::kRegister, "alice@example.com", "o2", "other")));
  expect_sound();
}

}  // namespace
}  // namespace paynamed::state
