#include "process/webhook_delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr base::Duration kTimeout{20'000};
constexpr base::Duration kMostTimeout{60'000};
// A notifier ends its attempts by itself, and can say more of them than a deadline does.
constexpr base::Duration kLeeway{1'000};
constexpr base::Duration kDescribe{10'000};

base::Status malformed(const std::string& instance, std::string_view method) {
  return base::internal(fmt::format(
      "instance '{}' answered {} with bytes that are no such reply; tell its author", instance, method));
}

delivery::Settings settings_of(const config::Delivery& configured) {
  delivery::Settings settings;
  settings.concurrency = configured.concurrency;
  settings.attempts_at_once = configured.attempts_at_once;
  if (!configured.schedule.empty()) settings.schedule = configured.schedule;
  settings.disable_after = configured.disable_after;
  settings.keep_delivered = configured.keep_delivered;
  settings.keep_dead = configured.keep_dead;
  return settings;
}

}  // namespace

asio::awaitable<base::Result<base::Duration>> NotifierAttempts::timeout_of(host::Instance* instance) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = timeouts_.find(instance); known != timeouts_.end()) co_return known->second;
  }
  pipeline::PluginCall call;
  call.instance = instance->id();
  call.method = "Describe";
  call.timeout = kDescribe;
  call.beside_breaker = true;
  const pipeline::PluginAnswer answer = co_await calls_.call(std::move(call));
  if (!answer.reply) co_return base::fail(answer.reply.error());
  v1::DescribeNotifierReply reply;
  if (!reply.ParseFromString(*answer.reply)) co_return base::fail(malformed(instance->id(), "Describe"));
  const base::Duration said{reply.timeout_ms()};
  const base::Duration timeout = std::min(said.count() > 0 ? said : kTimeout, kMostTimeout);
  const std::lock_guard lock(mutex_);
  timeouts_[instance] = timeout;
  co_return timeout;
}

asio::awaitable<base::Result<v1::DeliverReply>> NotifierAttempts::deliver(std::string instance,
                                                                          v1::DeliverRequest request) {
  host::Instance* const found = host_.find(instance);
  if (found == nullptr || found->contract() != "Notifier") {
    co_return base::fail(base::failed_precondition(fmt::format(
        "there is no instance '{}' of a Notifier running; mend it and reload the configuration", instance)));
  }
  const auto timeout = co_await timeout_of(found);
  // It could not be asked at all, so nothing was tried.
  if (!timeout) {
    co_return base::fail(
        base::failed_precondition(fmt::format("instance '{}' does not say how it is to be called: {}",
                                              instance, timeout.error().message()),
                                  timeout.error().detail()));
  }
  pipeline::PluginCall call;
  call.instance = instance;
  call.method = "Deliver";
  call.request = request.SerializeAsString();
  call.timeout = *timeout + kLeeway;
  call.beside_breaker = true;
  const pipeline::PluginAnswer answer = co_await calls_.call(std::move(call));
  if (!answer.reply) co_return base::fail(answer.reply.error());
  v1::DeliverReply reply;
  if (!reply.ParseFromString(*answer.reply)) co_return base::fail(malformed(instance, "Deliver"));
  co_return reply;
}

WebhookDelivery::WebhookDelivery(Dependencies dependencies)
    : with_(std::move(dependencies)), attempts_(with_.host, with_.calls), engine_(with_.io, services()) {}

std::shared_ptr<const delivery::Settings> WebhookDelivery::settings() {
  const auto runtime = with_.runtime();
  const std::lock_guard lock(mutex_);
  if (runtime_ != runtime) {
    settings_ = std::make_shared<const delivery::Settings>(settings_of(runtime->config.delivery));
    runtime_ = runtime;
  }
  return settings_;
}

delivery::Services WebhookDelivery::services() {
  delivery::Services services{with_.clock, with_.random, with_.store, with_.feed, with_.log, with_.metrics};
  services.settings = [this] { return settings(); };
  services.deliver = [this](std::string instance, v1::DeliverRequest request) {
    return attempts_.deliver(std::move(instance), std::move(request));
  };
  return services;
}

std::vector<api::Readiness::Part> WebhookDelivery::waiting() const {
  std::vector<api::Readiness::Part> parts;
  for (const auto& [instance, count] : engine_.waiting_for_operator()) {
    parts.push_back({"webhooks " + instance, false,
                     fmt::format("{} of its webhooks wait until somebody mends it or their secrets; the log "
                                 "says why",
                                 count)});
  }
  return parts;
}

}  // namespace paynamed::process
