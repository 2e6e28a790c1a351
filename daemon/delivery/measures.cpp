#include "delivery/measures.hpp"

#include <array>

namespace paynamed::delivery {
namespace {

constexpr std::uint32_t kPage = 1'000;

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Measures::Measures(observe::Metrics& metrics, state::WebhookStore& store)
    : metrics_(metrics),
      store_(store),
      under_way_(metrics.gauge("paynamed_webhook_attempts_under_way", "Attempts that have no answer yet.")) {
  measured_ = metrics_.before_text([this] { measure(); });
}

void Measures::attempt(const std::string& instance, Verdict::Kind kind, base::Duration latency) {
  metrics_
      .counter("paynamed_webhook_attempts_total", "Attempts at deliveries, by what came of them.",
               {{"instance", instance}, {"outcome", std::string{to_string(kind)}}})
      .add();
  metrics_
      .histogram("paynamed_webhook_attempt_seconds", "How long attempts at deliveries took.",
                 {{"instance", instance}})
      .observe(seconds(latency));
}

void Measures::disabled(const std::string& instance, std::string_view code) {
  metrics_
      .counter("paynamed_webhook_disabled_total", "Webhooks that the daemon disabled, by why.",
               {{"instance", instance}, {"code", std::string{code}}})
      .add();
}

void Measures::measure() {
  std::array<double, 3> states{};
  double waiting = 0;
  double dead = 0;
  base::Uuid after;
  for (bool goes_on = true; goes_on;) {
    const auto rows = store_.webhooks(after, kPage);
    if (!rows) return;
    for (const state::WebhookRow& row : *rows) {
      states.at(static_cast<std::size_t>(row.state)) += 1;
      waiting += static_cast<double>(row.waiting);
      dead += static_cast<double>(row.dead);
      after = row.id;
    }
    goes_on = rows->size() == kPage;
  }
  for (const state::WebhookState each :
       {state::WebhookState::kActive, state::WebhookState::kPaused, state::WebhookState::kDisabled}) {
    metrics_.gauge("paynamed_webhooks", "Webhooks, by state.", {{"state", std::string{to_string(each)}}})
        .set(states.at(static_cast<std::size_t>(each)));
  }
  metrics_.gauge("paynamed_webhook_deliveries_waiting", "Deliveries that will be tried again.").set(waiting);
  metrics_.gauge("paynamed_webhook_dead_letters", "Deliveries that gave up and are kept.").set(dead);
}

}  // namespace paynamed::delivery
