#include "delivery/retention.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kRound{60'000};
constexpr base::Duration kBreath{50};
constexpr std::uint32_t kPiece = 500;

}  // namespace

asio::awaitable<void> Retention::run() {
  // g++ 12.2 misplaces the frame of a coroutine with this loop and without a variable of its own.
  bool goes_on = true;
  while (goes_on) {
    goes_on = co_await base::sleep_for(with_.clock, kRound);
    if (goes_on) co_await prune();
  }
}

asio::awaitable<void> Retention::prune() {
  bool goes_on = true;
  while (goes_on) {
    const base::WallTime now = with_.clock.wall();
    const auto settings = with_.settings();
    const auto rows = co_await with_.store.prune_deliveries(now - settings->keep_delivered,
                                                            now - settings->keep_dead, kPiece);
    if (!rows) {
      with_.log.warning("old deliveries could not be removed; trying again", {{"why", rows.error()}});
      co_return;
    }
    if (*rows < kPiece) co_return;
    goes_on = co_await base::sleep_for(with_.clock, kBreath);
  }
}

}  // namespace paynamed::delivery
