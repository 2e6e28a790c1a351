#include "tests/unit/pipeline/engine_fixture.hpp"

#include <unistd.h>

#include <cstdlib>
#include <map>

namespace paynamed::pipeline {
namespace asio = boost::asio;

EngineFixture::EngineFixture() {
  std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-engine-XXXXXX").string();
  folder = ::mkdtemp(pattern.data());
  script.clock = &clock;
  config::Domain domain;
  domain.name = "example.test";
  domain.dns.value = "zone";
  domain.tenants.push_back({"default", {}});
  domain.test = true;
  runtime->config.domains.push_back(domain);
  use_pipeline({step_of("a"), step_of("b"), step_of("c")});
}

EngineFixture::~EngineFixture() {
  crash();
  std::filesystem::remove_all(folder);
}

void EngineFixture::use_pipeline(std::vector<CompiledStep> steps, std::string name) {
  // The intake wants to know who makes the offer; the scripted step stands for it.
  CompiledStep offer = step_of("offer", "offer.create");
  offer.instance = "node";
  steps.insert(steps.begin(), offer);
  runtime->pipelines[name] = CompiledPipeline{name, std::move(steps)};
}

void EngineFixture::start() {
  state::SqliteStore::Settings settings;
  settings.path = (folder / "state.sqlite3").string();
  auto opened = state::SqliteStore::open(settings, clock);
  ASSERT_TRUE(opened) << opened.error().to_string();
  store = *std::move(opened);
  SagaEngine::Dependencies dependencies{io.get_executor(),          *store, clock, random,
                                        [this] { return runtime; }, {},     {}};
  dependencies.on_trouble = [this](const base::Uuid&, std::string_view message, const base::Status& status) {
    trouble.push_back(std::string{message} + ": " + status.to_string());
  };
  dependencies.refusal = refusal;
  dependencies.network_of = network_of;
  dependencies.node_reference = node_reference;
  dependencies.on_rest = [this](const pipeline::Run& run) { ++rests_[run.id]; };
  engine = std::make_unique<SagaEngine>(engine_settings, std::move(dependencies), actions());
  const auto recovered = engine->recover();
  ASSERT_TRUE(recovered) << recovered.error().to_string();
}

ActionTable EngineFixture::actions() {
  ActionTable table;
  table["test.effect"] = std::make_unique<ScriptedAction>(script, true);
  table["test.look"] = std::make_unique<ScriptedAction>(script, false);
  table["offer.create"] = std::make_unique<ScriptedAction>(script, true);
  return table;
}

void EngineFixture::crash() {
  if (store) store->close();
  io.restart();
  io.poll();
  engine.reset();
  store.reset();
}

void EngineFixture::pump(const std::function<bool()>& until) {
  // The store's writer answers from a thread of its own: wait for it, but not for ever.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!until()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "nothing happened for 20 s";
      return;
    }
    io.restart();
    io.run_one_for(std::chrono::milliseconds{5});
  }
}

Command EngineFixture::command(const std::string& name, state::Verb verb) const {
  auto parsed = base::Name::parse(name);
  Command wanted{"default", verb, *parsed, "", "", {}, 0, "", "", "correlation", ""};
  return wanted;
}

base::Result<Accepted> EngineFixture::submit(const std::string& name, state::Verb verb) {
  return await(engine->submit(command(name, verb)));
}

state::RunRow EngineFixture::settle(base::Uuid run) {
  std::optional<state::RunRow> row;
  pump([&] {
    auto found = store->find_run("default", run);
    if (!found || !*found) return false;
    row = **found;
    if (!state::is_open(row->state) || row->state == state::RunState::kPaused) return true;
    const RunView seen = view(run);
    for (const StepView& step : seen.steps) {
      if (step.until && *step.until > clock.wall() && clock.pending() > 0) return true;
    }
    return false;
  });
  return row.value_or(state::RunRow{});
}

state::RunRow EngineFixture::rest(base::Uuid run) {
  pump([&] { return rests_[run] > rests_seen_[run]; });
  rests_seen_[run] = rests_[run];
  const auto row = store->find_run("default", run);
  EXPECT_TRUE(row && *row);
  return row ? row->value_or(state::RunRow{}) : state::RunRow{};
}

state::RunRow EngineFixture::drive(base::Uuid run) {
  constexpr int kEnough = 5'000;
  for (int i = 0; i < kEnough && !testing::Test::HasFailure(); ++i) {
    state::RunRow row = rest(run);
    if (!state::is_open(row.state) || row.state == state::RunState::kPaused) return row;
    // Without a timer the run is at work, and rests again by itself.
    if (const auto next = clock.until_next()) clock.advance(*next);
  }
  ADD_FAILURE() << "the run does not end";
  return {};
}

void EngineFixture::advance(base::Duration by) {
  clock.advance(by);
}

RunView EngineFixture::view(base::Uuid run) {
  auto seen = engine->view("default", run);
  EXPECT_TRUE(seen) << seen.error().to_string();
  return seen.value_or(RunView{});
}

std::vector<std::string> EngineFixture::event_types() {
  std::vector<std::string> types;
  const auto page = store->events_after("default", {}, 1'000);
  EXPECT_TRUE(page) << page.error().to_string();
  for (const auto& event : page->events) types.push_back(event.type);
  return types;
}

base::Result<void> EngineFixture::resume(base::Uuid run) {
  return await(engine->resume("default", run));
}
base::Result<void> EngineFixture::cancel(base::Uuid run) {
  return await(engine->cancel("default", run));
}

}  // namespace paynamed::pipeline
