#include "api/observation.hpp"

#include <mutex>

namespace paynamed::api {

void Observation::record(const Exchange& exchange) {
  histogram(exchange).observe(std::chrono::duration<double>(exchange.took).count());
  observe::Level level = observe::Level::kDebug;
  if (exchange.status >= 500) {
    level = observe::Level::kWarning;
  } else if (exchange.status < 400 && exchange.method != "GET") {
    level = observe::Level::kInfo;
  }
  if (!log_.enabled(level)) return;
  const double milliseconds = std::chrono::duration<double, std::milli>(exchange.took).count();
  const std::string cause = exchange.cause ? exchange.cause->to_string() : std::string{};
  log_.write(level, exchange.status >= 500 ? "a request failed" : "a request was answered",
             {{"method", exchange.method},
              {"path", exchange.path},
              {"status", exchange.status},
              {"ms", milliseconds},
              {"tenant", exchange.tenant},
              {"peer", exchange.peer},
              {"correlation_id", exchange.correlation_id},
              {"cause", cause}});
}

const observe::Histogram& Observation::histogram(const Exchange& exchange) {
  const std::tuple key{exchange.method, exchange.route, exchange.status};
  {
    const std::shared_lock lock{mutex_};
    if (const auto found = histograms_.find(key); found != histograms_.end()) return found->second;
  }
  const std::lock_guard lock{mutex_};
  if (const auto found = histograms_.find(key); found != histograms_.end()) return found->second;
  auto made =
      metrics_.histogram("paynamed_api_request_seconds", "How long requests took, by route and status.",
                         {{"method", std::string{exchange.method}},
                          {"route", std::string{exchange.route}},
                          {"status", std::to_string(exchange.status)}});
  return histograms_.emplace(key, made).first->second;
}

}  // namespace paynamed::api
