// Secrets are read while they are held or when they can be opened.
#include "nodes/vault.hpp"

#include <optional>
#include <set>

#include "../state/state_fixture.hpp"
#include "nodes/key_change.hpp"

namespace paynamed::nodes {
namespace {

struct VaultTest : state::StoreTest {
  void SetUp() override { open(); }
  base::Result<host::SealingKey> key = host::SealingKey::from_hex(std::string(64, 'a'));
  base::SystemRandom random;
};

TEST_F(VaultTest, WhatIsHeldIsReadUntilItIsLetGo) {
  Vault vault(*store, random, [this] { return key; });
  {
    const Vault::Held held(vault, {{"secret:node/added/1/rune", "the rune"}});
    EXPECT_EQ(vault.read("secret:node/added/1/rune").value(), "the rune");
  }
  EXPECT_EQ(vault.read("secret:node/added/1/rune").error().code(), base::Code::kNotFound);
}

TEST_F(VaultTest, AnotherKeyIsFoundOutBeforeItIsUsed) {
  Vault vault(*store, random, [this] { return key; });
  state::NewNode added;
  added.node.id = author.id();
  added.node.tenant = "default";
  added.node.place = {"node", "https://a:1"};
  added.node.node_id = "02aa";
  added.node.secrets = {"rune"};
  added.secrets = {vault.seal(state::secret_handle(added.node, "rune"), "the rune").value()};
  const std::string id = added.node.id.to_string();
  added.event = author.event("node.added", id,
                             R"({"node":")" + id +
                                 R"(","instance":"node","reference":"https://a:1","node_id":"02aa",)"
                                 R"("secrets":["rune"]})");
  const state::NodeRow node = added.node;
  ASSERT_TRUE(state::wait_for(io, store->add_node(std::move(added))));
  const auto other = host::SealingKey::from_hex(std::string(64, 'b')).value();
  EXPECT_TRUE(vault.opens(node, *key).value());
  EXPECT_FALSE(vault.opens(node, other).value());
  // One that was removed meanwhile is in nobody's way.
  state::NodeRow gone = node;
  gone.id = author.id();
  EXPECT_TRUE(vault.opens(gone, other).value());

  const auto lost = [&](const host::SealingKey& after, const std::optional<host::SealingKey>& now,
                        const std::set<base::Uuid>& already) {
    const auto found = lost_by(vault, {gone, node}, after, now, already);
    EXPECT_TRUE(found) << found.error().to_string();
    return *found ? (*found)->id : base::Uuid{};
  };
  EXPECT_EQ(lost(*key, *key, {}), base::Uuid{});
  EXPECT_EQ(lost(other, *key, {}), node.id);
  EXPECT_EQ(lost(other, other, {}), node.id) << "the file was written anew, and it could be read before";
  // What cannot be read anyway keeps nobody from anything.
  EXPECT_EQ(lost(other, other, {node.id}), base::Uuid{});
  EXPECT_EQ(lost(other, std::nullopt, {node.id}), base::Uuid{});
  EXPECT_EQ(lost(other, *key, {node.id}), node.id) << "it was given anew, and can be read";
}

TEST_F(VaultTest, WithoutAKeyNothingIsSealedOrOpened) {
  key = base::fail(base::failed_precondition("there is no key"));
  Vault vault(*store, random, [this] { return key; });
  EXPECT_FALSE(vault.seal("secret:node/added/1/rune", "the rune"));
  EXPECT_FALSE(vault.fingerprint("a request"));
}

}  // namespace
}  // namespace paynamed::nodes
