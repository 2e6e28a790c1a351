#include "host/http_measures.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace paynamed::host {
namespace {

std::string method_label(const std::string& method) {
  constexpr std::array<std::string_view, 7> kKnown{"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};
  return std::find(kKnown.begin(), kKnown.end(), method) == kKnown.end() ? "other" : method;
}

// "2xx", or the code when there was no answer.
std::string status_label(const base::Result<unsigned>& status) {
  if (!status) return std::string(base::to_string(status.error().code()));
  return std::to_string(std::min(*status / 100, 9U)) + "xx";
}

}  // namespace

HttpMeasures::HttpMeasures(observe::Log log, observe::Metrics& metrics)
    : log_(std::move(log)), metrics_(metrics) {}

std::string HttpMeasures::host_label(const std::string& instance, const std::string& host) {
  const std::lock_guard lock(mutex_);
  auto& known = hosts_[instance];
  if (known.contains(host)) return host;
  if (known.size() >= kMostHosts) return "other";
  known.insert(host);
  return host;
}

void HttpMeasures::ended(const ServiceCall& call, const HttpPlace& place,
                         const base::Result<unsigned>& status, base::Duration took) {
  const observe::Labels labels{{"instance", call.instance},
                               {"host", place.guarded ? "guarded" : host_label(call.instance, place.host)},
                               {"method", method_label(place.method)},
                               {"status", status_label(status)}};
  metrics_
      .counter("paynamed_http_requests_total",
               "HTTP requests of plugins that ended: with a class of HTTP status, or the code of a failure.",
               labels)
      .add();
  metrics_
      .histogram("paynamed_http_request_seconds", "From a plugin's request to the end of the answer.", labels)
      .observe(std::chrono::duration<double>(took).count());
  if (!log_.enabled(observe::Level::kDebug)) return;
  log_.debug("http request", {{"instance", call.instance},
                              {"method", place.method},
                              {"host", place.host},
                              {"path", place.path},
                              {"status", status ? std::to_string(*status) : status_label(status)},
                              {"ms", took.count()},
                              {"correlation", call.correlation_id}});
}

}  // namespace paynamed::host
