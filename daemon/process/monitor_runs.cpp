#include "process/monitor_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

// Why a name gets a run, apart from who wants it.
struct Wish {
  std::string tenant;
  state::Verb verb;
  std::string name;
  std::uint64_t revision;  // 0: any
};

asio::awaitable<base::Result<void>> begin(MonitorRuns with, Wish wish) {
  const auto totals = with.store.totals();
  if (!totals) co_return base::fail(totals.error());
  const std::uint64_t most_open = std::max<std::uint64_t>(with.runtime()->config.daemon.max_open_runs / 2, 1);
  if (totals->open_runs >= most_open) {
    co_return base::fail(base::resource_exhausted(fmt::format(
        "{} runs are open, and the rest of max_open_runs is kept for others", totals->open_runs)));
  }
  auto parsed = base::Name::parse(wish.name);
  if (!parsed) co_return base::fail(parsed.error());
  // So that the timeline of the run says who asked for it.
  std::string correlation_id = "monitor-" + base::Uuid::v7(with.clock.wall(), with.random).to_string();
  pipeline::Command command{std::move(wish.tenant),
                            wish.verb,
                            *std::move(parsed),
                            {},
                            {},
                            {},
                            wish.revision,
                            {},
                            {},
                            std::move(correlation_id),
                            {},
                            true};
  const auto accepted = co_await with.engine.submit(std::move(command));
  if (!accepted) co_return base::fail(accepted.error());
  co_return base::Result<void>{};
}

}  // namespace

monitor::RepairRuns MonitorRuns::repairs() const {
  monitor::RepairRuns runs;
  runs.wanted = [current = runtime](std::string_view name) {
    const auto now = current();
    const config::Domain* domain = now->config.find_domain(name);
    return domain != nullptr && domain->repair.value == config::Repair::kRepublish;
  };
  runs.begin = [with = *this](state::WatchedName name) {
    Wish wish{std::move(name.tenant), state::Verb::kRepair, std::move(name.name), 0};
    return begin(with, std::move(wish));
  };
  return runs;
}

monitor::RotationRuns MonitorRuns::rotations() const {
  monitor::RotationRuns runs;
  runs.before = [current = runtime](std::string_view name) -> std::optional<base::Duration> {
    const auto now = current();
    const config::Domain* domain = now->config.find_domain(name);
    if (domain == nullptr || !domain->rotate_before) return std::nullopt;
    return domain->rotate_before->value;
  };
  runs.longest = [current = runtime] {
    base::Duration longest{0};
    const auto now = current();
    for (const config::Domain& domain : now->config.domains) {
      if (domain.rotate_before) longest = std::max(longest, domain.rotate_before->value);
    }
    return longest;
  };
  runs.begin = [with = *this](std::string tenant, std::string name, std::uint64_t revision) {
    Wish wish{std::move(tenant), state::Verb::kRotate, std::move(name), revision};
    return begin(with, std::move(wish));
  };
  return runs;
}

}  // namespace paynamed::process
