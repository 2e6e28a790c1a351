#include "host/instance_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

#include "host/pn_text.hpp"
#include "host/registry.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostMessageBytes = 1'024;

}  // namespace

std::shared_ptr<InstanceCore> InstanceCore::make(std::shared_ptr<HostContext> host, std::string id,
                                                 const Module& module, bool retired,
                                                 BreakerSettings breaker) {
  auto core = std::make_shared<InstanceCore>(std::move(host), std::move(id), module, retired, breaker);
  const auto entry = Registry::get().add(core);
  core->number_ = entry.number;
  core->table_ = entry.table;
  *entry.table = host_table(entry.number);
  return core;
}

InstanceCore::InstanceCore(std::shared_ptr<HostContext> host, std::string id, const Module& module,
                           bool retired, BreakerSettings breaker)
    : host_(std::move(host)),
      id_(std::move(id)),
      module_(module),
      retired_(retired),
      log_(host_->log.with({{"instance", id_}})),
      secrets_(id_, host_->directory, host_->log, host_->added_secrets),
      metrics_(host_->metrics, id_),
      strand_(asio::make_strand(host_->pool->executor())),
      breaker_(breaker, id_),
      breaker_openings_(host_->metrics.counter(
          "paynamed_breaker_openings_total",
          "Times that an instance was no longer called because its calls failed.", {{"instance", id_}})),
      breaker_refused_(host_->metrics.counter("paynamed_breaker_refused_total",
                                              "Calls that an open breaker refused.", {{"instance", id_}})) {}

void* InstanceCore::token(std::uint64_t call_id) const {
  return call_token(number_, call_id);
}

// --- the strand and its watch

void InstanceCore::post(std::string what, std::function<void()> work) {
  asio::post(strand_, [self = shared_from_this(), what = std::move(what), work = std::move(work)] {
    self->run_watched(what, work);
  });
}

void InstanceCore::run_watched(const std::string& what, const std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    held_since_ = clock().monotonic();
    held_by_ = what;
    if (!watching_) {
      watching_ = true;
      watch_ = clock().at(*held_since_ + kBlockedAfter, supervisor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->check_blocked();
      });
    }
  }
  std::string thrown;
  try {
    work();
  } catch (const std::exception& failure) {
    thrown = printable(failure.what(), kMostMessageBytes);
  } catch (...) {
    thrown = "something that is no std::exception";
  }
  base::Duration held{};
  bool was_blocked = false;
  {
    const std::lock_guard lock(mutex_);
    held = std::chrono::duration_cast<base::Duration>(clock().monotonic() - *held_since_);
    held_since_.reset();
    was_blocked = std::exchange(blocked_, false);
  }
  if (!thrown.empty()) broken_rule(what + " let an exception out: " + thrown);
  if (was_blocked) host_->pool->released();
  if (was_blocked) log_.warning("the strand is free again", {{"held_by", what}, {"ms", held.count()}});
}

void InstanceCore::check_blocked() {
  std::string by;
  {
    const std::lock_guard lock(mutex_);
    watching_ = false;
    if (!held_since_) return;
    const auto limit = *held_since_ + kBlockedAfter;
    if (clock().monotonic() < limit) {
      watching_ = true;
      watch_ = clock().at(limit, supervisor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->check_blocked();
      });
      return;
    }
    blocked_ = true;
    by = held_by_;
  }
  host_->pool->held();
  log_.warning(
      "the plugin holds its strand for more than a second; its author should use Blocking<> or answer later",
      {{"held_by", by}, {"threads", host_->pool->threads()}});
}

// --- create

void InstanceCore::create(std::string config_json, std::function<void(base::Status)> then) {
  post("create", [self = shared_from_this(), config = std::move(config_json), then = std::move(then)] {
    {
      const std::lock_guard lock(self->mutex_);
      self->create_call_id_ = self->next_call_id_++;
    }
    base::Status thrown;
    try {
      self->plugin_ = self->module_.abi().create(self->table_, borrow(config), &done_by_token,
                                                 self->token(self->create_call_id_));
    } catch (...) {
      thrown = base::internal("It let an exception out of create, which no plugin may; ask its author.");
    }
    base::Status status;
    bool keep_out = false;
    {
      const std::lock_guard lock(self->mutex_);
      self->create_call_id_ = 0;
      if (self->plugin_ == nullptr) {
        status = !thrown.ok() ? thrown
                 : self->create_failure_
                     ? *self->create_failure_
                     : base::internal("It made no instance and did not say why; ask its author.");
        if (self->phase_ == Phase::kNew) self->phase_ = Phase::kStopped;
      } else if (self->phase_ == Phase::kNew) {
        self->phase_ = Phase::kRunning;
      } else {
        keep_out = true;  // stopped meanwhile; its own job on the strand ends it
      }
    }
    if (!keep_out) then(std::move(status));
  });
}

