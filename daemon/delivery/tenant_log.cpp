#include "delivery/tenant_log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

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
    std::vector<std::shared_ptr<Target>> targets;
    targets.reserve(self->targets_.size());
    for (const auto& [id, target] : self->targets_) targets.push_back(target);
    for (const auto& target : targets) target->offer(*page);
    // A log that is far ahead does not keep the strand from the attempts.
    if (page->next != page->head) co_await asio::post(common->strand, asio::use_awaitable);
  }
}

}  // namespace paynamed::delivery
