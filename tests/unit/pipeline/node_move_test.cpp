// A name goes from one node instance to another: what is refused, what is kept, and what is taken back.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "pipeline/node_network.hpp"
#include "pipeline/retirement.hpp"
#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::NameState;
using state::OfferState;
using state::RunState;
using state::Verb;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = Fault::Kind;

struct NodeMoveTest : ActionsFixture {
  Command to(const std::string& instance, const std::string& reference = {},
             Verb verb = Verb::kSetSource) const {
    Command wanted = command(kAlice, verb);
    wanted.source.instance = instance;
    wanted.source.node = reference;
    return wanted;
  }
  FakeNode& other() { return nodes["node2"]; }
  state::InstanceUse use_of(const std::string& instance) {
    const auto uses = store->instances_in_use();
    for (const state::InstanceUse& use : uses.value()) {
      if (use.instance == instance) return use;
    }
    return {};
  }
  std::size_t disable_due() {
    Retirement retirement{services(), random, {}};
    return await(retirement.disable_due()).value();
  }
};

TEST_F(NodeMoveTest, TheNewNodesOfferTakesThePlaceOfTheOldOneWhichStaysPayable) {
  make_live();
  const std::string first = name_row().offer_id;
  zone.history.clear();
  const auto run = accept(to("node2", "second"));
  EXPECT_EQ(use_of("node2").open_runs, 1U) << "the configuration must not lose it now";
  EXPECT_EQ(use_of("node").open_runs, 0U);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  const auto row = name_row();
  EXPECT_EQ(row.state, NameState::kLive);
  EXPECT_EQ(row.node_instance, "node2");
  EXPECT_EQ(row.node, "second");
  EXPECT_EQ(record(), "bitcoin:?lno=" + other().offers.begin()->second.offer);
  EXPECT_THAT(zone.history, ElementsAre(SizeIs(1))) << "replaced at once, never absent";
  EXPECT_EQ(offer_row(row.offer_id).node_instance, "node2");
  EXPECT_EQ(offer_row(first).state, OfferState::kRetired);
  EXPECT_EQ(offer_row(first).retired_until, clock.wall() + base::Duration{3'600'000});
  EXPECT_TRUE(node().is_active(first));
  EXPECT_THAT(node().calls, ElementsAre("Provision", "CreateOffer")) << "of the registration alone";
  expect_good_manners();
}

TEST_F(NodeMoveTest, WhatComesAfterStaysAtTheNewNode) {
  make_live();
  const std::string first = name_row().offer_id;
  ASSERT_EQ(drive(accept(to("node2", "second"))).state, RunState::kCompleted);
  const std::string second = name_row().offer_id;
  const auto rotation = accept(command(kAlice, Verb::kRotate));
  EXPECT_EQ(use_of("node2").open_runs, 1U);
  EXPECT_EQ(use_of("node").open_runs, 0U);
  EXPECT_EQ(drive(rotation).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node2");
  EXPECT_EQ(name_row().node, "second");
  EXPECT_THAT(other().offers, SizeIs(2));

  degrade();
  records().clear();
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRepair))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node2");
  const std::string third = name_row().offer_id;

  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  clock.advance(base::Duration{3'600'000});
  EXPECT_EQ(disable_due(), 3U);
  EXPECT_THAT(node().disabled, ElementsAre(first)) << "each at the instance that made it";
  EXPECT_THAT(other().disabled, testing::UnorderedElementsAre(second, third));
  expect_good_manners();
}

struct Failing {
  const char* name;
  std::string at;  // the node's method, or "Publish" of the zone, or "prove"
  std::deque<Fault> faults;
};

class FailedMoveTest : public NodeMoveTest, public testing::WithParamInterface<Failing> {};

