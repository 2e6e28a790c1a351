// Proofs in the store: written with what makes a name live, replaced by newer ones, gone with the name.
#include <gmock/gmock.h>

#include "state/sqlite.hpp"
#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;

struct Proofs : StoreTest {
  void SetUp() override { open(); }

  Proof proof(const std::string& value, int days = 10, std::uint8_t trunk = 7) const {
    Proof made;
    made.value = value;
    made.leaf.assign(value.begin(), value.end());
    made.trunk.assign(3000, trunk);
    made.made = author.now;
    made.valid_from = author.now - std::chrono::hours{1};
    made.expires = author.now + std::chrono::days{days};
    made.max_cache_ttl_seconds = 60;
    return made;
  }
  Result<void> put(const std::string& name, Proof made, const std::string& tenant = "default") {
    return wait_for(io, store->put_proof(tenant, name, std::move(made)));
  }
  std::optional<Proof> find(const std::string& name) {
    auto found = store->find_proof(name);
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? *found : std::nullopt;
  }
  // The daemon's file is closed while a test counts.
  std::int64_t count(const std::string& sql) {
    store.reset();
    auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
    const std::int64_t number = *connection->integer(sql);
    open();
    return number;
  }
  std::string value_of(const std::string& of) { return name(of).value; }
};

TEST_F(Proofs, TheProofIsOnDiskWithTheEventThatMakesTheNameLive) {
  const NewRun run = author.run(Verb::kRegister, "alice@example.com");
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(record(accepted->key, 0, {}, {author.offer_created(run, "0a"), author.published(run, "v")}));
  EXPECT_FALSE(find("alice@example.com"));

  RunUpdate update;
  update.run = accepted->key;
  update.events.push_back(author.live(run, "v"));
  update.proof = proof("v");
  ASSERT_TRUE(wait_for(io, store->record(std::move(update))));
  reopen();
  const auto found = find("alice@example.com");
  ASSERT_TRUE(found);
  const Proof wanted = proof("v");
  EXPECT_EQ(found->value, "v");
  EXPECT_EQ(found->leaf, wanted.leaf);
  EXPECT_EQ(found->trunk, wanted.trunk);
  EXPECT_EQ(found->made, wanted.made);
  EXPECT_EQ(found->valid_from, wanted.valid_from);
  EXPECT_EQ(found->expires, wanted.expires);
  EXPECT_EQ(found->max_cache_ttl_seconds, 60u);
  expect_sound();
}

TEST_F(Proofs, ANewerProofTakesThePlaceOfTheOlder) {
  make_live("alice@example.com");
  ASSERT_TRUE(put("alice@example.com", proof(value_of("alice@example.com"), 3)));
  ASSERT_TRUE(put("alice@example.com", proof(value_of("alice@example.com"), 9)));
  EXPECT_EQ(find("alice@example.com")->expires, author.now + std::chrono::days{9});
  EXPECT_EQ(count("SELECT count(*) FROM proofs"), 1);
}

TEST_F(Proofs, AProofOfAnotherValueIsRefused) {
  make_live("alice@example.com");
  const auto stale = put("alice@example.com", proof("bitcoin:?lno=of-yesterday"));
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code(), Code::kAborted);
  const auto unknown = put("nobody@example.com", proof("v"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::kAborted);
  const auto foreign = put("alice@example.com", proof(value_of("alice@example.com")), "other");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), Code::kAborted);
  EXPECT_FALSE(find("alice@example.com"));
}

TEST_F(Proofs, WhileANewValueIsNotProvenThereIsNoProof) {
  make_live("alice@example.com");
  ASSERT_TRUE(put("alice@example.com", proof(value_of("alice@example.com"))));
  NewRun run = author.run(Verb::kRotate, "alice@example.com");
  run.expected_revision = name("alice@example.com").revision;
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted) << accepted.error().to_string();
  ASSERT_TRUE(record(accepted->key, 0, {}, {author.published(run, "new")}));
  EXPECT_FALSE(find("alice@example.com"));
}

TEST_F(Proofs, TheProofGoesWithTheName) {
  make_live("alice@example.com");
  ASSERT_TRUE(put("alice@example.com", proof(value_of("alice@example.com"))));
  remove("alice@example.com", author.now + std::chrono::days{365});
  EXPECT_FALSE(find("alice@example.com"));
  EXPECT_EQ(count("SELECT count(*) FROM proofs"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM proof_trunks"), 0);
}

TEST_F(Proofs, NamesOfAZoneShareTheTrunkAndTheLastTakesItAway) {
  for (const std::string name : {"a@example.com", "b@example.com"}) {
    make_live(name);
    ASSERT_TRUE(put(name, proof(value_of(name), 10, 1)));
  }
  EXPECT_EQ(count("SELECT count(*) FROM proof_trunks"), 1);
  ASSERT_TRUE(put("a@example.com", proof(value_of("a@example.com"), 10, 2)));
  EXPECT_EQ(count("SELECT count(*) FROM proof_trunks"), 2);
  ASSERT_TRUE(put("b@example.com", proof(value_of("b@example.com"), 10, 2)));
  EXPECT_EQ(count("SELECT count(*) FROM proof_trunks"), 1);
  EXPECT_EQ(find("b@example.com")->trunk, std::vector<std::uint8_t>(3000, 2));
}

TEST_F(Proofs, EndingOnesAreFoundInOrderPageByPage) {
  const std::vector<std::pair<std::string, int>> table = {
      {"late@example.com", 20}, {"soon@example.com", 2}, {"same@example.com", 2}, {"next@example.com", 5}};
  for (const auto& [name, days] : table) {
    make_live(name);
    ASSERT_TRUE(put(name, proof(value_of(name), days)));
  }
  std::vector<std::string> seen;
  Store::ProofPlace place;
  for (;;) {
    const auto page = store->proofs_ending(author.now + std::chrono::days{7}, place, 2);
    ASSERT_TRUE(page);
    for (const auto& each : *page) {
      EXPECT_EQ(each.tenant, "default");
      seen.push_back(each.name);
      place = each.place;
    }
    if (page->size() < 2) break;
  }
  EXPECT_THAT(seen, ElementsAre("soon@example.com", "same@example.com", "next@example.com"));
}

TEST_F(Proofs, AnEndlessProofIsRefused) {
  make_live("alice@example.com");
  Proof large = proof(value_of("alice@example.com"));
  large.leaf.assign(1 << 17, 1);
  const auto refused = put("alice@example.com", std::move(large));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
}

TEST_F(Proofs, ARebuildLeavesProofsWithTheirNames) {
  for (const std::string name : {"a@example.com", "b@example.com"}) {
    make_live(name);
    ASSERT_TRUE(put(name, proof(value_of(name))));
  }
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  EXPECT_EQ(find("b@example.com")->value, value_of("b@example.com"));
  expect_sound();
}

}  // namespace
}  // namespace paynamed::state
