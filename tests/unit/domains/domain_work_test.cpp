// What is asked of whole domains is asked where their records are: at the instance that holds them now, in
// the zone that holds them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "domains/domains.hpp"
#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::domains {
namespace {

namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using state::MovePhase;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kApex[] = "example.test";
constexpr char kOwnZone[] = "user._bitcoin-payment.example.test";

class DomainWorkTest : public pipeline::ActionsFixture {
 protected:
  void SetUp() override {
    ActionsFixture::SetUp();
    make_domains();
  }
  void TearDown() override {
    domains.reset();
    ActionsFixture::TearDown();
  }

  void make_domains() {
    Domains::Dependencies with{clock, *store, *store, [this] { return runtime; }, {}, random, *engine, {},
                               {},    {},     {}};
    with.call_plugin = [this](pipeline::PluginCall wanted) -> asio::awaitable<pipeline::PluginAnswer> {
      if (takes.count() > 0) co_await base::sleep_for(clock, takes);
      co_return pipeline::PluginAnswer{call(wanted), false};
    };
    with.check_authoritatives = services().check_authoritatives;
    with.look_at_zone = [this](std::string name) -> asio::awaitable<base::Result<monitor::ZoneFacts>> {
      looked.push_back(name);
      monitor::ZoneFacts facts;
      facts.zone = name + ".";
      co_return facts;
    };
    domains = std::make_unique<Domains>(std::move(with));
  }

  // As a provider with both zones that lists names.
  base::Result<std::string> call(const pipeline::PluginCall& wanted) {
    auto& records = (wanted.instance == "zone" ? zone : zone2).records;
    if (wanted.method == "Describe") {
      v1::DescribeDnsRequest request;
      request.ParseFromString(wanted.request);
      note(wanted, request.zone());
      v1::DescribeDnsReply reply;
      reply.set_list_names(true);
      return reply.SerializeAsString();
    }
    if (wanted.method == "ListNames") {
      v1::ListNamesRequest request;
      request.ParseFromString(wanted.request);
      note(wanted, request.zone());
      v1::ListNamesReply reply;
      for (const auto& [owner, values] : records) {
        for (const std::string& value : values) {
          auto* record = reply.add_records();
          record->set_name(owner);
          record->set_value(value);
          record->set_ttl_seconds(60);
        }
      }
      return reply.SerializeAsString();
    }
    if (wanted.method == "Read") {
      v1::ReadRequest request;
      request.ParseFromString(wanted.request);
      note(wanted, request.zone());
      v1::ReadReply reply;
      for (const std::string& value : records[request.name()]) {
        auto* record = reply.add_records();
        record->set_name(request.name());
        record->set_value(value);
        record->set_ttl_seconds(60);
      }
      return reply.SerializeAsString();
    }
    return base::fail(base::unimplemented("this provider does not do that"));
  }
  void note(const pipeline::PluginCall& wanted, const std::string& asked_zone) {
    asked.push_back(fmt::format("{} {}", wanted.instance, asked_zone));
    methods.push_back(wanted.method);
  }

  // A move of the domain that got so far.
  state::MoveRow move_to(MovePhase phase) {
    if (!move_) {
      state::NewMove wanted;
      wanted.id = base::Uuid::v7(clock.wall(), random);
      wanted.domain = kApex;
      wanted.from = "zone";
      wanted.to = "zone2";
      wanted.details = "{}";
      wanted.time = clock.wall();
      move_ = await(store->start_move(std::move(wanted))).value();
    }
    state::MoveUpdate update;
    update.move = move_->key;
    update.expected_revision = move_->revision;
    update.phase = phase;
    update.details = "{}";
    update.time = clock.wall();
    move_ = await(store->update_move(std::move(update))).value();
    return *move_;
  }
  void in_own_zone() { configure("node", {}, fmt::format("zone = \"{}\"\n", kOwnZone)); }

