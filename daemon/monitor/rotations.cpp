#include "monitor/rotations.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace paynamed::monitor {
namespace asio = boost::asio;
using base::Result;

namespace {

std::string_view domain_of(const std::string& name) {
  return std::string_view{name}.substr(name.find('@') + 1);
}

}  // namespace

asio::awaitable<Result<Rotations::Round>> Rotations::begin_due() {
  const auto executor = co_await asio::this_coro::executor;
  Round round;
  const base::Duration longest = runs_.begin && runs_.longest ? runs_.longest() : base::Duration{0};
  if (longest.count() <= 0) co_return round;
  const base::WallTime until = clock_.wall() + longest;
  state::Store::DuePlace place;
  for (;;) {
    auto ending = store_.active_offers_ending(until, place, settings_.page);
    if (!ending) co_return base::fail(ending.error());
    for (const state::Store::DueOffer& each : *ending) {
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        co_return round;
      }
      auto name = due(each);
      if (!name) co_return base::fail(name.error());
      if (!*name) continue;
      std::string tenant = each.tenant;
      const auto begun = co_await runs_.begin(std::move(tenant), (*name)->name, (*name)->revision);
      if (begun) {
        if (++round.begun == settings_.most_at_once) co_return round;
        continue;
      }
      ++round.refused;
      round.last = begun.error();
      const base::Code code = round.last.code();
      if (code == base::Code::kResourceExhausted || code == base::Code::kUnavailable) co_return round;
    }
    if (ending->size() < settings_.page) co_return round;
    place = ending->back().place;
    // Pages without anything to do must not keep a thread from the others.
    co_await asio::post(executor, asio::use_awaitable);
  }
}

Result<std::optional<state::NameRow>> Rotations::due(const state::Store::DueOffer& ending) const {
  using None = std::optional<state::NameRow>;
  const base::WallTime now = clock_.wall();
  const auto before = runs_.before(domain_of(ending.offer.name));
  if (!before || ending.place.until >= now + *before) return None{};
  auto name = store_.find_name(ending.tenant, ending.offer.name);
  if (!name) return base::fail(name.error());
  const bool fits = *name && (*name)->state == state::NameState::kLive && !(*name)->open_run &&
                    (*name)->source == state::SourceKind::kNode && (*name)->offer_id == ending.offer.offer_id;
  if (!fits) return None{};
  const auto runs = store_.list_runs(ending.tenant, ending.offer.name, std::nullopt, {}, 1);
  if (!runs) return base::fail(runs.error());
  // Also one that went well: its offer should not end so soon, and nothing is gained by making the next at
  // once.
  const bool was_rotated = !runs->empty() && runs->front().verb == state::Verb::kRotate;
  if (was_rotated && now < runs->front().updated + settings_.again_after) return None{};
  return *std::move(name);
}

}  // namespace paynamed::monitor
