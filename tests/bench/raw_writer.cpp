#include "tests/bench/raw_writer.hpp"

#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "state/migrations.hpp"
#include "state/state_file.hpp"
#include "state/units.hpp"

namespace paynamed::bench {
namespace {

using state::JournalEntry;

template <class Value>
Value must(base::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

state::Connection open(const std::string& path, const char* synchronous = "FULL") {
  must(state::prepare_file(path));
  auto connection = must(state::Connection::open(path, state::Connection::Mode::kReadWrite));
  must(connection.execute("PRAGMA journal_mode = WAL"));
  must(connection.execute(fmt::format("PRAGMA synchronous = {}", synchronous)));
  must(connection.execute(
      "PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"));
  must(state::migrate(connection, path));
  return connection;
}

double seconds_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double>(to - from).count();
}

struct Lane {
  state::NewRun run;
  state::RunKey key = 0;
  std::uint32_t done = 0;  // units of this run that are written
};

using Unit = std::variant<state::AcceptUnit, state::RecordUnit>;

// The lane's next unit, checked and ready to be written.
Unit prepare(RunUnits& units, Lane& lane) {
  if (lane.done == 0) {
    lane.run = units.next();
    return must(state::check(lane.run));
  }
  return must(state::check(units.update(lane.run, lane.key, lane.done - 1)));
}

void write(state::UnitWriter& writer, const Unit& unit, Lane& lane) {
  if (const auto* accept = std::get_if<state::AcceptUnit>(&unit)) {
    lane.key = must(writer.write(*accept)).key;
  } else {
    must(writer.write(std::get<state::RecordUnit>(unit)));
  }
  lane.done = (lane.done + 1) % RunUnits::kUnits;
}

// Writes groups of 64 until `seconds` of writing are over; making the units is not counted.
template <class Step>
double groups_per_s_64(const std::string& path, const char* suffix, double seconds, Step next_lane) {
  const base::SystemClock clock;
  auto connection = open(path);
  state::UnitWriter writer(connection, UINT64_MAX);
  must(writer.load());
  RunUnits units(fmt::format("-{}{}", suffix, must(connection.integer("SELECT last_run FROM heads"))));
  std::vector<Lane> lanes(64);
  std::vector<Unit> group(lanes.size());
  std::uint64_t written = 0;
  double spent = 0;
  while (spent < seconds) {
    for (std::size_t i = 0; i < lanes.size(); ++i) group[i] = prepare(units, lanes[i]);
    const auto begin = clock.monotonic();
    must(writer.begin());
    for (std::size_t i = 0; i < lanes.size(); ++i) write(writer, group[i], lanes[i]);
    must(writer.commit());
    spent += seconds_between(begin, clock.monotonic());
    written += lanes.size();
    for (Lane& lane : lanes) next_lane(lane);
  }
  return static_cast<double>(written) / spent;
}

}  // namespace

RunUnits::RunUnits(std::string suffix)
    : suffix_(std::move(suffix)), random_(std::hash<std::string>{}(suffix_)) {}

state::NewEvent RunUnits::event(const std::string& type, const state::NewRun& run, const std::string& more) {
  return {type,     1,
          run.name, base::Uuid::v7(now_, random_),
          now_,     fmt::format(R"({{"run":"{}","name":"{}"{}}})", run.id.to_string(), run.name, more)};
}

state::NewRun RunUnits::next() {
  // Names arrive in no order: hashing spreads them over the index as people's names are.
  const std::uint64_t spread = (++count_ * 0x9E3779B97F4A7C15u) >> 16;
  now_ += base::Duration{1};
  state::NewRun run;
  run.tenant = "default";
  run.id = base::Uuid::v7(now_, random_);
  run.name = fmt::format("{:x}{}@example.com", spread, suffix_);
  run.owner = fmt::format("user-{}", count_);
  run.time = now_;
  run.correlation_id = run.id.to_string();
  run.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  run.input =
      R"({"name":")" + run.name + R"(","source":{"node":"default"},"description":"Pay a person","ttl":300})";
  run.pipeline =
      R"({"format":1,"steps":[{"id":"check"},{"id":"node"},{"id":"offer"},{"id":"publish"},{"id":"prove"}]})";
  run.instances = {"zone", "sandbox"};
  run.journal.push_back(
      {JournalEntry::Kind::kIntent, 0, 1, now_, R"({"key":")" + run.correlation_id + R"(/check/1"})"});
  run.events.push_back(
      event("run.accepted", run,
            fmt::format(R"(,"verb":"register","domain":"example.com","owner":"{}","reference":"ref-{}",)"
                        R"("source":"node","livemode":false,"correlation_id":"{}")",
                        run.owner, count_, run.correlation_id)));
  return run;
}

state::RunUpdate RunUnits::update(const state::NewRun& run, state::RunKey key, std::uint32_t update) {
  constexpr std::string_view kSteps[] = {"check", "node", "offer", "publish", "prove"};
  static const std::string value = "bitcoin:?lno=lno1" + std::string(280, 'q');
  now_ += base::Duration{1};
  state::RunUpdate next;
  next.run = key;
  next.expected_entries = 1 + 2 * update;
  next.journal.push_back({JournalEntry::Kind::kOutcome, update, 1, now_,
                          fmt::format(R"({{"status":"done","outputs":{{"step":"{}","value":"{}"}}}})",
                                      kSteps[update], update == 2 ? value : "yes")});
  if (update + 1 < kUpdates) {
    next.journal.push_back({JournalEntry::Kind::kIntent, update + 1, 1, now_,
                            fmt::format(R"({{"key":"{}/{}/1","previous":null,"instance":"zone"}})",
                                        run.correlation_id, kSteps[update + 1])});
  }
  const std::string offer_id = run.id.to_string() + run.id.to_string().substr(8);
  if (update == 2) {
    next.events.push_back(
        event("offer.created", run,
              fmt::format(R"(,"offer_id":"{}","offer":"{}","source":"node","node_instance":"sandbox",)"
                          R"("node":"default","offer_key":"{}/offer/1")",
                          offer_id, std::string_view{value}.substr(13), run.correlation_id)));
  } else if (update == 3) {
    next.events.push_back(
        event("name.published", run,
              fmt::format(R"(,"value":"{}","ttl":300,"dns_instance":"zone","offer_id":"{}",)"
                          R"("source":"node","node_instance":"sandbox","node":"default")",
                          value, offer_id)));
  } else if (update == 4) {
    next.events.push_back(event("name.live", run, fmt::format(R"(,"value":"{}")", value)));
    next.events.push_back(event("run.completed", run, ""));
  }
  return next;
}

double raw_commits_per_s(const std::string& path, double seconds) {
  const base::SystemClock clock;
  auto connection = open(path);
  must(connection.execute(
      "CREATE TABLE IF NOT EXISTS bench_rows(key INTEGER PRIMARY KEY, value TEXT NOT NULL)"));
  state::Statement insert(connection, "INSERT INTO bench_rows(value) VALUES (?)");
  const std::string value(100, 'x');
  std::uint64_t commits = 0;
  const auto begin = clock.monotonic();
  while (seconds_between(begin, clock.monotonic()) < seconds) {
    must(insert.run(value));
    ++commits;
  }
  return static_cast<double>(commits) / seconds_between(begin, clock.monotonic());
}

double writer_units_per_s_64(const std::string& path, double seconds) {
  return groups_per_s_64(path, "w", seconds, [](Lane&) {});
}

double writer_accepts_per_s_64(const std::string& path, double seconds) {
  return groups_per_s_64(path, "a", seconds, [](Lane& lane) { lane.done = 0; });
}

void fill_names(const std::string& path, std::uint64_t count) {
  auto connection = open(path, "OFF");
  state::UnitWriter writer(connection, 10'000);
  must(writer.load());
  RunUnits units("");
  Lane lane;
  for (std::uint64_t i = 0; i < count;) {
    must(writer.begin());
    for (int n = 0; n < 1000 && i < count; ++n, ++i) {
      do {
        write(writer, prepare(units, lane), lane);
      } while (lane.done != 0);
    }
    must(writer.commit());
  }
  must(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

}  // namespace paynamed::bench
