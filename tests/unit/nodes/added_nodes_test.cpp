// What is asked, refused and kept when a caller adds a node.
#include "nodes/added_nodes.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "../state/state_fixture.hpp"
#include "fake_backend.hpp"

namespace paynamed::nodes {
namespace {

using base::Code;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kAddress = "https://a.nodes.example.com:3010";
constexpr const char* kRune = "a-rune-that-nobody-guesses";

struct AddedNodesTest : state::StoreTest {
  void SetUp() override {
    open();
    config::Plugin plugin;
    plugin.id = "node";
    plugin.added_nodes = {{config::NodeRule::parse("*.nodes.example.com:3010").value(), {}}};
    runtime->config.plugins = {plugin};
    backend.nodes.emplace(kAddress, FakeBackend::up());
    vault = std::make_unique<Vault>(*store, random, [this] { return key; });
    nodes = std::make_unique<AddedNodes>(
        AddedNodes::Dependencies{[this] { return runtime; }, *store, book, *vault, clock, random, log,
                                 backend.caller(), [](const std::string& id) { return id == "node"; },
                                 [this](boost::asio::awaitable<void> work) {
                                   boost::asio::co_spawn(io, std::move(work), boost::asio::detached);
                                 }});
  }
  config::Plugin& plugin() { return runtime->config.plugins.front(); }

  static NodeToAdd wanted(const std::string& address = kAddress, const std::string& owner = "o1") {
    NodeToAdd node;
    node.tenant = "default";
    node.instance = "node";
    node.owner = owner;
    node.address = address;
    node.secrets = {{"rune", kRune}};
    node.request = "the request of " + owner;
    return node;
  }
  base::Result<state::AddedNode> add(NodeToAdd node = wanted()) {
    return state::wait_for(io, nodes->add(std::move(node)));
  }
  // Nothing was kept of it.
  void expect_nothing() {
    EXPECT_THAT(book.nodes(), IsEmpty());
    EXPECT_THAT(store->added_nodes({}, 10).value(), IsEmpty());
    EXPECT_EQ(store->totals()->events, 0U);
  }

  std::shared_ptr<pipeline::Runtime> runtime = std::make_shared<pipeline::Runtime>();
  base::SystemRandom random;
  base::Result<host::SealingKey> key = host::SealingKey::from_hex(std::string(64, 'a'));
  std::vector<std::string> lines;
  observe::Log log{
      {observe::Level::kTrace}, clock, [this](std::string_view line) { lines.emplace_back(line); }};
  NodeBook book{clock};
  FakeBackend backend;
  std::unique_ptr<Vault> vault;
  std::unique_ptr<AddedNodes> nodes;
};

TEST_F(AddedNodesTest, ANodeIsAskedByHandlesAndKeptSealed) {
  const auto added = add();
  ASSERT_TRUE(added) << added.error().to_string();
  const std::string handle = state::secret_handle(added->node, "rune");
  EXPECT_THAT(backend.called,
              ElementsAre(std::string("Info node") + kAddress, std::string("Provision node") + kAddress));
  EXPECT_THAT(backend.handles, ElementsAre(handle));
  EXPECT_EQ(vault->read(handle).value(), kRune);
  const auto sealed = store->find_secret(handle);
  ASSERT_TRUE(sealed && *sealed);
  EXPECT_THAT(std::string((*sealed)->bytes.begin(), (*sealed)->bytes.end()), Not(HasSubstr(kRune)));
  EXPECT_EQ(added->node.node_id, std::string(66, 'a'));
  EXPECT_EQ(book.receivable_at(added->node.place, "default").state, state::Ternary::kYes);
  const auto events = store->events_after("default", {}, 10);
  ASSERT_EQ(events->events.size(), 1U);
  EXPECT_EQ(events->events[0].type, "node.added");
  EXPECT_THAT(events->events[0].data, Not(HasSubstr(kRune)));
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr(kRune)));
  expect_sound();
}

TEST_F(AddedNodesTest, WhatTheNodeRefusesIsToldAndNotKept) {
  struct Case {
    base::Result<plugin::v1::NodeInfoReply> node;
    const char* said;
  };
  for (const Case& each :
       {Case{base::fail(base::unauthenticated("The node does not know the rune.")), "does not know the rune"},
        Case{base::fail(base::failed_precondition("The node is on \"bitcoin\".")), "is on"},
        Case{base::fail(base::deadline_exceeded("It took too long.")), "too long"},
        Case{FakeBackend::down(), "does not answer"}, Case{FakeBackend::up("nonsense"), "who it is"}}) {
    backend.nodes.insert_or_assign(kAddress, each.node);
    const auto added = add();
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(added.error().message(), HasSubstr(each.said));
    expect_nothing();
  }
  EXPECT_EQ(backend.called.back(), std::string("Release node") + kAddress);
  // What was tried is not readable any more.
  EXPECT_FALSE(vault->read(backend.handles.front()));
}

