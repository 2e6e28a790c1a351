// Retired offers are disabled when their time is over.
#include "pipeline/retirement.hpp"

#include <gmock/gmock.h>

#include "paynamed/plugin/v1/node_backend.pb.h"
#include "tests/unit/pipeline/actions_fixture.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::OfferState;
using state::RunState;
using state::Verb;
using testing::ElementsAre;
using testing::IsEmpty;

struct RetirementTest : ActionsFixture {
  std::vector<std::string> complaints;

  std::size_t disable_due(std::uint32_t page = 1'000) {
    Retirement retirement{
        services(), random,
        [this](const state::OfferRow& offer, const base::Status& status) {
          complaints.push_back(offer.node_instance + ": " + std::string{to_string(status.code())});
        },
        page};
    return await(retirement.disable_due()).value();
  }
  // A live name that was rotated once: its retired offer.
  std::string retired_offer(const std::string& name = kAlice) {
    make_live(name);
    const std::string offer = name_row(name).offer_id;
    EXPECT_EQ(drive(accept(command(name, Verb::kRotate))).state, RunState::kCompleted);
    return offer;
  }
  static constexpr base::Duration kRetireAfter{3'600'000};
};

TEST_F(RetirementTest, AnOfferIsDisabledAfterItsTimeAndNotBefore) {
  const std::string offer = retired_offer();
  clock.advance(kRetireAfter - base::Duration{1'000});
  EXPECT_EQ(disable_due(), 0U);
  EXPECT_TRUE(node().is_active(offer));
  clock.advance(base::Duration{1'000});
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_THAT(node().disabled, ElementsAre(offer));
  EXPECT_EQ(offer_row(offer).state, OfferState::kDisabled);
  EXPECT_EQ(event_types().back(), "offer.disabled");
  EXPECT_EQ(disable_due(), 0U);
  expect_good_manners();
}

TEST_F(RetirementTest, AnOfferThatStandsInDnsAgainIsNotDisabled) {
  const std::string offer = retired_offer();
  EXPECT_EQ(drive(accept(external(offer_row(offer).offer, Verb::kSetSource))).state, RunState::kCompleted);
  ASSERT_EQ(name_row().offer_id, offer);
  clock.advance(2 * kRetireAfter);
  EXPECT_EQ(disable_due(), 1U);  // the other one
  EXPECT_TRUE(node().is_active(offer));
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  clock.advance(2 * kRetireAfter);
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_FALSE(node().is_active(offer));
}

TEST_F(RetirementTest, NothingIsDisabledWhileARunOfTheNameIsOpen) {
  const std::string offer = retired_offer();
  clock.advance(kRetireAfter);
  zone.faults["Publish"] = {{Fault::Kind::kNothingDone, Code::kUnauthenticated}};
  const auto run = accept(command(kAlice, Verb::kRotate));
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  EXPECT_EQ(disable_due(), 0U);
  ASSERT_TRUE(cancel(run));
  drive(run);
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_FALSE(node().is_active(offer));
}

TEST_F(RetirementTest, TheOfferOfARemovedNameIsDisabled) {
  make_live();
  const std::string offer = name_row().offer_id;
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  clock.advance(kRetireAfter);
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_FALSE(node().is_active(offer));
}

TEST_F(RetirementTest, AnInstanceThatFailsDoesNotStarveAnother) {
  const std::string alices = retired_offer();
  const std::string bobs = retired_offer("bob@example.test");
  configure("node2");
  const std::string carols = retired_offer("carol@example.test");
  clock.advance(kRetireAfter);
  node().faults["DisableOffer"] = {{Fault::Kind::kNothingDone, Code::kUnavailable}};
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_FALSE(nodes["node2"].is_active(carols));
  // Asked once, not for each of its offers.
  EXPECT_THAT(complaints, ElementsAre("node: UNAVAILABLE"));
  EXPECT_TRUE(node().is_active(alices));
  EXPECT_TRUE(node().is_active(bobs));
  EXPECT_EQ(disable_due(), 2U);
  EXPECT_FALSE(node().is_active(alices));
  EXPECT_FALSE(node().is_active(bobs));
}

TEST_F(RetirementTest, MoreOffersThanAPageThatStayDueDoNotStarveTheOthers) {
  for (const char* name : {"a@example.test", "b@example.test", "c@example.test"}) retired_offer(name);
  const std::string standing = retired_offer("d@example.test");
  EXPECT_EQ(
      drive(accept(external(offer_row(standing, "d@example.test").offer, Verb::kSetSource, "d@example.test")))
          .state,
      RunState::kCompleted);
  configure("node2");
  const std::string last = retired_offer("e@example.test");
  clock.advance(2 * kRetireAfter);
  node().faults["DisableOffer"] = {{Fault::Kind::kNothingDone, Code::kUnavailable}};
  EXPECT_EQ(disable_due(2), 1U);
  EXPECT_FALSE(nodes["node2"].is_active(last));
  EXPECT_TRUE(node().is_active(standing));
  EXPECT_THAT(complaints, ElementsAre("node: UNAVAILABLE"));
  EXPECT_EQ(disable_due(1), 4U);
  EXPECT_TRUE(node().is_active(standing));
}

// Owners switch nodes of theirs off; nobody else's offers stay payable for that.
TEST_F(RetirementTest, DeadNodesOfManyTenantsKeepNobodysLivingOneFromIt) {
  state::Author author{9};
  author.now = clock.wall();
  constexpr int kTenants = 12;
  constexpr int kOffers = 3;  // of each
  const auto node_of = [](int tenant) {
    return "https://" + std::string(tenant % 4 == 3 ? "lives" : "dead") + std::to_string(tenant) + ":1";
  };
  for (int tenant = 0; tenant < kTenants; ++tenant) {
    for (int i = 0; i < kOffers; ++i) {
      const std::string name = "n" + std::to_string(tenant) + "-" + std::to_string(i) + "@example.test";
      const std::string offer = "offer-" + name;
      const std::string of_tenant = "t" + std::to_string(tenant);
      const auto run = author.run(Verb::kRegister, name, "o1", of_tenant);
      state::NewRun wanted = run;
      const auto accepted = await(store->accept_run(std::move(wanted)));
      ASSERT_TRUE(accepted) << accepted.error().to_string();
      const std::string offer_id = R"("offer_id":")" + offer + "\"";
      std::vector<state::NewEvent> events{
          author.run_event("offer.created", run,
                           "," + offer_id +
                               R"(,"offer":"lno1","source":"node","node_instance":"node","node":")" +
                               node_of(tenant) + R"(","offer_key":"k/)" + offer + "\""),
          // With a record of another offer.
          author.run_event("name.published", run,
                           R"(,"value":"bitcoin:?lno=lno1","ttl":60,"dns_instance":"zone","source":"node")"),
          author.run_event("run.completed", run),
          author.event("offer.retired", name,
                       R"({"name":")" + name + "\"," + offer_id + R"(,"until":")" +
                           base::to_rfc3339(clock.wall()) + "\"}")};
      state::RunUpdate update{accepted->key, 0, {}, std::move(events)};
      const auto recorded = await(store->record(std::move(update)));
      ASSERT_TRUE(recorded) << recorded.error().to_string();
    }
  }
  std::map<std::string, int> asked;
  Services with = services();
  with.call_plugin = [&asked](PluginCall call) -> boost::asio::awaitable<PluginAnswer> {
    plugin::v1::DisableOfferRequest request;
    request.ParseFromString(call.request);
    ++asked[request.node().node()];
    if (request.node().node().starts_with("https://dead"))
      co_return PluginAnswer{base::fail(base::unavailable("it does not answer")), false};
    co_return PluginAnswer{std::string{}, false};
  };
  clock.advance(base::Duration{1'000});
  int told = 0;
  Retirement retirement{with, random, [&told](const state::OfferRow&, const base::Status&) { ++told; }, 4};
  EXPECT_EQ(await(retirement.disable_due()).value(), static_cast<std::size_t>(kOffers * kTenants / 4));
  for (int tenant = 0; tenant < kTenants; ++tenant)
    EXPECT_EQ(asked[node_of(tenant)], tenant % 4 == 3 ? kOffers : 1) << "one that failed is left alone";
  EXPECT_EQ(told, kTenants * 3 / 4);
  EXPECT_EQ(await(retirement.disable_due()).value(), 0U);
}

TEST_F(RetirementTest, AnOfferThatItsNodeDoesNotKnowIsOver) {
  const std::string offer = retired_offer();
  clock.advance(kRetireAfter);
  node().faults["DisableOffer"] = {{Fault::Kind::kNothingDone, Code::kNotFound}};
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_EQ(offer_row(offer).state, OfferState::kDisabled);
  EXPECT_THAT(complaints, IsEmpty());
}

TEST_F(RetirementTest, ADisablingWhoseReplyIsLostIsRepeatedUnderItsKey) {
  const std::string offer = retired_offer();
  clock.advance(kRetireAfter);
  node().faults["DisableOffer"] = {{Fault::Kind::kReplyLost, Code::kDeadlineExceeded}};
  EXPECT_EQ(disable_due(), 0U);
  EXPECT_EQ(disable_due(), 1U);
  EXPECT_EQ(offer_row(offer).state, OfferState::kDisabled);
  EXPECT_THAT(node().disabled, ElementsAre(offer));
  expect_good_manners();
}

}  // namespace
}  // namespace paynamed::pipeline