  base::Result<Drift> drift() { return await(domains->drift("default", kApex)); }
  base::Result<RepairsBegun> mend(const Drift& plan) {
    return await(domains->mend("default", kApex, plan.fingerprint, true, "correlation"));
  }
  asio::awaitable<base::Status> adopt(base::Name name) {
    const auto command = co_await domains->adoption("default", std::move(name), "", false);
    co_return command ? base::Status{} : command.error();
  }
  // Live, and its record is gone.
  void lose(const std::string& name) {
    make_live(name);
    records(name).clear();
    clock.advance(base::Duration{1'000});
  }

  std::unique_ptr<Domains> domains;
  std::vector<std::string> asked;    // instance and zone of each call
  std::vector<std::string> methods;  // beside it
  std::vector<std::string> looked;
  base::Duration takes{0};  // a call of the provider

 private:
  std::optional<state::MoveRow> move_;
};

TEST_F(DomainWorkTest, TheZoneThatHoldsTheNamesIsAsked) {
  in_own_zone();
  base::Name alice = *base::Name::parse(kAlice);
  EXPECT_TRUE(await(domains->entries("default", kApex, "", 10)));
  EXPECT_TRUE(drift());
  EXPECT_EQ(await(adopt(alice)).code(), Code::kFailedPrecondition) << "nothing stands there";
  EXPECT_TRUE(await(domains->check("default", kApex)));
  EXPECT_THAT(std::set<std::string>(methods.begin(), methods.end()),
              testing::ElementsAre("Describe", "ListNames", "Read"));
  EXPECT_THAT(asked, Each(fmt::format("zone {}.", kOwnZone)));
  EXPECT_THAT(looked, ElementsAre(kOwnZone));
}

TEST_F(DomainWorkTest, AfterAMoveTheNewInstanceIsAsked) {
  zone2.records[owner_name("bob@example.test")] = {"a stranger's"};
  move_to(MovePhase::kFinished);
  const auto page = await(domains->entries("default", kApex, "", 10));
  ASSERT_TRUE(page) << page.error().to_string();
  EXPECT_EQ(page->total, 1U);
  EXPECT_TRUE(drift());
  EXPECT_TRUE(await(domains->check("default", kApex)));
  EXPECT_THAT(asked, Each(HasSubstr("zone2 ")));
}

TEST_F(DomainWorkTest, AfterAMoveThatWasUndoneTheOldInstanceIsAsked) {
  move_to(MovePhase::kUndone);
  EXPECT_TRUE(drift());
  EXPECT_THAT(asked, Each(HasSubstr("zone ")));
}

TEST_F(DomainWorkTest, WhileADomainIsMovedNothingIsRepairedOrAdopted) {
  lose(kAlice);
  const auto plan = drift();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->changes, 1U);
  zone.records[owner_name("bob@example.test")] = {"bitcoin:?lno=lno1"};
  for (const MovePhase phase : {MovePhase::kPlanned, MovePhase::kCopying, MovePhase::kDual,
                                MovePhase::kWithdrawing, MovePhase::kUndoing}) {
    move_to(phase);
    const auto mended = mend(*plan);
    ASSERT_FALSE(mended) << state::to_string(phase);
    EXPECT_EQ(mended.error().code(), Code::kFailedPrecondition);
    EXPECT_THAT(mended.error().message(), HasSubstr("is being moved from 'zone' to 'zone2'"));
    const auto shown = drift();
    ASSERT_FALSE(shown) << state::to_string(phase);
    EXPECT_EQ(shown.error().code(), Code::kFailedPrecondition);
    EXPECT_THAT(await(adopt(*base::Name::parse("bob@example.test"))).message(), HasSubstr("is being moved"));
  }
  EXPECT_EQ(name_row().state, state::NameState::kLive);
}

TEST_F(DomainWorkTest, WhileRecordsAreWithdrawnTheNewInstanceIsListed) {
  move_to(MovePhase::kDual);
  EXPECT_TRUE(await(domains->entries("default", kApex, "", 10)));
  EXPECT_THAT(asked, Each(HasSubstr("zone ")));
  asked.clear();
  move_to(MovePhase::kWithdrawing);
  EXPECT_TRUE(await(domains->entries("default", kApex, "", 10)));
  EXPECT_THAT(asked, Each(HasSubstr("zone2 ")));
}

TEST_F(DomainWorkTest, ARepairIsARunThatLetsOthersGoFirst) {
  lose(kAlice);
  const auto plan = drift();
  ASSERT_TRUE(plan);
  const auto begun = mend(*plan);
  ASSERT_TRUE(begun) << begun.error().to_string();
  ASSERT_THAT(begun->begun, SizeIs(1));
  const int before = interactive_calls;
  const state::RunRow run = drive(begun->begun.front().run);
  EXPECT_EQ(run.state, state::RunState::kCompleted) << run.reason;
  EXPECT_EQ(interactive_calls, before);
  EXPECT_EQ(name_row().state, state::NameState::kLive);
  EXPECT_FALSE(record().empty());
}

TEST_F(DomainWorkTest, RepairsStopWhereThereIsNoRoom) {
  for (int i = 0; i < 4; ++i) lose(fmt::format("n{}@example.test", i));
  const auto plan = drift();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->changes, 4U);
  ASSERT_TRUE(await(store->limit_open_runs(0)));
  const auto begun = mend(*plan);
  ASSERT_TRUE(begun) << begun.error().to_string();
  EXPECT_THAT(begun->begun, IsEmpty());
  EXPECT_THAT(begun->refused, IsEmpty());
  EXPECT_EQ(begun->left, 4U);
  // What nobody will mend soon is not called degraded.
  EXPECT_EQ(name_row("n1@example.test").state, state::NameState::kLive);
}

TEST_F(DomainWorkTest, WhoComesTogetherSharesAListing) {
  make_live();
  clock.advance(base::Duration{1'000});
  asked.clear();
  methods.clear();
  takes = base::Duration{5'000};
  std::vector<std::shared_ptr<std::optional<base::Result<Drift>>>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(begin(domains->drift("default", kApex)));
    io.restart();
    io.poll();
  }
  // Whoever wakes has its turns before the next second.
  int turns = 0;
  pump([&] {
    if (++turns % 20 == 0) clock.advance(base::Duration{1'000});
    return std::ranges::all_of(all, [](const auto& each) { return each->has_value(); });
  });
  for (const auto& each : all) {
    ASSERT_TRUE(each->has_value());
    EXPECT_TRUE(**each);
  }
  // The first has its own. The others came after it was begun, and share the next.
  EXPECT_EQ(std::ranges::count(methods, "ListNames"), 2);
}

}  // namespace
}  // namespace paynamed::domains
