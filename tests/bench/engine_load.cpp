#include "tests/bench/engine_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <future>
#include <stdexcept>

#include "base/name.hpp"
#include "tests/bench/instant_actions.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"

namespace paynamed::bench {
namespace asio = boost::asio;

namespace {

constexpr std::string_view kReference = "order-";

}  // namespace

struct EngineLoad::Round {
  struct Client {
    base::MonotonicTime begun;
    std::vector<double> latencies_ms;
  };
  std::size_t count = 0;
  std::string prefix;
  std::vector<Client> clients;
  std::atomic<std::size_t> started{0};
  std::atomic<std::size_t> ended{0};
  std::atomic<bool> failed{false};
  std::promise<void> done;

  void fail(const std::string& why) {
    if (!failed.exchange(true)) done.set_exception(std::make_exception_ptr(std::runtime_error(why)));
  }
};

EngineLoad::EngineLoad(const std::string& path, bool record) : work_(io_.get_executor()) {
  state::SqliteStore::Settings settings;
  settings.path = path;
  store_ = must(state::SqliteStore::open(std::move(settings), clock_));
  if (record) recorder_ = std::make_unique<RecordingStore>(*store_);
  state::Store& store = recorder_ ? static_cast<state::Store&>(*recorder_) : *store_;
  auto runtime = instant_runtime();
  pipeline::SagaEngine::Dependencies dependencies{
      io_.get_executor(), store, clock_, random_, [runtime] { return runtime; }, {}, {}};
  dependencies.on_rest = [this](const pipeline::Run& run) { ended(run); };
  engine_ = std::make_unique<pipeline::SagaEngine>(pipeline::SagaEngine::Settings{}, std::move(dependencies),
                                                   instant_actions());
  must(engine_->recover());
  const unsigned threads = std::max(2U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
}

EngineLoad::~EngineLoad() {
  store_->close();
  work_.reset();
  threads_.clear();
}

LoadResult EngineLoad::run(std::size_t count, std::size_t in_flight, const std::string& prefix) {
  round_ = std::make_unique<Round>();
  round_->count = count;
  round_->prefix = prefix;
  round_->clients.resize(in_flight);
  auto done = round_->done.get_future();
  const auto begin = clock_.monotonic();
  for (std::size_t client = 0; client < in_flight; ++client) start_next(client);
  done.get();
  const std::chrono::duration<double> spent = clock_.monotonic() - begin;

  std::vector<double> latencies;
  for (const auto& client : round_->clients) {
    latencies.insert(latencies.end(), client.latencies_ms.begin(), client.latencies_ms.end());
  }
  std::sort(latencies.begin(), latencies.end());
  return {static_cast<double>(count) / spent.count(), latencies[latencies.size() / 2],
          latencies[latencies.size() * 99 / 100]};
}

void EngineLoad::start_next(std::size_t client) {
  const std::size_t number = round_->started.fetch_add(1);
  if (number >= round_->count) return;
  auto name = base::Name::parse(name_at(number, round_->prefix));
  if (!name) return round_->fail(name.error().to_string());
  pipeline::Command command{.tenant = "default",
                            .verb = state::Verb::kRegister,
                            .name = *std::move(name),
                            .owner = fmt::format("user-{}", number),
                            .reference = fmt::format("{}{}", kReference, client),
                            .source = {},
                            .expected_revision = 0,
                            .idempotency_key = {},
                            .request_hash = {},
                            .correlation_id = fmt::format("01890a5d-ac96-774b-bcce-{:012}", number),
                            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  round_->clients[client].begun = clock_.monotonic();
  asio::co_spawn(io_, engine_->submit(std::move(command)),
                 [this](std::exception_ptr thrown, const base::Result<pipeline::Accepted>& accepted) {
                   if (thrown) return round_->fail("submit() threw");
                   if (!accepted) round_->fail(accepted.error().to_string());
                 });
}

void EngineLoad::ended(const pipeline::Run& run) {
  if (run.progress.phase() != pipeline::Phase::kCompleted) {
    return round_->fail(
        fmt::format("the run {} did not complete: {}", run.id.to_string(), run.progress.reason()));
  }
  const std::string& reference = run.input.reference;
  std::size_t client = 0;
  std::from_chars(reference.data() + kReference.size(), reference.data() + reference.size(), client);
  Round::Client& mine = round_->clients[client];
  const std::chrono::duration<double, std::milli> latency = clock_.monotonic() - mine.begun;
  mine.latencies_ms.push_back(latency.count());
  if (round_->ended.fetch_add(1) + 1 == round_->count) {
    if (!round_->failed.exchange(true)) round_->done.set_value();
    return;
  }
  start_next(client);
}

}  // namespace paynamed::bench
