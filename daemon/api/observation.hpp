// Observation: every exchange of the API as a metric, and as a log line when somebody may want to read it.
//
// Threads: any.
#pragma once

#include <chrono>
#include <map>
#include <shared_mutex>
#include <string_view>
#include <tuple>

#include "base/status.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace paynamed::api {

// One request with its answer. Method and route are constants of the program: labels must have few values.
struct Exchange {
  std::string_view method;  // "OTHER" for one that no route has
  std::string_view route;   // the template; "none" when no route matched
  std::string_view path;
  std::string_view tenant;
  std::string_view correlation_id;
  std::string peer;
  unsigned status = 0;
  std::chrono::nanoseconds took{};
  const base::Status* cause = nullptr;  // of an error
};

class Observation {
 public:
  // `metrics` outlives this.
  Observation(const observe::Log& log, observe::Metrics& metrics)
      : log_(log.area("api")), metrics_(metrics) {}

  // Errors of ours are warnings, changes are worth a line, all else is for debugging.
  void record(const Exchange& exchange);

 private:
  const observe::Histogram& histogram(const Exchange& exchange);

  const observe::Log log_;
  observe::Metrics& metrics_;
  std::shared_mutex mutex_;
  // Looking a series up by its labels costs more than most requests.
  std::map<std::tuple<std::string_view, std::string_view, unsigned>, observe::Histogram> histograms_;
};

}  // namespace paynamed::api