// --- stop

void InstanceCore::stop(std::function<void()> then) {
  bool first = false;
  std::stop_source services(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kStopped) {
      when_stopped_.push_back(std::move(then));
      first = phase_ == Phase::kNew || phase_ == Phase::kRunning;
      if (first) phase_ = Phase::kStopping;
      if (first) services = std::exchange(end_services_, std::stop_source());
    }
  }
  if (then) return then();
  if (!first) return;
  // What the plugin waits for ends, so that its threads can; while it stops it may still ask for more.
  services.request_stop();
  post("stop", [self = shared_from_this()] {
    if (self->plugin_ == nullptr) return self->on_strand_stopped();
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(self->mutex_);
      id = self->stop_call_id_ = self->next_call_id_++;
    }
    self->module_.abi().stop(self->plugin_, &done_by_token, self->token(id));
  });
}

void InstanceCore::on_strand_stopped() {
  // What the plugin still waits for is answered, what waits for the plugin ends, then it is gone.
  std::map<std::uint64_t, Timer> timers;
  std::map<std::uint64_t, ServiceAnswer> services;
  std::vector<std::function<void()>> notify;
  std::vector<std::function<void()>> stopped;
  std::stop_source end_services(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::kStopped;
    end_services = end_services_;
    timers.swap(timers_);
    services.swap(service_answers_);
    while (!open_.empty()) {
      const auto at = open_.begin();
      const auto who = at->second.method + " of the plugin instance " + id_;
      notify.push_back(close_locked(
          at,
          base::fail(at->second.in_plugin
                         ? base::unknown(
                               who + " was not answered before the plugin stopped; the outcome is unknown.")
                         : base::unavailable(who + " was not begun: the plugin stops."))));
    }
    stopped.swap(when_stopped_);
  }
  end_services.request_stop();
  for (const auto& [number, service] : services) {
    constexpr std::string_view kText = "The instance stops.";
    const pn_status status{sizeof(pn_status), PN_CANCELLED, 0, 0, borrow(kText), {nullptr, 0}};
    service.done(service.done_ctx, &status, {nullptr, 0});
  }
  for (const auto& [number, timer] : timers) timer.run(timer.arg, 0);
  if (plugin_ != nullptr) module_.abi().destroy(std::exchange(plugin_, nullptr));
  for (const auto& one : notify) one();
  log_.debug("stopped");
  for (const auto& one : stopped) one();
}

void InstanceCore::leave() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kStopped) return;
    phase_ = Phase::kLeft;
  }
  log_.error("the plugin did not stop in time; it is left as it is, and the process has to end around it",
             {{"module", module_.name()}});
}

// --- state

bool InstanceCore::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_ > 0;
}

InstanceInfo InstanceCore::info() const {
  using State = InstanceInfo::State;
  InstanceInfo info;
  info.id = id_;
  info.module = module_.name();
  info.version = module_.version();
  info.contract = module_.contract();
  info.retired = retired_;
  const std::lock_guard lock(mutex_);
  info.calls = calls_;
  info.failures = failures_;
  info.timeouts = timeouts_;
  info.late_answers = late_answers_;
  info.broken_rules = broken_rules_;
  info.open_calls = open_.size();
  info.breaker = breaker_.state(host_->clock.monotonic());
  info.breaker_explanation = breaker_.explanation(moment());
  if (phase_ == Phase::kStopped) {
    info.state = State::kStopped;
    info.explanation = "It has stopped.";
  } else if (phase_ == Phase::kLeft) {
    info.state = State::kLeft;
    info.explanation = "It did not stop in time.";
  } else if (phase_ == Phase::kStopping) {
    info.state = State::kStopping;
    info.explanation = "It is stopping.";
  } else if (stuck_ > 0) {
    info.state = State::kStuck;
    info.explanation = std::to_string(stuck_) + " of its calls are open 30 s after their deadline.";
  } else if (blocked_) {
    info.state = State::kBlocked;
    info.explanation = held_by_ + " holds its strand for more than a second.";
  }
  return info;
}

}  // namespace paynamed::host
