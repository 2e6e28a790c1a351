// Measures: what metrics tell of deliveries.
//
// Threads: every function may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "delivery/judgement.hpp"
#include "observe/metrics.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

class Measures {
 public:
  // What it is given outlives it.
  Measures(observe::Metrics& metrics, state::WebhookStore& store);

  void attempt(const std::string& instance, Verdict::Kind kind, base::Duration latency);
  void disabled(const std::string& instance, std::string_view code);
  void under_way(std::size_t attempts) { under_way_.set(static_cast<double>(attempts)); }

 private:
  // Reads where all targets stand.
  void measure();

  observe::Metrics& metrics_;
  state::WebhookStore& store_;
  observe::Gauge under_way_;
  std::shared_ptr<void> measured_;
};

}  // namespace paynamed::delivery
