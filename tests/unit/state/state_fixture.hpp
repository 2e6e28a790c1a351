// A store in a directory of its own, and the runs that the tests write to it.
//
// Threads: a fixture belongs to its test's thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::state {

// Removed with its content at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The data of an event custom.*, which tests take where any event will do.
std::string custom_data(std::string_view name = "nobody@example.com");

// Makes units as the engine does.
class Author {
 public:
  explicit Author(std::uint64_t seed = 1) : random_(seed) {}

  base::WallTime now{std::chrono::seconds{1'700'000'000}};

  NewEvent event(const std::string& type, const std::string& name, const std::string& data);
  NewRun run(Verb verb, const std::string& name, const std::string& owner = "o1",
             const std::string& tenant = "default");
  base::Uuid id() { return base::Uuid::v7(now, random_); }

  NewEvent run_event(const std::string& type, const NewRun& run, const std::string& more = "");
  NewEvent published(const NewRun& run, const std::string& value);
  NewEvent live(const NewRun& run, const std::string& value);
  NewEvent offer_created(const NewRun& run, const std::string& offer_id);
  NewEvent removed(const NewRun& run, base::WallTime until);
  static JournalEntry entry(JournalEntry::Kind kind, std::uint32_t step);

 private:
  base::SeededRandom random_;
};

// Runs a coroutine on `io` to its end.
template <class Value>
Value wait_for(boost::asio::io_context& io, boost::asio::awaitable<Value> work) {
  std::optional<Value> value;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Value result) {
    thrown = error;
    value.emplace(std::move(result));
  });
  io.restart();
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*value);
}

struct StoreTest : testing::Test {
  TemporaryDirectory directory;
  base::SystemClock clock;
  boost::asio::io_context io;
  Author author;
  SqliteStore::Settings settings;
  std::unique_ptr<SqliteStore> store;

  StoreTest() { settings.path = directory.file("state.db"); }
  void open();
  void reopen() {
    store.reset();
    open();
  }

  Result<AcceptedRun> accept(NewRun run) { return wait_for(io, store->accept_run(std::move(run))); }
  Result<void> record(RunKey run, std::uint32_t expected, std::vector<JournalEntry> journal,
                      std::vector<NewEvent> events);
  // Accepts and completes a registration; the name is live.
  AcceptedRun make_live(const std::string& name, const std::string& owner = "o1",
                        const std::string& tenant = "default");
  // Removes a live name, quarantined until then.
  void remove(const std::string& name, base::WallTime until, const std::string& tenant = "default");
  NameRow name(const std::string& name, const std::string& tenant = "default");
  // Everything is as it should be: the chain is whole and a rebuild gives the same tables.
  void expect_sound();
};

}  // namespace paynamed::state