TEST_P(FailedMoveTest, LeavesTheOldRecordAndNoNewOffer) {
  make_live();
  const state::NameRow before = name_row();
  const std::string value = record();
  if (GetParam().at == "Publish") {
    zone.faults["Publish"] = GetParam().faults;
  } else if (GetParam().at == "prove") {
    record_proof = [] { return base::fail(base::failed_precondition("the record is bogus")); };
  } else {
    other().faults[GetParam().at] = GetParam().faults;
  }
  const auto run = accept(to("node2"));
  if (drive(run).state == RunState::kPaused) {
    // A proof that does not come in a day: somebody decides.
    ASSERT_TRUE(cancel(run));
    ASSERT_EQ(drive(run).state, RunState::kCompensated);
    EXPECT_EQ(other().active(), 1U) << "caches may have its record";
    clock.advance(base::Duration{660'000});
    EXPECT_EQ(disable_due(), 1U);
  }
  EXPECT_EQ(record(), value);
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_EQ(name_row().node_instance, "node");
  EXPECT_EQ(name_row().offer_id, before.offer_id);
  EXPECT_TRUE(node().is_active(before.offer_id));
  EXPECT_EQ(offer_row(before.offer_id).state, OfferState::kActive);
  EXPECT_EQ(other().active(), 0U) << "what it made is disabled";
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty())));
  EXPECT_EQ(use_of("node2").open_runs, 0U);
  EXPECT_EQ(store->find_run("default", run).value()->state, RunState::kCompensated);
  expect_good_manners();
}

