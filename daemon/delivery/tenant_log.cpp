#include "delivery/tenant_log.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kPage = 128;
constexpr base::Duration kWait{30'000};
constexpr base::Duration kTryAgain{1'000};

}  // namespace

asio::awaitable<void> TenantLog::run(std::shared_ptr<TenantLog> self) {
  // The services may end before the last wait does.
  const auto common = self->common_;
  while (!common->stopping) {
    std::string tenant = self->tenant_;
    const state::Position after = self->position_;
    const auto page = co_await common->with.feed.follow(std::move(tenant), after, kPage, kWait);
    if (common->stopping) co_return;
    if (!page) {
      common->with.log.warning("the log of a tenant cannot be followed; trying again",
                               {{"tenant", self->tenant_}, {"why", page.error()}});
      co_await base::sleep_for(common->with.clock, kTryAgain);
      continue;
    }
    self->position_ = page->next;
    // One may go while it is told.
    const auto targets = self->targets_;
    for (const auto& [id, target] : targets) target->offer(*page);
  }
}

}  // namespace paynamed::delivery
