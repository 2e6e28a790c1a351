// Nothing that was acknowledged is lost when the power is cut; with synchronous=OFF it is, and the test would
// notice.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/detached.hpp>
#include <string>

#include "state_fixture.hpp"
#include "tests/fakes/power_cut_vfs.hpp"

namespace paynamed::state {
namespace {

namespace asio = boost::asio;

struct Round {
  std::uint64_t seed = 1;
  bool torn = false;
  bool synchronous_off = false;
  int acknowledgements = 20;  // after so many the power is cut
};

// A child says why it cannot go on: the test fails with its exit code.
[[noreturn]] void end(const base::Status& status) {
  std::fprintf(stderr, "child: %s\n", status.to_string().c_str());
  _exit(2);
}

// One registration after the other; each answer that arrives is written to `pipe` before the next begins.
asio::awaitable<void> register_forever(SqliteStore& store, Author& author, std::string prefix, int pipe,
                                       std::atomic<int>& left, fakes::PowerCutVfs& disk, const Round& round) {
  for (int i = 0;; ++i) {
    const std::string name = prefix + std::to_string(i) + "@example.com";
    NewRun run = author.run(Verb::kRegister, name);
    NewRun copy = run;
    const auto accepted = co_await store.accept_run(std::move(copy));
    if (!accepted) end(accepted.error());
    std::string line = "a " + name + "\n";
    if (write(pipe, line.data(), line.size()) < 0) _exit(2);

    RunUpdate update;
    update.run = accepted->key;
    update.journal.push_back(Author::entry(JournalEntry::Kind::kOutcome, 0));
    update.events = {author.offer_created(run, "0f"), author.published(run, "v"), author.live(run, "v"),
                     author.run_event("run.completed", run)};
    const auto recorded = co_await store.record(std::move(update));
    if (!recorded) end(recorded.error());
    line = "l " + name + "\n";
    if (write(pipe, line.data(), line.size()) < 0) _exit(2);
    if (--left <= 0) {
      if (round.torn) disk.cut(round.seed);
      _exit(0);  // what the disk holds in memory is gone
    }
  }
}

// The life of the process whose power is cut: eight registrations at a time, many checkpoints.
[[noreturn]] void live_until_cut(const std::string& path, int pipe, const Round& round) {
  fakes::PowerCutVfs disk("power-cut");
  base::SystemClock clock;
  SqliteStore::Settings settings;
  settings.path = path;
  settings.vfs = disk.name();
  settings.synchronous_off_for_tests = round.synchronous_off;
  settings.checkpoint_pages = 64;
  settings.fatal = [](const std::string&) { _exit(0); };
  auto store = SqliteStore::open(settings, clock);
  if (!store) _exit(3);
  Author author(round.seed);
  asio::io_context io;
  std::atomic<int> left{round.acknowledgements};
  for (int i = 0; i < 8; ++i) {
    asio::co_spawn(
        io,
        register_forever(**store, author, "r" + std::to_string(round.seed) + "-" + std::to_string(i) + "-",
                         pipe, left, disk, round),
        asio::detached);
  }
  io.run();
  _exit(4);
}

struct Acknowledged {
  std::vector<std::string> accepted;
  std::vector<std::string> live;
};

struct PowerCut : StoreTest {
  // Runs a child until its power is cut, and gives what it said before.
  Acknowledged cut(const Round& round) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      live_until_cut(settings.path, ends[1], round);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the child ended with " << status;

    Acknowledged said;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      (text[at] == 'a' ? said.accepted : said.live).push_back(text.substr(at + 2, end - at - 2));
    }
    return said;
  }

  // How many of the acknowledged writes are not there.
  int lost(const Acknowledged& said) {
    int count = 0;
    for (const std::string& it : said.accepted) count += *store->find_name("default", it) ? 0 : 1;
    for (const std::string& it : said.live) {
      const auto found = *store->find_name("default", it);
      count += found && found->state == NameState::kLive ? 0 : 1;
    }
    return count;
  }
};

TEST_F(PowerCut, LosesNothingAcknowledgedInHundredRoundsOnOneFile) {
  Acknowledged all;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Round round{seed, seed % 2 == 0, false, static_cast<int>(seed % 23) + 1};
    const Acknowledged said = cut(round);
    ASSERT_FALSE(said.live.empty());
    all.accepted.insert(all.accepted.end(), said.accepted.begin(), said.accepted.end());
    all.live.insert(all.live.end(), said.live.begin(), said.live.end());
    if (seed % 10 != 0) continue;  // the next child opens what this one left
    open();
    ASSERT_TRUE(store);
    ASSERT_EQ(lost(all), 0);
    expect_sound();
    store.reset();
  }
}

TEST_F(PowerCut, WithSynchronousOffAcknowledgedWritesAreLost) {
  const Acknowledged said = cut({.seed = 7, .torn = false, .synchronous_off = true, .acknowledgements = 20});
  ASSERT_GE(said.live.size(), 20u);
  auto opened = SqliteStore::open(settings, clock);
  if (!opened) return;  // not even a file that can be opened is left
  store = std::move(*opened);
  EXPECT_GT(lost(said), 0);
}

TEST_F(PowerCut, AFailedSyncEndsTheProcessAndAcknowledgesNothing) {
  fakes::PowerCutVfs disk("power-cut-failing");
  std::string line;
  settings.vfs = disk.name();
  settings.fatal = [&](const std::string& said) { line = said; };
  open();
  make_live("alice@example.com");
  disk.fail_syncs();
  const auto accepted = accept(author.run(Verb::kRegister, "bob@example.com"));
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code(), base::Code::kUnavailable);
  EXPECT_NE(line.find("a commit failed"), std::string::npos) << line;
  const auto after = accept(author.run(Verb::kRegister, "carol@example.com"));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code(), base::Code::kUnavailable);
  store.reset();
}

TEST_F(PowerCut, ReadsSeeWhatIsNotSyncedAndACutLosesIt) {
  const std::string path = directory.file("disk.db");
  {
    fakes::PowerCutVfs disk("power-cut-plain");
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                              disk.name().c_str()),
              SQLITE_OK);
    const auto run = [&](const char* sql) { return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr); };
    ASSERT_EQ(run("PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE "
                  "t(x); INSERT INTO t VALUES (1)"),
              SQLITE_OK);
    ASSERT_EQ(disk.unsynced_bytes(), 0u);
    ASSERT_EQ(run("PRAGMA synchronous=OFF; INSERT INTO t VALUES (2)"), SQLITE_OK);
    EXPECT_GT(disk.unsynced_bytes(), 0u);
    disk.cut();
    EXPECT_NE(run("INSERT INTO t VALUES (3)"), SQLITE_OK);
    sqlite3_close(handle);
  }
  auto connection = Connection::open(path, Connection::Mode::kReadWrite);
  ASSERT_TRUE(connection);
  const auto rows = connection->integer("SELECT count(*) FROM t");
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ(*rows, 1);
}

}  // namespace
}  // namespace paynamed::state
