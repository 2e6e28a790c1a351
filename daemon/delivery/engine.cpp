#include "delivery/engine.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "base/run_on.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kPage = 500;

}  // namespace

Engine::Engine(asio::io_context& io, Services services)
    : with_(std::move(services)),
      measures_(with_.metrics, with_.store),
      common_(new Target::Common{with_, measures_, troubles_, asio::make_strand(io)}),
      rested_(with_.clock) {
  common_->rested = [this] { rested_.notify(); };
  common_->place_free = [this] { wake_waiting(); };
  common_->changed = [this](base::Uuid webhook) { take_up(webhook); };
}

Engine::~Engine() {
  // What is left of attempts says nothing more to anybody.
  common_->stopping = common_->abandoned = true;
  common_->rested = {};
  common_->place_free = {};
  common_->changed = {};
  for (const auto& [tenant, log] : logs_) {
    for (const auto& [id, target] : log->targets()) target->remove();
    log->targets().clear();
  }
}

asio::awaitable<base::Result<void>> Engine::start() {
  co_return co_await base::run_on(common_->strand, begin());
}

asio::awaitable<base::Result<void>> Engine::begin() {
  auto loaded = load();
  if (!loaded) co_return loaded;
  started_ = true;
  common_->retaining = true;
  auto ended = [common = common_](std::exception_ptr) {
    common->retaining = false;
    if (common->rested) common->rested();
  };
  asio::co_spawn(common_->strand, retain(common_),
                 asio::bind_cancellation_slot(common_->stop_retention.slot(), std::move(ended)));
  co_return base::Result<void>{};
}

base::Result<void> Engine::load() {
  base::Uuid after;
  for (bool goes_on = true; goes_on;) {
    auto rows = with_.store.webhooks(after, kPage);
    if (!rows) return base::fail(rows.error());
    goes_on = rows->size() == kPage;
    for (state::WebhookRow& row : *rows) {
      after = row.id;
      if (auto added = add(std::move(row)); !added) return added;
    }
  }
  return {};
}

base::Result<void> Engine::add(state::WebhookRow row) {
  if (find(row.id)) return {};
  std::shared_ptr<TenantLog>& log = logs_[row.tenant];
  if (!log) {
    const auto head = with_.feed.head(row.tenant);
    if (!head) {
      logs_.erase(row.tenant);
      return base::fail(head.error());
    }
    log = std::make_shared<TenantLog>(common_, row.tenant, *head);
    asio::co_spawn(common_->strand, TenantLog::run(log), asio::detached);
  }
  const base::Uuid id = row.id;
  // What was written since is told by the log.
  const std::uint64_t head = std::max(log->head(), row.cursor.seq);
  const auto target = std::make_shared<Target>(common_, std::move(row), head);
  log->targets()[id] = target;
  target->work_soon();
  return {};
}

std::shared_ptr<Target> Engine::find(base::Uuid webhook) const {
  for (const auto& [tenant, log] : logs_) {
    const auto found = log->targets().find(webhook);
    if (found != log->targets().end()) return found->second;
  }
  return nullptr;
}

void Engine::changed(base::Uuid webhook) {
  asio::post(common_->strand, [this, common = common_, webhook] {
    if (!common->stopping && started_) take_up(webhook);
  });
}

void Engine::take_up(base::Uuid webhook) {
  auto row = with_.store.load_webhook(webhook);
  if (!row) {
    with_.log.error("a webhook that was changed cannot be read, so it stays as it was until a restart",
                    {{"webhook", webhook.to_string()}, {"why", row.error()}});
    return;
  }
  if (!*row) return remove(webhook);
  const auto target = find(webhook);
  if (target && !target->is_over()) return target->change(**std::move(row));
  remove(webhook);
  if (auto added = add(**std::move(row)); !added) {
    with_.log.error("a new webhook gets nothing until a restart, because the log cannot be read",
                    {{"webhook", webhook.to_string()}, {"why", added.error()}});
  }
}

void Engine::remove(base::Uuid webhook) {
  for (const auto& [tenant, log] : logs_) {
    const auto found = log->targets().find(webhook);
    if (found == log->targets().end()) continue;
    found->second->remove();
    log->targets().erase(found);
    return;
  }
}

void Engine::refresh() {
  asio::post(common_->strand, [this, common = common_] {
    if (common->stopping) return;
    for (const auto& [tenant, log] : logs_) {
      for (const auto& [id, target] : log->targets()) target->work_soon();
    }
  });
}

// Many at once are one.
void Engine::wake_waiting() {
  if (std::exchange(wakes_, true)) return;
  asio::post(common_->strand, [this, common = common_] {
    if (common->abandoned) return;
    wakes_ = false;
    const std::size_t most = with_.settings()->attempts_at_once;
    for (std::size_t left = common->places.waiting(); left > 0 && common->places.taken() < most; --left) {
      if (const auto target = common->places.next_waiting()) target->work();
    }
  });
}

bool Engine::rests() const {
  if (common_->retaining) return false;
  return std::ranges::all_of(logs_, [](const auto& log) {
    return std::ranges::all_of(log.second->targets(),
                               [](const auto& entry) { return entry.second->rests(); });
  });
}

void Engine::end_attempts() {
  asio::post(common_->strand, [common = common_] { common->stopping = true; });
}

asio::awaitable<bool> Engine::stop(base::Duration most) {
  co_return co_await base::run_on(common_->strand, end(most));
}

asio::awaitable<bool> Engine::end(base::Duration most) {
  common_->stopping = true;
  common_->stop_retention.emit(asio::cancellation_type::terminal);
  for (const auto& [tenant, log] : logs_) {
    for (const auto& [id, target] : log->targets()) target->work();
  }
  const base::MonotonicTime end = with_.clock.monotonic() + most;
  for (;;) {
    const auto seen = rested_.count();
    if (rests()) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - with_.clock.monotonic());
    if (left.count() <= 0) break;
    co_await rested_.wait(seen, left);
  }
  common_->abandoned = true;
  co_return false;
}

}  // namespace paynamed::delivery