INSTANTIATE_TEST_SUITE_P(
    , FailedMoveTest,
    testing::Values(Failing{"Provision", "Provision", {{Kind::kNothingDone, Code::kPermissionDenied}}},
                    Failing{"Offer", "CreateOffer", {{Kind::kNothingDone, Code::kFailedPrecondition}}},
                    Failing{
                        "LostOffer",
                        "CreateOffer",
                        {{Kind::kReplyLost, Code::kInternal}, {Kind::kNothingDone, Code::kPermissionDenied}}},
                    Failing{"Publication", "Publish", {{Kind::kNothingDone, Code::kPermissionDenied}}},
                    Failing{"Proof", "prove", {}}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_F(NodeMoveTest, AnOwnersNameCanComeToANamedNodeAndGoesBackWhenThatFails) {
  const std::string own = offer_of({"phoenix", 0, "Pay", 0, ""});
  ASSERT_EQ(drive(accept(external(own))).state, RunState::kCompleted);
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kPermissionDenied}};
  EXPECT_EQ(drive(accept(to("node2"))).state, RunState::kCompensated);
  EXPECT_EQ(name_row().source, state::SourceKind::kExternal);
  EXPECT_EQ(name_row().node_instance, "");
  EXPECT_EQ(drive(accept(to("node2"))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().source, state::SourceKind::kNode);
  EXPECT_EQ(name_row().node_instance, "node2");
  EXPECT_NE(record(), "");
}

TEST_F(NodeMoveTest, ARegistrationTakesPlaceAtTheNamedNode) {
  EXPECT_EQ(drive(accept(to("node2", {}, Verb::kRegister))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node2");
  EXPECT_THAT(nodes["node"].calls, IsEmpty());
}

TEST_F(NodeMoveTest, WhereItTakesPlaceSurvivesACrashAndAnotherConfiguration) {
  make_live();
  other().faults["CreateOffer"] = {{Kind::kReplyLost, Code::kUnavailable}};
  const auto run = accept(to("node2"));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  crash();
  configure("node");
  start();
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node2");
  EXPECT_THAT(other().offers, SizeIs(1));
}

TEST_F(NodeMoveTest, OnlyNodesThatMakeOffersCanBeNamed) {
  make_live();
  const std::size_t events = event_types().size();
  struct Case {
    std::string instance;
    Code code;
    std::string says;
  };
  configure("node", "retired = true\n");  // node2
  for (const Case& c :
       std::vector<Case>{{"nowhere", Code::kInvalidArgument, "'nowhere' is no instance of a node"},
                         {"zone", Code::kInvalidArgument, "'zone' is no instance of a node"},
                         {"node2", Code::kFailedPrecondition, "'node2' is retired"}}) {
    for (const Verb verb : {Verb::kSetSource, Verb::kRegister}) {
      Command wanted = to(c.instance, {}, verb);
      if (verb == Verb::kRegister) wanted.name = *base::Name::parse("bob@example.test");
      const auto refused = await(engine->submit(wanted));
      ASSERT_FALSE(refused) << c.instance;
      EXPECT_EQ(refused.error().code(), c.code) << c.instance;
      EXPECT_THAT(refused.error().message(), HasSubstr(c.says));
    }
  }
  EXPECT_EQ(event_types().size(), events);
}

TEST_F(NodeMoveTest, ANameWhoseNodeIsRetiredIsNotRotatedThereAndCanLeave) {
  ASSERT_EQ(drive(accept(to("node2", {}, Verb::kRegister))).state, RunState::kCompleted);
  configure("node", "retired = true\n");  // node2
  const auto refused = await(engine->submit(command(kAlice, Verb::kRotate)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("paynamectl names move"));
  EXPECT_EQ(drive(accept(to("node"))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node");
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  clock.advance(base::Duration{3'600'000});
  EXPECT_EQ(disable_due(), 2U);
  EXPECT_EQ(other().active(), 0U);
}

TEST_F(NodeMoveTest, ANodeOfATestNetworkIsRefusedWhereMoneyIsMeant) {
  configure("node", "[domains.\"example.org\"]\ndns = \"zone\"\n");
  struct Case {
    std::string name;
    base::Result<std::string> network;
    bool accepted;
  };
  const base::Result<std::string> silent = base::fail(base::unavailable("it does not answer"));
  for (const Case& c : std::vector<Case>{{"a@example.org", std::string{"regtest"}, false},
                                         {"a@example.org", std::string{"signet"}, false},
                                         {"a@example.org", std::string{}, false},
                                         {"b@example.org", std::string{"bitcoin"}, true},
                                         {"c@example.org", silent, true},
                                         {"d@example.test", std::string{"regtest"}, true},
                                         {"e@example.test", std::string{"bitcoin"}, true}}) {
    network_of = [&c](std::string instance) -> boost::asio::awaitable<base::Result<std::string>> {
      EXPECT_EQ(instance, "node2");
      co_return c.network;
    };
    crash();
    start();
    Command wanted = command(c.name);
    wanted.source.instance = "node2";
    const auto submitted = await(engine->submit(wanted));
    EXPECT_EQ(submitted.has_value(), c.accepted) << c.name << (submitted ? "" : submitted.error().message());
    if (!submitted) {
      EXPECT_EQ(submitted.error().code(), Code::kFailedPrecondition);
      EXPECT_THAT(submitted.error().message(), HasSubstr("is no domain for tests"));
    }
  }
}

TEST_F(NodeMoveTest, TheNetworkIsAskedOnceForManyRequests) {
  configure("node", "[domains.\"example.org\"]\ndns = \"zone\"\n");
  int asked = 0;
  network_of = [&asked](std::string) -> boost::asio::awaitable<base::Result<std::string>> {
    ++asked;
    co_return std::string{"bitcoin"};
  };
  crash();
  start();
  const auto submit_one = [&](const std::string& name) {
    Command wanted = command(name);
    wanted.source.instance = "node2";
    EXPECT_TRUE(await(engine->submit(wanted))) << name;
  };
  for (const char* name : {"a@example.org", "b@example.org", "c@example.org"}) submit_one(name);
  EXPECT_EQ(asked, 1);
  clock.advance(base::Duration{60'000});
  submit_one("d@example.org");
  EXPECT_EQ(asked, 2);
  // An instance of another configuration may be on another one.
  auto changed = std::make_shared<Runtime>(*runtime);
  ++changed->generation;
  runtime = changed;
  submit_one("e@example.org");
  EXPECT_EQ(asked, 3);
}

TEST_F(NodeMoveTest, APipelineThatMakesNoOffersTakesNoInstance) {
  auto changed = std::make_shared<Runtime>(*runtime);
  std::erase_if(changed->pipelines.at("register").steps,
                [](const CompiledStep& step) { return step.kind == "offer.create"; });
  runtime = changed;
  Command wanted = command("alice@example.test");
  wanted.source.instance = "node2";
  const auto refused = await(engine->submit(wanted));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("makes no offers"));
}

TEST(RunInput, KeepsWhereItsOffersAreMade) {
  RunInput input{"default", *base::Name::parse("alice@example.com"), Verb::kSetSource};
  for (const std::string& instance : {std::string{}, std::string{"node2"}}) {
    input.source.instance = instance;
    const auto read = RunInput::from_json("default", boost::json::serialize(input.to_json()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source.instance, instance);
  }
}

}  // namespace
}  // namespace paynamed::pipeline
