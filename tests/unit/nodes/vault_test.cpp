// Secrets are read while they are held or when they can be opened.
#include "nodes/vault.hpp"

#include "../state/state_fixture.hpp"

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

TEST_F(VaultTest, WithoutAKeyNothingIsSealedOrOpened) {
  key = base::fail(base::failed_precondition("there is no key"));
  Vault vault(*store, random, [this] { return key; });
  EXPECT_FALSE(vault.seal("secret:node/added/1/rune", "the rune"));
  EXPECT_FALSE(vault.fingerprint("a request"));
}

}  // namespace
}  // namespace paynamed::nodes
