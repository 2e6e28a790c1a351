#include "process/event_servers.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "paynamed/plugin/v1/event_server.pb.h"

namespace paynamed::process {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr std::string_view kContract = "EventServer";
constexpr base::Duration kStartTime{10'000};
// What had the address may let go of it.
constexpr base::Duration kAgain{5'000};
constexpr base::Duration kLook{3'600'000};
// For the answer after the plugin's own time.
constexpr base::Duration kAnswer{500};
constexpr base::Duration kLeastDrain{100};

}  // namespace

EventServers::EventServers(asio::io_context& io, host::PluginHost& host, base::Clock& clock, observe::Log log)
    : io_(io), host_(host), clock_(clock), log_(std::move(log)), changed_(clock), work_(io, clock) {}

bool EventServers::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

host::Instance* EventServers::server(const std::string& id) const {
  host::Instance* const instance = host_.find(id);
  return instance && instance->contract() == kContract ? instance : nullptr;
}

host::Instance* EventServers::wanted(const std::string& id) const {
  host::Instance* const instance = server(id);
  return instance && !instance->retired() ? instance : nullptr;
}

bool EventServers::listens(const std::string& id, const host::Instance* instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(id);
  return found != servers_.end() && found->second.instance == instance &&
         found->second.standing.problem.empty();
}

void EventServers::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  servers_.erase(id);
  kept_.erase(id);
}

void EventServers::refresh() {
  std::vector<std::string> fresh;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    for (host::Instance* instance : host_.list()) {
      if (wanted(instance->id()) && kept_.insert(instance->id()).second) fresh.push_back(instance->id());
    }
  }
  for (std::string& id : fresh) work_.start(keep(*this, std::move(id)));
  changed_.notify();
}

asio::awaitable<void> EventServers::keep(EventServers& self, std::string id) {
  bool listening = true;
  for (;;) {
    const auto seen = self.changed_.count();
    if (self.is_stopping() || !self.server(id)) break;
    // Not before the one that it replaces has let go of the address.
    auto finding = self.host_.find_alone(id, self.stop_.get_token());
    host::Instance* const instance = co_await std::move(finding);
    if (instance && instance == self.wanted(id) && !self.is_stopping()) {
      listening = self.listens(id, instance);
      if (!listening) listening = co_await self.start(instance);
    }
    co_await self.changed_.wait(seen, listening ? kLook : kAgain);
  }
  if (!self.is_stopping()) self.forget(id);
}

asio::awaitable<bool> EventServers::start(host::Instance* instance) {
  host::CallOptions options{kStartTime};
  const v1::StartServerRequest request;
  auto calling = host::call<v1::StartServerReply>(*instance, "Start", request, std::move(options));
  const auto outcome = co_await std::move(calling);
  Server server;
  server.instance = instance;
  if (outcome.result) {
    server.standing.addresses = {outcome.result->addresses().begin(), outcome.result->addresses().end()};
  } else {
    server.standing.problem = outcome.result.error().message();
  }
  bool said = false;
  {
    const std::lock_guard lock(mutex_);
    Server& known = servers_[instance->id()];
    said = known.instance == instance && known.standing.problem == server.standing.problem;
    known = server;
  }
  if (outcome.result) {
    for (const std::string& address : server.standing.addresses)
      log_.info("listening for those who follow events", {{"instance", instance->id()}, {"address", address}});
  } else if (!said) {
    log_.error("an event server cannot listen; it is tried again",
               {{"instance", instance->id()}, {"why", outcome.result.error()}});
  }
  co_return outcome.result.has_value();
}

asio::awaitable<void> EventServers::drain(host::Instance* instance, base::Duration most) {
  // Whether it listens is forgotten when its table is gone from the configuration.
  if (instance->contract() != kContract) co_return;
  co_await drain_for(*this, instance, most);
}

asio::awaitable<void> EventServers::drain_for(EventServers& self, host::Instance* instance,
                                              base::Duration most) {
  const base::Duration within = std::max(most - kAnswer, kLeastDrain);
  v1::DrainServerRequest request;
  request.set_within_ms(static_cast<std::uint32_t>(within.count()));
  host::CallOptions options{within + kAnswer};
  auto calling = host::call<v1::DrainServerReply>(*instance, "Drain", request, std::move(options));
  const auto outcome = co_await std::move(calling);
  if (!outcome.result) {
    self.log_.warning("an event server was not drained",
                      {{"instance", instance->id()}, {"why", outcome.result.error()}});
  } else if (outcome.result->cut() > 0) {
    self.log_.info("some who follow events did not leave by themselves",
                   {{"instance", instance->id()}, {"cut", outcome.result->cut()}});
  }
}

asio::awaitable<bool> EventServers::stop(base::Duration most) {
  const base::MonotonicTime end = clock_.monotonic() + most;
  std::vector<host::Instance*> listening;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.request_stop();
    for (const auto& [id, server] : servers_) {
      if (server.instance && server.standing.problem.empty()) listening.push_back(server.instance);
    }
  }
  changed_.notify();
  for (host::Instance* instance : listening) work_.start(drain_for(*this, instance, most));
  const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
  co_return co_await work_.stop(std::max(left, base::Duration{0}) + kAnswer);
}

std::map<std::string, EventServers::Standing> EventServers::standings() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Standing> standings;
  for (const auto& [id, server] : servers_) standings.emplace(id, server.standing);
  return standings;
}

}  // namespace paynamed::process
