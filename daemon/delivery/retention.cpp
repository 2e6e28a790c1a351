#include "delivery/retention.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kRound{60'000};
constexpr base::Duration kBreath{50};
constexpr std::uint32_t kPiece = 500;

// Whether there may be more.
asio::awaitable<bool> prune(std::shared_ptr<Target::Common> common) {
  const Services& with = common->with;
  const base::WallTime now = with.clock.wall();
  const auto settings = with.settings();
  const auto rows =
      co_await with.store.prune_deliveries(now - settings->keep_delivered, now - settings->keep_dead, kPiece);
  if (common->stopping) co_return false;
  if (!rows) with.log.warning("old deliveries could not be removed; trying again", {{"why", rows.error()}});
  co_return rows&&* rows == kPiece;
}

}  // namespace

asio::awaitable<void> retain(std::shared_ptr<Target::Common> common) {
  // What is referred to may end before the last sleep does.
  base::Clock& clock = common->with.clock;
  bool has_more = false;
  while (!common->stopping) {
    const bool goes_on = co_await base::sleep_for(clock, has_more ? kBreath : kRound);
    if (!goes_on || common->stopping) co_return;
    has_more = co_await prune(common);
  }
}

}  // namespace paynamed::delivery
