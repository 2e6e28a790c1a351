#include "host/instance.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>
#include <optional>

#include "host/instance_core.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

// Suspends until `resume` (given to `initiate`) is called, from any thread; goes on by a post to the
// coroutine's own executor. `on_cancel` runs if the coroutine is cancelled meanwhile; it must lead to
// `resume`.
asio::awaitable<void> suspend(std::function<void(std::function<void()> resume)> initiate,
                              std::function<void()> on_cancel) {
  const auto executor = co_await asio::this_coro::executor;
  // Named, because g++ 12.2 frees the captures of a temporary lambda in a co_await expression twice.
  auto initiation = [&initiate, &on_cancel, executor](auto handler) {
    const auto slot = asio::get_associated_cancellation_slot(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    if (slot.is_connected()) {
      // Posted: the cancelling code may be inside of what holds this handler.
      auto cancel_slot = slot;
      cancel_slot.assign([executor, on_cancel](asio::cancellation_type) { asio::post(executor, on_cancel); });
    }
    initiate([shared = std::move(shared), executor]() mutable {
      asio::post(executor, [taken = std::move(shared)]() mutable { std::move (*taken)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(initiation),
                                                                        asio::use_awaitable);
}

}  // namespace

std::string_view to_string(InstanceInfo::State state) {
  constexpr std::string_view kNames[] = {"running", "blocked", "stuck", "stopping", "stopped", "left"};
  return kNames[static_cast<std::size_t>(state)];
}

const std::string& Instance::id() const {
  return core_->id();
}
const std::string& Instance::module() const {
  return core_->module().name();
}
const std::string& Instance::module_version() const {
  return core_->module().version();
}
const std::string& Instance::contract() const {
  return core_->module().contract();
}
bool Instance::retired() const {
  return core_->retired();
}
void Instance::end_background_calls() {
  for (const std::uint64_t id : core_->background_calls()) core_->give_up(id, base::Code::kDeadlineExceeded);
}
bool Instance::stuck() const {
  return core_->stuck();
}
InstanceInfo Instance::info() const {
  return core_->info();
}
std::optional<base::Status> Instance::refusal() const {
  return core_->refusal();
}
base::Status Instance::malformed_reply(std::string_view method) const {
  return core_->malformed_reply(method);
}

asio::awaitable<CallOutcome<std::string>> Instance::call_bytes(std::string method, std::string request,
                                                               CallOptions options) {
  struct Waiting {
    std::mutex mutex;
    std::optional<CallOutcome<std::string>> outcome;
    std::optional<std::uint64_t> call_id;
    bool cancelled = false;
  };
  const auto core = core_;
  const auto waiting = std::make_shared<Waiting>();
  // Owns what it uses after the call has begun: the coroutine may go on, and end, on another thread
  // meanwhile.
  std::function<void(std::function<void()>)> initiate = [&method, &request, &options, core,
                                                         waiting](std::function<void()> resume) {
    const auto kept_core = core;
    const auto kept = waiting;
    const auto id =
        kept_core->begin_call(std::move(method), std::move(request), std::move(options),
                              [kept, resume = std::move(resume)](CallOutcome<std::string> outcome) {
                                kept->outcome.emplace(std::move(outcome));
                                resume();
                              });
    bool cancelled = false;
    {
      const std::lock_guard lock(kept->mutex);
      kept->call_id = id;
      cancelled = kept->cancelled;
    }
    if (cancelled) kept_core->give_up(id, base::Code::kCancelled);
  };
  std::function<void()> on_cancel = [core, waiting] {
    std::optional<std::uint64_t> id;
    {
      const std::lock_guard lock(waiting->mutex);
      waiting->cancelled = true;
      id = waiting->call_id;
    }
    if (id) core->give_up(*id, base::Code::kCancelled);
  };
  co_await suspend(std::move(initiate), std::move(on_cancel));
  co_return std::move(*waiting->outcome);
}

namespace {

// One wait for a call to be answered, ended once: by the answer, the time or a cancellation.
struct SettledWait {
  std::mutex mutex;
  bool done = false;
  bool settled = false;
  std::function<void()> resume;
  std::optional<std::uint64_t> number;
  std::unique_ptr<base::Clock::Timer> timer;

  void finish(bool result) {
    std::function<void()> taken;
    std::unique_ptr<base::Clock::Timer> dropped;
    {
      const std::lock_guard lock(mutex);
      if (done) return;
      done = true;
      settled = result;
      taken = std::move(resume);
      dropped = std::move(timer);
    }
    if (taken) taken();
  }
};

void begin_settled_wait(const std::shared_ptr<InstanceCore>& core, const std::shared_ptr<SettledWait>& wait,
                        std::uint64_t call_id, base::Duration timeout) {
  const auto number = core->when_settled(call_id, [wait] { wait->finish(true); });
  if (!number) return wait->finish(true);
  auto timer =
      core->clock().at(core->clock().monotonic() + timeout, core->supervisor(), [weak = std::weak_ptr(wait)] {
        if (const auto locked = weak.lock()) locked->finish(false);
      });
  const std::lock_guard lock(wait->mutex);
  wait->number = number;
  if (!wait->done) wait->timer = std::move(timer);
}

}  // namespace

asio::awaitable<bool> Instance::settled(std::uint64_t call_id, base::Duration timeout) {
  const auto core = core_;
  const auto wait = std::make_shared<SettledWait>();
  std::function<void(std::function<void()>)> initiate = [core, wait, call_id,
                                                         timeout](std::function<void()> resume) {
    // Copies: the coroutine may go on, and end, on another thread meanwhile.
    const auto kept_core = core;
    const auto kept_wait = wait;
    {
      const std::lock_guard lock(kept_wait->mutex);
      if (!kept_wait->done) kept_wait->resume = std::exchange(resume, nullptr);
    }
    if (resume) return resume();  // cancelled already
    begin_settled_wait(kept_core, kept_wait, call_id, timeout);
  };
  std::function<void()> on_cancel = [wait] { wait->finish(false); };
  co_await suspend(std::move(initiate), std::move(on_cancel));
  std::optional<std::uint64_t> number;
  {
    const std::lock_guard lock(wait->mutex);
    number = wait->number;
  }
  if (number) core->forget_settled(call_id, *number);
  co_return wait->settled;
}

}  // namespace paynamed::host
