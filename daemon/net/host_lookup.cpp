#include "net/host_lookup.hpp"

#include <fmt/format.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>

#include "net/lookup_threads.hpp"

namespace paynamed::net {
namespace asio = boost::asio;

using Found = base::Result<std::vector<asio::ip::address>>;

namespace {

// Whoever ends it first takes `done`: the answer, the deadline or a cancellation.
struct Job {
  std::mutex mutex;
  std::function<void(Found)> done;               // guarded by mutex
  std::unique_ptr<base::Clock::Timer> deadline;  // guarded by mutex

  void finish(Found found) {
    std::function<void(Found)> taken;
    std::unique_ptr<base::Clock::Timer> timer;
    {
      const std::lock_guard lock(mutex);
      taken = std::move(done);
      done = nullptr;
      timer = std::move(deadline);
    }
    if (taken) taken(std::move(found));
  }
};

}  // namespace

HostLookup::HostLookup(base::Clock& clock, std::size_t most_open, std::size_t most_of_domain)
    : clock_(clock), places_(std::make_shared<LookupPlaces>(most_open, most_of_domain)) {}

asio::awaitable<Found> HostLookup::find(std::string host, base::Duration timeout) const {
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  if (!no_address) co_return std::vector{address};
  if (auto taken = places_->take(host); !taken.ok()) co_return base::fail(std::move(taken));
  const auto executor = co_await asio::this_coro::executor;
  auto made = std::make_shared<Job>();
  // Named: g++ 12.2 frees the captures of a lambda twice that is a temporary inside a co_await expression.
  // And mutable: the coroutine must not hold the job that holds it.
  auto initiate = [this, kept = std::move(made), host, executor, timeout,
                   places = places_](auto handler) mutable {
    const auto job = std::move(kept);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    const auto end_with = [executor, weak = std::weak_ptr(job)](base::Status status) {
      asio::post(executor, [weak, status = std::move(status)] {
        if (const auto locked = weak.lock()) locked->finish(base::fail(status));
      });
    };
    {
      const std::lock_guard lock(job->mutex);
      job->done = [shared, executor](Found found) {
        asio::post(executor,
                   [shared, found = std::move(found)]() mutable { std::move (*shared)(std::move(found)); });
      };
      job->deadline = clock_.at(clock_.monotonic() + timeout, executor, [end_with, host, timeout] {
        end_with(base::deadline_exceeded(
            fmt::format("the name {} was not found within {}; look at this host's resolver (resolv.conf)",
                        host, base::to_string(timeout))));
      });
    }
    auto slot = asio::get_associated_cancellation_slot(*shared);
    if (slot.is_connected()) {
      slot.assign([end_with, host](asio::cancellation_type) {
        end_with(base::cancelled(fmt::format("the look-up of {} was cancelled", host)));
      });
    }
    // Keeps the job until the system answers, also when nobody waits any more.
    auto& threads = asio::use_service<LookupService>(executor.context()).threads();
    // The context has work until then, as with Asio's own resolver.
    auto busy = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    const bool asked = threads.find(host, [job, busy, places, host](const Found& found) {
      places->give(host);
      asio::post(busy, [job, found] { job->finish(found); });
    });
    if (asked) return;
    places->give(host);
    job->finish(
        base::fail(base::resource_exhausted("too many look-ups of host names are open already; look at this "
                                            "host's resolver (resolv.conf)")));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Found)>(std::move(initiate),
                                                                                       asio::use_awaitable);
}

}  // namespace paynamed::net
