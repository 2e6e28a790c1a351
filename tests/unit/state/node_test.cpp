// Added nodes, who is at which node, looks with their news, and sealed secrets.
#include <gmock/gmock.h>

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kAddress = "https://node7.example.com:3010";

struct Nodes : StoreTest {
  void SetUp() override { open(); }

  NewNode node(const std::string& address = kAddress, const std::string& owner = "o1",
               const std::string& tenant = "default", const std::string& node_id = "02aa",
               const std::string& instance = "node") {
    NewNode wanted;
    wanted.node.id = author.id();
    wanted.node.tenant = tenant;
    wanted.node.owner = owner;
    wanted.node.place = {instance, address};
    wanted.node.node_id = node_id;
    wanted.node.secrets = {"ca", "rune"};
    wanted.node.added = author.now;
    for (const char* name : {"ca", "rune"})
      wanted.secrets.push_back({secret_handle(wanted.node, name), {1, 2, 3}});
    wanted.event = author.event("node.added", wanted.node.id.to_string(),
                                R"({"node":")" + wanted.node.id.to_string() + R"(","instance":")" + instance +
                                    R"(","reference":")" + address + R"(","owner":")" + owner +
                                    R"(","node_id":")" + node_id + R"(","secrets":["ca","rune"]})");
    return wanted;
  }
  Result<AddedNode> add(NewNode wanted) { return wait_for(io, store->add_node(std::move(wanted))); }
  Result<void> remove_node(const NodeRow& row, const std::string& tenant = "default") {
    auto event = author.event("node.removed", row.id.to_string(),
                              R"({"node":")" + row.id.to_string() + R"(","instance":"node","reference":")" +
                                  row.place.reference + "\"}");
    return wait_for(io, store->remove_node(tenant, row.id, std::move(event)));
  }
  std::vector<NodeRow> rows() { return store->added_nodes({}, 100).value(); }
  // Registers a name with an offer at the place, live.
  void put_name(const std::string& name, const NodePlace& place, const std::string& tenant = "default") {
    NewRun run = author.run(Verb::kRegister, name, "o1", tenant);
    const auto accepted = accept(run);
    ASSERT_TRUE(accepted) << accepted.error().to_string();
    const std::string at =
        R"(,"node_instance":")" + place.instance + R"(","node":")" + place.reference + "\"";
    std::vector<NewEvent> events{
        author.run_event("offer.created", run,
                         R"(,"offer_id":"of)" + name + R"(","offer":"lno1","source":"node")" + at),
        author.run_event(
            "name.published", run,
            R"(,"value":"bitcoin:?lno=lno1","ttl":60,"dns_instance":"zone","source":"node")" + at),
        author.run_event("run.completed", run)};
    const auto done = record(accepted->key, 0, {}, std::move(events));
    ASSERT_TRUE(done) << done.error().to_string();
  }
};

TEST_F(Nodes, AreKeptWithTheirSecretsAndComeBackFromTheEvents) {
  const auto wanted = node();
  const auto added = add(wanted);
  ASSERT_TRUE(added) << added.error().to_string();
  EXPECT_FALSE(added->replayed);
  reopen();
  const auto kept = rows();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].id, wanted.node.id);
  EXPECT_EQ(kept[0].owner, "o1");
  EXPECT_EQ(kept[0].place, wanted.node.place);
  EXPECT_THAT(kept[0].secrets, ElementsAre("ca", "rune"));
  const auto secret = store->find_secret(secret_handle(wanted.node, "rune"));
  ASSERT_TRUE(secret && *secret);
  EXPECT_THAT((*secret)->bytes, ElementsAre(1, 2, 3));
  expect_sound();
}

