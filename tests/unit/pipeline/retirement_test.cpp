// Retired offers are disabled when their time is over.
#include "pipeline/retirement.hpp"

#include <gmock/gmock.h>

#include "tests/unit/pipeline/actions_fixture.hpp"

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
