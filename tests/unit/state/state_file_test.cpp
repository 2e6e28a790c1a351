// The file on disk: whose it is, what is refused, migrations and tampering.
#include "state/state_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "state/migrations.hpp"
#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::HasSubstr;

struct StateFile : StoreTest {
  base::Status refused() {
    const auto opened = SqliteStore::open(settings, clock);
    EXPECT_FALSE(opened);
    return opened ? base::Status{} : opened.error();
  }
  void change(const std::string& sql) {
    store.reset();
    auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection);
    const auto done = connection->execute(sql);
    ASSERT_TRUE(done) << done.error().to_string();
  }
};

// All migrations there are, and one more.
std::vector<Migration> and_then(const char* sql) {
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({sql});
  return steps;
}

TEST_F(StateFile, IsForItsOwnerOnly) {
  open();
  make_live("alice@example.com");
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((settings.path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(StateFile, IsUsedByOneDaemonAtATime) {
  open();
  const base::Status status = refused();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("process " + std::to_string(::getpid())));
  store.reset();
  open();
}

TEST_F(StateFile, OfAMissingDirectoryIsRefusedWithItsName) {
  settings.path = directory.file("nowhere/state.db");
  const base::Status status = refused();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(directory.file("nowhere") + " does not exist"));
}

TEST_F(StateFile, ThatIsADirectoryIsRefused) {
  std::filesystem::create_directory(settings.path);
  EXPECT_EQ(refused().code(), Code::kFailedPrecondition);
}

TEST_F(StateFile, ThatIsNoDatabaseIsRefusedAndKept) {
  std::ofstream(settings.path) << "these are the household accounts";
  const base::Status status = refused();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is not a state file of paynamed"));
  EXPECT_EQ(std::filesystem::file_size(settings.path), 32u);
}

TEST_F(StateFile, OfAnotherProgramIsRefusedAndNotChanged) {
  { std::ofstream touch(settings.path); }
  change("CREATE TABLE theirs(x); PRAGMA application_id = 77");
  const base::Status status = refused();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("of another program"));
  auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
  EXPECT_EQ(*connection->text("PRAGMA journal_mode"), "delete");
}

TEST_F(StateFile, ThatIsDamagedIsRefused) {
  open();
  make_live("alice@example.com");
  store.reset();
  std::fstream(settings.path, std::ios::in | std::ios::out | std::ios::binary).seekp(100)
      << std::string(4000, '\x55');
  EXPECT_EQ(refused().code(), Code::kDataLoss);
}

TEST_F(StateFile, OfANewerVersionIsRefusedNamingBoth) {
  open();
  change("PRAGMA user_version = 99");
  const base::Status status = refused();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("has version 99"));
  EXPECT_THAT(status.message(), HasSubstr(fmt::format("versions up to {}", migrations().size())));
}

// Version 4 did not count where the records of a domain are.
TEST_F(StateFile, OfVersion4CountsItsNamesWhenItIsBroughtUp) {
  open();
  make_live("alice@example.com");
  make_live("bob@example.com", "o2");
  remove("bob@example.com", author.now + std::chrono::hours{1});
  change(
      "DROP TABLE domain_uses; DROP TABLE domain_moves; DROP TABLE domain_move_names; "
      "DROP INDEX offers_active_ending; DROP INDEX offers_by_offer_id; "
      "DROP TABLE payments; DROP TABLE invoices; DROP TABLE invoice_intents; DROP TABLE node_cursors; "
      "DROP TABLE orders; DROP TABLE order_intents; DROP TABLE offers_to_disable; "
      "DROP TABLE webhooks; DROP TABLE webhook_standings; DROP TABLE webhook_keys; DROP TABLE "
      "deleted_webhooks; "
      "DROP TABLE deliveries; DROP TABLE delivery_attempts; "
      "DROP TABLE nodes; DROP TABLE node_uses; DROP TABLE node_looks; DROP TABLE secrets; DROP TABLE "
      "node_keys; "
      "ALTER TABLE totals DROP COLUMN payments; PRAGMA user_version = 4");
  open();
  const auto uses = *store->in_use();
  ASSERT_EQ(uses.domains.size(), 1u);
  EXPECT_EQ(uses.domains[0].names.at("zone"), 1u);
  const auto at_nodes = *store->node_uses();
  ASSERT_EQ(at_nodes.size(), 1u);
  EXPECT_EQ(at_nodes[0].names, 1u);
  EXPECT_EQ(at_nodes[0].offers, 2u);
  expect_sound();
}

// As the first paynamed wrote it.
TEST_F(StateFile, OfTheFirstVersionIsBroughtToTheNewest) {
  {
    ASSERT_TRUE(prepare_file(settings.path));
    auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, settings.path, migrations().first(1)));
  }
  open();
  make_live("alice@example.com");
  expect_sound();
}

TEST_F(StateFile, MigratesForwardKeepingWhatIsThere) {
  open();
  make_live("alice@example.com");
  store.reset();
  auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
  const auto steps = and_then("ALTER TABLE names ADD COLUMN note TEXT NOT NULL DEFAULT 'none'");
  ASSERT_TRUE(migrate(*connection, settings.path, steps));
  EXPECT_EQ(*connection->integer("PRAGMA user_version"), std::ssize(steps));
  EXPECT_EQ(*connection->text("SELECT note FROM names"), "none");
}

TEST_F(StateFile, AFailedMigrationChangesNothing) {
  open();
  store.reset();
  auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite);
  const auto steps = and_then("CREATE TABLE half(x); INSERT INTO nowhere VALUES (1)");
  const auto done = migrate(*connection, settings.path, steps);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr(fmt::format("from version {} to {}; it is unchanged",
                                                            steps.size() - 1, steps.size())));
  EXPECT_EQ(*connection->integer("PRAGMA user_version"), std::ssize(steps) - 1);
  EXPECT_EQ(*connection->integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

struct Tampering {
  std::string what;
  std::string sql;
  std::int64_t broken;
};

class Tampered : public StateFile, public testing::WithParamInterface<Tampering> {};

TEST_P(Tampered, IsFoundAtTheFirstEventThatWasTouched) {
  open();
  make_live("alice@example.com");  // events 1 to 5
  make_live("bob@example.com");    // events 6 to 10
  change(GetParam().sql);
  open();
  const auto report = store->verify_chain();
  ASSERT_TRUE(report) << report.error().to_string();
  ASSERT_TRUE(report->broken_offset);
  EXPECT_EQ(*report->broken_offset, GetParam().broken) << report->problem;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Tampered,
    testing::Values(
        Tampering{"ChangedData", "UPDATE events SET data = replace(data, 'alice', 'mally') WHERE offset = 3",
                  3},
        Tampering{"ChangedFirst", "UPDATE events SET time = time + 1 WHERE offset = 1", 1},
        Tampering{"ChangedLast", "UPDATE events SET subject = 'x' WHERE offset = 10", 10},
        Tampering{"ChangedTypeWord", "UPDATE event_types SET name = 'name.dead' WHERE name = 'name.live'", 4},
        Tampering{"Dropped", "DELETE FROM events WHERE offset = 4", 4},
        Tampering{"CutOff", "DELETE FROM events WHERE offset > 8", 9},
        Tampering{"ChangedHash", "UPDATE events SET prev_hash = zeroblob(32) WHERE offset = 7", 6}),
    [](const testing::TestParamInfo<Tampering>& tampering) { return tampering.param.what; });

}  // namespace
}  // namespace paynamed::state
