#include "process/repair_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

asio::awaitable<base::Result<void>> begin(std::uint64_t most_open, pipeline::Engine& engine,
                                          state::Store& store, std::string correlation_id,
                                          state::WatchedName name) {
  const auto totals = store.totals();
  if (!totals) co_return base::fail(totals.error());
  if (totals->open_runs >= most_open) {
    co_return base::fail(base::resource_exhausted(fmt::format(
        "{} runs are open, and the rest of max_open_runs is kept for others", totals->open_runs)));
  }
  auto parsed = base::Name::parse(name.name);
  if (!parsed) co_return base::fail(parsed.error());
  pipeline::Command command{std::move(name.tenant),
                            state::Verb::kRepair,
                            *std::move(parsed),
                            {},
                            {},
                            {},
                            0,
                            {},
                            {},
                            std::move(correlation_id),
                            {},
                            true};
  const auto accepted = co_await engine.submit(std::move(command));
  if (!accepted) co_return base::fail(accepted.error());
  co_return base::Result<void>{};
}

}  // namespace

monitor::RepairRuns repair_runs(pipeline::CurrentRuntime runtime, pipeline::Engine& engine,
                                state::Store& store, base::Clock& clock, base::Random& random) {
  monitor::RepairRuns runs;
  runs.wanted = [runtime](std::string_view name) {
    const auto current = runtime();
    const config::Domain* domain = current->config.find_domain(name);
    return domain != nullptr && domain->repair.value == config::Repair::kRepublish;
  };
  runs.begin = [=, &engine, &store, &clock, &random](state::WatchedName name) {
    const std::uint64_t most_open = std::max<std::uint64_t>(runtime()->config.daemon.max_open_runs / 2, 1);
    // So that the timeline of the run says who asked for it.
    std::string correlation_id = "monitor-" + base::Uuid::v7(clock.wall(), random).to_string();
    return begin(most_open, engine, store, std::move(correlation_id), std::move(name));
  };
  return runs;
}

}  // namespace paynamed::process