TEST_F(AddedNodesTest, WhoCannotBeAskedNowIsAskedLater) {
  backend.nodes.insert_or_assign(kAddress,
                                 base::fail(base::unavailable("its calls fail").with_deferral("node")));
  EXPECT_EQ(add().error().code(), Code::kUnavailable);
  expect_nothing();
}

TEST_F(AddedNodesTest, TheOperatorHasToLetIt) {
  auto elsewhere = wanted("https://evil.example.com:3010");
  EXPECT_EQ(add(elsewhere).error().code(), Code::kPermissionDenied);
  EXPECT_EQ(add(wanted("file:///etc/passwd")).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(add(wanted("https://a.nodes.example.com:22")).error().code(), Code::kPermissionDenied);
  auto other_instance = wanted();
  other_instance.instance = "zone";
  EXPECT_EQ(add(other_instance).error().code(), Code::kInvalidArgument);
  plugin().added_nodes.clear();
  auto refused = add();
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("added_nodes"));
  EXPECT_THAT(backend.called, IsEmpty());
  expect_nothing();
}

TEST_F(AddedNodesTest, WithoutAKeyToSealWithNothingIsEvenAsked) {
  key = base::fail(base::failed_precondition("make one with openssl rand -hex 32"));
  const auto refused = add();
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(backend.called, IsEmpty());
  expect_nothing();
}

TEST_F(AddedNodesTest, TheSameRequestAddsOnce) {
  auto first = wanted();
  first.idempotency_key = "k";
  const auto added = add(first);
  ASSERT_TRUE(added);
  const auto calls = backend.called.size();
  const auto again = add(first);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->node.id, added->node.id);
  EXPECT_EQ(backend.called.size(), calls);
  auto other = first;
  other.request = "another one";
  EXPECT_EQ(add(other).error().code(), Code::kInvalidArgument);
  const auto use = store->find_node_key("default", "k");
  ASSERT_TRUE(use && *use);
  // Who has the file and a guess cannot tell whether it is right.
  EXPECT_EQ((*use)->request_hash, vault->fingerprint(first.request).value());
  key = host::SealingKey::from_hex(std::string(64, 'b'));
  EXPECT_NE((*use)->request_hash, vault->fingerprint(first.request).value());
}

TEST_F(AddedNodesTest, ANodeHasOneOwnerUnlessItsInstanceIsCustodial) {
  ASSERT_TRUE(add());
  constexpr const char* kOther = "https://b.nodes.example.com:3010";
  backend.nodes.emplace(kOther, FakeBackend::up());
  EXPECT_EQ(add(wanted(kAddress, "o1")).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(add(wanted(kOther, "o2")).error().code(), Code::kAlreadyExists);
  // The plugin forgets what it was shown.
  EXPECT_THAT(backend.called, Contains(std::string("Release node") + kOther));
  plugin().custodial = true;
  EXPECT_TRUE(add(wanted(kOther, "o2")));
}

TEST_F(AddedNodesTest, TheConfigurationsOwnNodeIsNobodyElses) {
  config::Plugin other;
  other.id = "configured";
  runtime->config.plugins.push_back(other);
  state::NodeLook own;
  own.place = {"configured", ""};
  own.node_id = std::string(66, 'a');
  book.put_look(own);
  EXPECT_EQ(add().error().code(), Code::kAlreadyExists);
  // One custodial instance says nothing about the node of another.
  plugin().custodial = true;
  EXPECT_EQ(add().error().code(), Code::kAlreadyExists);
  expect_nothing();
  runtime->config.plugins.back().custodial = true;
  EXPECT_TRUE(add());
}

TEST_F(AddedNodesTest, IsForgottenByThePluginToo) {
  const auto added = add();
  ASSERT_TRUE(added);
  EXPECT_EQ(state::wait_for(io, nodes->remove("other", added->node.id)).error().code(), Code::kNotFound);
  ASSERT_TRUE(state::wait_for(io, nodes->remove("default", added->node.id)));
  EXPECT_EQ(backend.called.back(), std::string("Release node") + kAddress);
  EXPECT_THAT(book.nodes(), IsEmpty());
  EXPECT_EQ(vault->read(state::secret_handle(added->node, "rune")).error().code(), Code::kNotFound);
  expect_sound();
}

TEST_F(AddedNodesTest, AnotherRuneTakesThePlaceOfTheOldOne) {
  const auto added = add();
  ASSERT_TRUE(added);
  state::NodeLook lost = *book.look_at(added->node.place);
  lost.reachable = state::Ternary::kNo;
  lost.code = "unauthenticated";
  lost.missed = 5;
  lost.told = {"default"};
  book.put_look(lost);
  backend.called.clear();
  NewSecrets other{"default", added->node.id, {{"rune", "another-rune-of-it"}, {"ca", "CERTIFICATE"}}};
  const auto changed = state::wait_for(io, nodes->replace_credentials(other));
  ASSERT_TRUE(changed) << changed.error().to_string();
  // Of the trial, and of what is open with the old rune.
  EXPECT_THAT(backend.called,
              ElementsAre(std::string("Info node") + kAddress, std::string("Release node") + kAddress,
                          std::string("Release node") + kAddress));
  EXPECT_THAT(backend.handles, ElementsAre(state::secret_handle(added->node, "rune")));
  EXPECT_THAT(changed->secrets, ElementsAre("ca", "rune"));
  EXPECT_EQ(vault->read(state::secret_handle(added->node, "rune")).value(), "another-rune-of-it");
  EXPECT_EQ(book.secret_handles(added->node.place).size(), 2U);
  // It answers, and who was told that it did not is told so by the next look.
  EXPECT_EQ(book.receivable_at(added->node.place, "default").state, state::Ternary::kYes);
  EXPECT_THAT(book.look_at(added->node.place)->told, ElementsAre("default"));
  const auto events = store->events_after("default", {}, 10);
  EXPECT_EQ(events->events.back().type, "node.credentials_changed");
  EXPECT_THAT(events->events.back().data, Not(HasSubstr("another-rune")));
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("another-rune")));
  expect_sound();
}

