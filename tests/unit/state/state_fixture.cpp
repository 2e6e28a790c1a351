#include "state_fixture.hpp"

#include <fmt/format.h>
#include <stdlib.h>

namespace paynamed::state {

TemporaryDirectory::TemporaryDirectory() {
  std::string text = (std::filesystem::temp_directory_path() / "paynamed-state-XXXXXX").string();
  if (mkdtemp(text.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = text;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string custom_data(std::string_view name) {
  return fmt::format(R"({{"run":"01a21f2d-1143-7dd5-a63d-f8591fb55418","name":"{}"}})", name);
}

NewEvent Author::event(const std::string& type, const std::string& name, const std::string& data) {
  return {type, 1, name, id(), now, data};
}

NewEvent Author::run_event(const std::string& type, const NewRun& run, const std::string& more) {
  return event(type, run.name,
               fmt::format(R"({{"run":"{}","name":"{}"{}}})", run.id.to_string(), run.name, more));
}

NewRun Author::run(Verb verb, const std::string& name, const std::string& owner, const std::string& tenant) {
  NewRun run;
  run.tenant = tenant;
  run.id = id();
  run.verb = verb;
  run.name = name;
  run.owner = owner;
  run.time = now;
  run.correlation_id = "corr-" + run.id.to_string();
  run.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  run.input = R"({"source":{"node":"n1"}})";
  run.pipeline =
      R"({"format":1,"steps":["domain.check","node.provision","offer.create","dns.publish","name.prove"]})";
  run.instances = {"zone", "sandbox"};
  run.events.push_back(event(
      "run.accepted", name,
      fmt::format(R"({{"run":"{}","verb":"{}","name":"{}","domain":"{}","owner":"{}","reference":"ref-1",)"
                  R"("source":"node","livemode":false,"correlation_id":"{}"}})",
                  run.id.to_string(), to_string(verb), name, name.substr(name.find('@') + 1), owner,
                  run.correlation_id)));
  return run;
}

NewEvent Author::published(const NewRun& run, const std::string& value) {
  return run_event(
      "name.published", run,
      fmt::format(R"(,"value":"{}","ttl":300,"dns_instance":"zone","offer_id":"0f0f","source":"node",)"
                  R"("node_instance":"sandbox","node":"n1")",
                  value));
}

NewEvent Author::live(const NewRun& run, const std::string& value) {
  return run_event("name.live", run, fmt::format(R"(,"value":"{}")", value));
}

NewEvent Author::offer_created(const NewRun& run, const std::string& offer_id) {
  return run_event(
      "offer.created", run,
      fmt::format(R"(,"offer_id":"{}","offer":"lno1xyz","source":"node","node_instance":"sandbox",)"
                  R"("node":"n1","offer_key":"k/{}","expires":"2030-01-01T00:00:00.000Z")",
                  offer_id, offer_id));
}

NewEvent Author::removed(const NewRun& run, base::WallTime until) {
  return run_event("name.removed", run, fmt::format(R"(,"quarantined_until":"{}")", base::to_rfc3339(until)));
}

JournalEntry Author::entry(JournalEntry::Kind kind, std::uint32_t step) {
  JournalEntry entry;
  entry.kind = kind;
  entry.step = step;
  entry.attempt = 1;
  entry.time = base::WallTime{std::chrono::seconds{1'700'000'001}};
  entry.payload = R"({"key":"some/key/1"})";
  return entry;
}

void StoreTest::open() {
  auto opened = SqliteStore::open(settings, clock);
  ASSERT_TRUE(opened) << opened.error().to_string();
  store = std::move(*opened);
}

Result<void> StoreTest::record(RunKey run, std::uint32_t expected, std::vector<JournalEntry> journal,
                               std::vector<NewEvent> events) {
  RunUpdate update{run, expected, std::move(journal), std::move(events)};
  return wait_for(io, store->record(std::move(update)));
}

AcceptedRun StoreTest::make_live(const std::string& name, const std::string& owner,
                                 const std::string& tenant) {
  NewRun run = author.run(Verb::kRegister, name, owner, tenant);
  const auto accepted = accept(run);
  EXPECT_TRUE(accepted) << accepted.error().to_string();
  if (!accepted) return {};
  const auto done =
      record(accepted->key, 0, {Author::entry(JournalEntry::Kind::kOutcome, 4)},
             {author.offer_created(run, "0f0f"), author.published(run, "bitcoin:?lno=lno1xyz"),
              author.live(run, "bitcoin:?lno=lno1xyz"), author.run_event("run.completed", run)});
  EXPECT_TRUE(done) << done.error().to_string();
  return *accepted;
}

void StoreTest::remove(const std::string& name, base::WallTime until, const std::string& tenant) {
  NewRun run = author.run(Verb::kRemove, name, "o1", tenant);
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted) << accepted.error().to_string();
  const auto done =
      record(accepted->key, 0, {}, {author.removed(run, until), author.run_event("run.completed", run)});
  ASSERT_TRUE(done) << done.error().to_string();
}

NameRow StoreTest::name(const std::string& name, const std::string& tenant) {
  const auto found = store->find_name(tenant, name);
  EXPECT_TRUE(found) << found.error().to_string();
  EXPECT_TRUE(found && *found) << name << " is not there";
  return found && *found ? **found : NameRow{};
}

void StoreTest::expect_sound() {
  const auto chain = store->verify_chain();
  ASSERT_TRUE(chain) << chain.error().to_string();
  EXPECT_FALSE(chain->broken_offset) << chain->problem;
  const auto differences = store->compare_rebuilt();
  ASSERT_TRUE(differences) << differences.error().to_string();
  EXPECT_EQ(*differences, std::vector<std::string>{});
}

}  // namespace paynamed::state