TEST_F(Nodes, TheSameRequestIsAnsweredOnce) {
  auto first = node();
  first.idempotency_key = "k";
  first.request_hash = "h";
  ASSERT_TRUE(add(first));
  auto again = node();
  again.idempotency_key = "k";
  again.request_hash = "h";
  const auto replayed = add(again);
  ASSERT_TRUE(replayed) << replayed.error().to_string();
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->node.id, first.node.id);
  again.request_hash = "other";
  EXPECT_EQ(add(again).error().code(), Code::kInvalidArgument);
  ASSERT_TRUE(remove_node(first.node));
  again.request_hash = "h";
  EXPECT_EQ(add(again).error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(Nodes, APlaceHasOneNode) {
  ASSERT_TRUE(add(node()));
  EXPECT_EQ(add(node(kAddress, "o1", "default", "02bb")).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(rows().size(), 1U);
  expect_sound();
}

TEST_F(Nodes, ANodeHasOneOwnerUnlessItIsShared) {
  ASSERT_TRUE(add(node()));
  EXPECT_EQ(add(node("https://b:1", "o2")).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(add(node("https://b:1", "o1", "other")).error().code(), Code::kAlreadyExists);
  EXPECT_TRUE(add(node("https://c:1", "o1")));
  // Only where every instance that has it says so.
  auto shared = node("https://b:1", "o2", "default", "02aa", "loose");
  shared.custodial = {"loose"};
  EXPECT_EQ(add(shared).error().code(), Code::kAlreadyExists) << "a custodial instance is no way around";
  shared.custodial = {"node"};
  EXPECT_EQ(add(shared).error().code(), Code::kAlreadyExists);
  shared.custodial = {"loose", "node"};
  EXPECT_TRUE(add(shared));
}

TEST_F(Nodes, ATenantHasSoManyAtAnInstance) {
  for (std::size_t i = 0; i < kMostAddedNodes; ++i)
    ASSERT_TRUE(add(node("https://n" + std::to_string(i) + ":1", "o1")));
  const auto refused = add(node("https://more:1", "o1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("50 nodes"));
  EXPECT_TRUE(add(node("https://other:1", "o1", "other", "02bb"))) << "another tenant has its own";
  ASSERT_TRUE(remove_node(rows().at(0)));
  EXPECT_TRUE(add(node("https://more:1", "o1")));
}

TEST_F(Nodes, AnInstanceHasSoManyOfAllTenants) {
  for (std::size_t i = 0; i < kMostNodesOfInstance; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_TRUE(add(node("https://n" + number + ":1", "o1", "t" + std::to_string(i % 4), "02" + number)));
  }
  const auto refused = add(node("https://more:1", "o1", "new", "02more"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("100 nodes"));
  const NodeRow some = rows().at(0);
  ASSERT_TRUE(remove_node(some, some.tenant));
  EXPECT_TRUE(add(node("https://more:1", "o1", "new", "02more")));
}

TEST_F(Nodes, AreForgottenWithTheirSecretsByTheirTenantAlone) {
  const auto wanted = node();
  ASSERT_TRUE(add(wanted));
  EXPECT_EQ(remove_node(wanted.node, "other").error().code(), Code::kNotFound);
  ASSERT_TRUE(remove_node(wanted.node));
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_FALSE(*store->find_secret(secret_handle(wanted.node, "rune")));
  EXPECT_EQ(remove_node(wanted.node).error().code(), Code::kNotFound);
  expect_sound();
  // And can be added again.
  EXPECT_TRUE(add(node()));
}

NewCredentials credentials_of(Author& author, const NodeRow& row, const std::string& tenant = "default") {
  NewCredentials credentials;
  credentials.tenant = tenant;
  credentials.id = row.id;
  credentials.secrets = {{secret_handle(row, "rune"), {7, 8}}};
  credentials.event =
      author.event("node.credentials_changed", row.id.to_string(),
                   R"({"node":")" + row.id.to_string() + R"(","instance":"node","reference":")" +
                       row.place.reference + R"(","secrets":["rune"]})");
  return credentials;
}

TEST_F(Nodes, OtherSecretsTakeThePlaceOfAllThatWereThere) {
  const auto wanted = node();
  ASSERT_TRUE(add(wanted));
  put_name("alice@example.com", wanted.node.place);
  const auto kept = wait_for(io, store->replace_credentials(credentials_of(author, wanted.node)));
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_THAT(kept->secrets, ElementsAre("rune"));
  EXPECT_EQ(kept->owner, "o1");
  reopen();
  EXPECT_THAT(rows().at(0).secrets, ElementsAre("rune"));
  EXPECT_FALSE(*store->find_secret(secret_handle(wanted.node, "ca")));
  EXPECT_THAT((*store->find_secret(secret_handle(wanted.node, "rune")))->bytes, ElementsAre(7, 8));
  EXPECT_EQ(store->events_after("default", {}, 100)->events.back().type, "node.credentials_changed");
  expect_sound();
}

TEST_F(Nodes, OfAnotherTenantOrGoneHaveNoSecretsToChange) {
  const auto wanted = node();
  ASSERT_TRUE(add(wanted));
  const auto change = [&](const std::string& tenant) {
    return wait_for(io, store->replace_credentials(credentials_of(author, wanted.node, tenant)));
  };
  EXPECT_EQ(change("other").error().code(), Code::kNotFound);
  ASSERT_TRUE(remove_node(wanted.node));
  EXPECT_EQ(change("default").error().code(), Code::kNotFound);
  auto of_others = credentials_of(author, wanted.node);
  of_others.secrets.push_back({secret_handle(wanted.node, "ca"), {1}});
  EXPECT_EQ(wait_for(io, store->replace_credentials(of_others)).error().code(), Code::kInternal);
  expect_sound();
}

// The sealed bytes are what a thief of the file with the key has.
TEST_F(Nodes, SecretsThatAreGoneAreInNoFile) {
  const std::string old = "SEALED-BYTES-OF-BEFORE-0123456789";
  const std::string last = "SEALED-BYTES-OF-THE-END-9876543210";
  const auto in_files = [&](const std::string& bytes) {
    std::size_t found = 0;
    for (const char* end : {"", "-wal"}) {
      std::ifstream file(settings.path + end, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      found += text.find(bytes) != text.npos ? 1U : 0U;
    }
    return found;
  };
  auto wanted = node();
  wanted.secrets[1].bytes.assign(old.begin(), old.end());
  ASSERT_TRUE(add(wanted));
  ASSERT_GE(in_files(old), 1U);
  auto change = credentials_of(author, wanted.node);
  change.secrets[0].bytes.assign(last.begin(), last.end());
  ASSERT_TRUE(wait_for(io, store->replace_credentials(std::move(change))));
  // What is after it in the queue is written after the log was cut off.
  put_name("alice@example.com", {"other", ""});
  EXPECT_EQ(in_files(old), 0U);
  ASSERT_GE(in_files(last), 1U);
  ASSERT_TRUE(remove_node(rows().at(0)));
  put_name("bob@example.com", {"other", ""});
  EXPECT_EQ(in_files(last), 0U);
  expect_sound();
}

TEST_F(Nodes, SecretsOfBeforeLeaveTheFilesAfterACrashToo) {
  const std::string old = "SEALED-BYTES-OF-BEFORE-0123456789";
  const auto in_files = [&](const std::string& path) {
    std::size_t found = 0;
    for (const char* end : {"", "-wal"}) {
      std::ifstream file(path + end, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      found += text.find(old) != text.npos ? 1U : 0U;
    }
    return found;
  };
  auto wanted = node();
  wanted.secrets[1].bytes.assign(old.begin(), old.end());
  ASSERT_TRUE(add(wanted));
  // Who reads keeps the log; the daemon dies meanwhile.
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(settings.path.c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM nodes", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_TRUE(wait_for(io, store->replace_credentials(credentials_of(author, wanted.node))));
  const std::string crashed = directory.file("crashed.db");
  for (const char* end : {"", "-wal"}) std::filesystem::copy_file(settings.path + end, crashed + end);
  ASSERT_GE(in_files(crashed), 1U);
  // The reader goes: it is tried again without anybody writing.
  sqlite3_exec(reader, "END", nullptr, nullptr, nullptr);
  sqlite3_close(reader);
  for (int i = 0; i < 2'000 && in_files(settings.path) > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(in_files(settings.path), 0U);
  store.reset();
  settings.path = crashed;
  open();
  put_name("alice@example.com", {"other", ""});
  EXPECT_EQ(in_files(crashed), 0U);
  expect_sound();
}

TEST_F(Nodes, StayWhileNamesOffersOrRunsUseThem) {
  const auto wanted = node();
  ASSERT_TRUE(add(wanted));
  NewRun run = author.run(Verb::kRegister, "open@example.com");
  run.instances = {"node", "zone"};
  run.input = std::string(R"({"source":{"node":")") + kAddress + "\"}}";
  const auto open_run = accept(run);
  ASSERT_TRUE(open_run);
  auto refused = remove_node(wanted.node);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("1 open runs"));
  ASSERT_TRUE(record(open_run->key, 0, {}, {author.run_event("run.compensated", run, R"(,"reason":"x")")}));

  put_name("alice@example.com", wanted.node.place);
  refused = remove_node(wanted.node);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("1 names, 1 offers"));
  NewOrder wish;
  wish.tenant = "default";
  wish.id = author.id();
  wish.name = "alice@example.com";
  wish.terms.amount_msat = 1;
  wish.terms.bolt12 = false;
  wish.time = author.now;
  const base::Uuid order = wish.id;
  ASSERT_TRUE(wait_for(io, store->intend_order(std::move(wish))));
  EXPECT_THAT(remove_node(wanted.node).error().message(), HasSubstr("1 open orders"));
  ASSERT_TRUE(wait_for(io, store->give_up_order(order, AtNode::kPossibly, author.now)));
  EXPECT_THAT(remove_node(wanted.node).error().message(), HasSubstr("0 open orders"));
  remove("alice@example.com", author.now + std::chrono::hours{1});
  // Its offer can still be paid.
  EXPECT_FALSE(remove_node(wanted.node));
  ASSERT_TRUE(wait_for(io, store->append("default", {author.event("offer.disabled", "alice@example.com",
                                                                  R"({"name":"alice@example.com",)"
                                                                  R"("offer_id":"ofalice@example.com"})")})));
  const auto removed = remove_node(wanted.node);
  EXPECT_TRUE(removed) << removed.error().message();
  expect_sound();
}

TEST_F(Nodes, UsesAreCountedByPlaceAndTenant) {
  put_name("a@example.com", {"node", ""});
  put_name("b@example.com", {"node", ""});
  put_name("c@example.com", {"node", kAddress}, "other");
  const auto mine = store->node_uses_of("default");
  ASSERT_TRUE(mine);
  ASSERT_EQ(mine->size(), 1U);
  EXPECT_EQ(mine->front().place, (NodePlace{"node", ""}));
  EXPECT_EQ(mine->front().names, 2U);
  EXPECT_EQ(mine->front().offers, 2U);
  EXPECT_EQ(store->node_uses()->size(), 2U);
  EXPECT_THAT(store->node_uses_of("nobody").value(), IsEmpty());
  expect_sound();
  reopen();
  remove("c@example.com", author.now, "other");
  EXPECT_EQ(store->node_uses_of("other")->front().names, 0U);
  expect_sound();
}

TEST_F(Nodes, ALookIsWrittenWithItsNews) {
  NodeLook look;
  look.place = {"node", kAddress};
  look.looked = author.now;
  look.reachable = Ternary::kNo;
  look.code = "unreachable";
  look.explanation = "no answer";
  look.inbound_msat = 2'100'000'000'000'000'000;
  look.missed = 2;
  look.seen = author.now - std::chrono::seconds{60};
  look.told = {"default"};
  const std::string data = std::string(R"({"instance":"node","reference":")") + kAddress +
                           R"(","code":"unreachable","reason":"no answer"})";
  ASSERT_TRUE(wait_for(
      io, store->record_node_look(look, {{"default", author.event("node.unreachable", kAddress, data)}})));
  reopen();
  const auto looks = store->node_looks();
  ASSERT_TRUE(looks && looks->size() == 1);
  EXPECT_EQ(looks->front().inbound_msat, look.inbound_msat);
  EXPECT_EQ(looks->front().missed, 2U);
  EXPECT_EQ(looks->front().seen, look.seen);
  EXPECT_THAT(looks->front().told, ElementsAre("default"));
  EXPECT_EQ(store->events_after("default", {}, 10)->events.back().type, "node.unreachable");
  // News of another node are a defect.
  look.place.reference = "other";
  EXPECT_EQ(wait_for(io, store->record_node_look(
                             look, {{"default", author.event("node.unreachable", kAddress, data)}}))
                .error()
                .code(),
            Code::kInternal);
  expect_sound();
}

}  // namespace
}  // namespace paynamed::state