TEST_F(AddedNodesTest, ARuneThatIsWrongChangesNothing) {
  const auto added = add();
  ASSERT_TRUE(added);
  const auto change = [&](const std::string& tenant = "default", const std::string& rune = "another-rune") {
    NewSecrets other{tenant, added->node.id, {{"rune", rune}}};
    return state::wait_for(io, nodes->replace_credentials(other));
  };
  EXPECT_EQ(change("other").error().code(), Code::kNotFound);
  EXPECT_EQ(change("default", "").error().code(), Code::kInvalidArgument);
  backend.called.clear();
  const auto none = state::wait_for(io, nodes->replace_credentials({"default", added->node.id, {}}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(none.error().message(), HasSubstr("none were given"));
  EXPECT_THAT(backend.called, IsEmpty());
  backend.nodes.insert_or_assign(kAddress, base::fail(base::unauthenticated("It does not know the rune.")));
  auto refused = change();
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("does not know the rune"));
  // A rune of another node at the same place.
  backend.nodes.insert_or_assign(kAddress, FakeBackend::up(std::string(66, 'b')));
  refused = change();
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr(std::string(66, 'b')));
  key = base::fail(base::failed_precondition("make one with openssl rand -hex 32"));
  EXPECT_EQ(change().error().code(), Code::kFailedPrecondition);
  key = host::SealingKey::from_hex(std::string(64, 'a'));
  EXPECT_EQ(vault->read(state::secret_handle(added->node, "rune")).value(), kRune);
  EXPECT_EQ(store->totals()->events, 1U);
}

// Whatever a caller's node does says nothing about the instance, which others use.
TEST_F(AddedNodesTest, NoneOfItsCallsCountForTheBreakerOfTheInstance) {
  backend.nodes.insert_or_assign(kAddress, base::fail(base::deadline_exceeded("It took too long.")));
  EXPECT_FALSE(add());
  backend.nodes.insert_or_assign(kAddress, FakeBackend::up());
  const auto added = add();
  ASSERT_TRUE(added);
  NewSecrets other{"default", added->node.id, {{"rune", "another-rune"}}};
  EXPECT_TRUE(state::wait_for(io, nodes->replace_credentials(other)));
  EXPECT_TRUE(state::wait_for(io, nodes->remove("default", added->node.id)));
  EXPECT_GE(backend.called.size(), 6U);
  EXPECT_TRUE(backend.all_beside_breaker);
}

