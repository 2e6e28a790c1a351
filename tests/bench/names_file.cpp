#include "tests/bench/names_file.hpp"

#include <fmt/format.h>

#include "base/random.hpp"
#include "state/migrations.hpp"
#include "state/state_file.hpp"
#include "state/unit_writer.hpp"
#include "tests/bench/instant_actions.hpp"
#include "tests/bench/must.hpp"

namespace paynamed::bench {
namespace {

using state::JournalEntry;

// The units of registrations of five steps as the engine writes them: run.accepted; then outcomes and intents
// with the events of the offer, the record and the proof, the last of which ends the run.
class RunUnits {
 public:
  static constexpr std::uint32_t kUpdates = 5;

  // Begins with the name of this number; two that begin elsewhere make different ids.
  RunUnits(std::uint64_t first, std::string domain, std::string node)
      : count_(first),
        domain_(std::move(domain)),
        node_(std::move(node)),
        random_(first + 1),
        now_(std::chrono::seconds{1'750'000'000 + first / 100}) {}

  // The next run, and its `update` (0 to kUpdates - 1) once the run has its key.
  state::NewRun next();
  state::RunUpdate update(const state::NewRun& run, state::RunKey key, std::uint32_t update);

 private:
  state::NewEvent event(const std::string& type, const state::NewRun& run, const std::string& more);

  std::uint64_t count_;
  const std::string domain_;
  const std::string node_;
  const std::string pipeline_ = instant_runtime()->pipelines.at("register").to_json();
  base::SeededRandom random_;
  base::WallTime now_;
};

state::NewEvent RunUnits::event(const std::string& type, const state::NewRun& run, const std::string& more) {
  return {type,     1,
          run.name, base::Uuid::v7(now_, random_),
          now_,     fmt::format(R"({{"run":"{}","name":"{}"{}}})", run.id.to_string(), run.name, more)};
}

state::NewRun RunUnits::next() {
  now_ += base::Duration{1};
  state::NewRun run;
  run.tenant = "default";
  run.id = base::Uuid::v7(now_, random_);
  run.name = name_at(count_++, "", domain_);
  run.owner = fmt::format("user-{}", count_);
  run.time = now_;
  run.correlation_id = run.id.to_string();
  run.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  run.input = fmt::format(
      R"({{"name":"{}","verb":"register","owner":"{}","reference":"ref","livemode":false,"source":"node"}})",
      run.name, run.owner);
  run.pipeline = pipeline_;
  run.instances = {"node", "zone"};
  run.journal.push_back({JournalEntry::Kind::kIntent, 0, 1, now_, R"({"data":{"domain":"example.com"}})"});
  run.events.push_back(
      event("run.accepted", run,
            fmt::format(R"(,"verb":"register","domain":"{}","owner":"{}","reference":"ref-{}",)"
                        R"("source":"node","livemode":false,"correlation_id":"{}")",
                        domain_, run.owner, count_, run.correlation_id)));
  return run;
}

state::RunUpdate RunUnits::update(const state::NewRun& run, state::RunKey key, std::uint32_t update) {
  constexpr std::string_view kSteps[] = {"check", "node", "offer", "publish", "prove"};
  const std::string& value = record_value();
  now_ += base::Duration{1};
  state::RunUpdate next;
  next.run = key;
  next.expected_entries = 1 + 2 * update;
  next.journal.push_back({JournalEntry::Kind::kOutcome, update, 1, now_,
                          fmt::format(R"({{"result":"done","outputs":{{"value":"{}"}}}})",
                                      update == 2 ? std::string_view{value} : "yes")});
  if (update + 1 < kUpdates) {
    next.journal.push_back({JournalEntry::Kind::kIntent, update + 1, 1, now_,
                            fmt::format(R"({{"data":{{"key":"{}/{}/1","previous":null,"instance":"zone"}}}})",
                                        run.correlation_id, kSteps[update + 1])});
  }
  std::string digits = run.id.to_string();
  std::erase(digits, '-');
  const std::string offer_id = digits + digits;  // 64 hex digits, as of a hash
  if (update == 2) {
    next.events.push_back(
        event("offer.created", run,
              fmt::format(R"(,"offer_id":"{}","offer":"{}","source":"node","node_instance":"node",)"
                          R"("node":"{}","offer_key":"{}/offer/1")",
                          offer_id, std::string_view{value}.substr(13), node_, run.correlation_id)));
  } else if (update == 3) {
    next.events.push_back(
        event("name.published", run,
              fmt::format(R"(,"value":"{}","ttl":300,"dns_instance":"zone","offer_id":"{}",)"
                          R"("source":"node","node_instance":"node","node":"{}")",
                          value, offer_id, node_)));
  } else if (update == 4) {
    next.journal.push_back({JournalEntry::Kind::kNote, kUpdates, 0, now_, R"({"note":"completed"})"});
    next.events.push_back(event("name.live", run, fmt::format(R"(,"value":"{}")", value)));
    next.events.push_back(event("run.completed", run, ""));
  }
  return next;
}

}  // namespace

state::Connection open_file(const std::string& path, const char* synchronous) {
  must(state::prepare_file(path));
  auto connection = must(state::Connection::open(path, state::Connection::Mode::kReadWrite));
  must(connection.execute("PRAGMA journal_mode = WAL"));
  must(connection.execute(fmt::format("PRAGMA synchronous = {}", synchronous)));
  must(connection.execute(
      "PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"));
  must(state::migrate(connection, path));
  return connection;
}

const std::string& record_value() {
  static const std::string value = "bitcoin:?lno=lno1" + std::string(280, 'q');
  return value;
}

std::string name_at(std::uint64_t number, std::string_view prefix, std::string_view domain) {
  const std::uint64_t spread = ((number + 1) * 0x9E3779B97F4A7C15u) >> 16;
  return fmt::format("{:x}{}@{}", spread, prefix, domain);
}

void fill_names(const std::string& path, std::uint64_t count, const std::string& domain,
                const std::string& node) {
  auto connection = open_file(path, "OFF");
  must(connection.execute("PRAGMA cache_size = -524288; PRAGMA wal_autocheckpoint = 100000"));
  state::UnitWriter writer(connection, UINT64_MAX);
  must(writer.load());
  const auto there =
      static_cast<std::uint64_t>(must(connection.integer("SELECT coalesce((SELECT names FROM totals), 0)")));
  RunUnits units(there, domain, node);
  for (std::uint64_t i = there; i < count;) {
    must(writer.begin());
    for (int n = 0; n < 1000 && i < count; ++n, ++i) {
      const state::NewRun run = units.next();
      const state::RunKey key = must(writer.write(must(state::check(run)))).key;
      for (std::uint32_t update = 0; update < RunUnits::kUpdates; ++update) {
        must(writer.write(must(state::check(units.update(run, key, update)))));
      }
    }
    must(writer.commit());
  }
  must(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

}  // namespace paynamed::bench