TEST_F(AddedNodesTest, NobodyWaitsUntilThePluginForgot) {
  const auto added = add();
  ASSERT_TRUE(added);
  base::Broadcast gate{clock};
  backend.release_gate = &gate;
  backend.nodes.insert_or_assign(kAddress, FakeBackend::up(std::string(66, 'b')));
  NewSecrets other{"default", added->node.id, {{"rune", "another-rune"}}};
  std::optional<base::Result<state::NodeRow>> answer;
  boost::asio::co_spawn(
      io, nodes->replace_credentials(other),
      [&](std::exception_ptr, base::Result<state::NodeRow> result) { answer.emplace(std::move(result)); });
  io.restart();
  io.poll();
  ASSERT_TRUE(answer) << "it waits for Release";
  EXPECT_EQ(answer->error().code(), Code::kInvalidArgument);
  EXPECT_EQ(vault->read(backend.handles.front()).value(), "another-rune") << "the plugin still reads it";
  gate.notify();
  io.restart();
  io.run();
  EXPECT_FALSE(vault->read(backend.handles.front()));
}

TEST_F(AddedNodesTest, CredentialsAreChangedByTodaysConfiguration) {
  const auto added = add();
  ASSERT_TRUE(added);
  backend.called.clear();
  const NewSecrets other{"default", added->node.id, {{"rune", "another-rune"}}};
  const auto change = [&] { return state::wait_for(io, nodes->replace_credentials(other)); };
  const auto rules = plugin().added_nodes;
  plugin().added_nodes = {{config::NodeRule::parse("*.elsewhere.example.com:3010").value(), {}}};
  EXPECT_EQ(change().error().code(), Code::kPermissionDenied);
  plugin().added_nodes = rules;
  plugin().tenants.emplace().push_back({"shop", {}});
  EXPECT_EQ(change().error().code(), Code::kPermissionDenied);
  EXPECT_THAT(backend.called, IsEmpty());
  plugin().tenants.reset();
  plugin().retired = true;
  EXPECT_TRUE(change()) << "its offers have to be disabled";
}

TEST_F(AddedNodesTest, OneTrialAtAPlaceAtATime) {
  const auto added = add();
  ASSERT_TRUE(added);
  base::Broadcast gate{clock};
  backend.release_gate = &gate;
  const NewSecrets other{"default", added->node.id, {{"rune", "another-rune"}}};
  const auto change = [&] {
    auto answer = std::make_shared<std::optional<base::Result<state::NodeRow>>>();
    boost::asio::co_spawn(
        io, nodes->replace_credentials(other),
        [answer](std::exception_ptr, base::Result<state::NodeRow> result) { *answer = std::move(result); });
    return answer;
  };
  backend.nodes.insert_or_assign(kAddress, FakeBackend::down());
  const auto first = change();
  io.restart();
  io.poll();
  ASSERT_TRUE(*first);
  const auto calls = backend.called.size();
  const auto second = change();
  io.restart();
  io.poll();
  ASSERT_TRUE(*second) << "the plugin has not forgotten the first yet";
  EXPECT_EQ((*second)->error().code(), Code::kResourceExhausted);
  EXPECT_EQ(backend.called.size(), calls);
  gate.notify();
  io.restart();
  io.run();
  const auto third = change();
  gate.notify();
  io.restart();
  io.run();
  ASSERT_TRUE(*third);
  EXPECT_EQ((*third)->error().code(), Code::kInvalidArgument);
  backend.release_gate = nullptr;
}

TEST_F(AddedNodesTest, NamesFindANodeByIdOrAddressIfItIsTheirs) {
  const auto added = add();
  ASSERT_TRUE(added);
  const std::string id = added->node.id.to_string();
  const auto ask = [&](const std::string& tenant, const std::string& owner, const std::string& text,
                       const std::string& instance = "node") {
    return nodes->reference_for(tenant, owner, instance, text);
  };
  EXPECT_EQ(ask("default", "o1", id).value(), kAddress);
  EXPECT_EQ(ask("default", "o1", "HTTPS://A.nodes.example.com:3010/").value(), kAddress);
  EXPECT_EQ(ask("other", "o1", id).error().code(), Code::kNotFound);
  EXPECT_EQ(ask("other", "o1", kAddress).error().code(), Code::kNotFound);
  EXPECT_EQ(ask("default", "o2", id).error().code(), Code::kPermissionDenied);
  EXPECT_EQ(ask("default", "o1", id, "node2").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(ask("default", "o1", "01890000-0000-7000-8000-000000000000").error().code(), Code::kNotFound);
  EXPECT_EQ(ask("default", "o1", "alpha").value(), "alpha");
  // It would be somebody else's as soon as that one adds it.
  EXPECT_EQ(ask("default", "o1", "https://new.nodes.example.com:3010").error().code(), Code::kNotFound);
  EXPECT_EQ(ask("other", "o1", kAddress, "node2").error().code(), Code::kNotFound);
  plugin().custodial = true;
  EXPECT_EQ(ask("default", "o2", id).value(), kAddress);
}

}  // namespace
}  // namespace paynamed::nodes
