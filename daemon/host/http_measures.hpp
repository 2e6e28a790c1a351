// HttpMeasures: what operators see of plugins' HTTP requests: a line at debug level and metrics by instance,
// host, method and outcome. Never a header, a query or a body.
//
// Threads: every function may be called from any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "host/http_message.hpp"
#include "host/services.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace paynamed::host {

class HttpMeasures {
 public:
  // Hosts that have a label of their own, for each instance; the others count as "other".
  static constexpr std::size_t kMostHosts = 50;

  // `metrics` outlives this.
  HttpMeasures(observe::Log log, observe::Metrics& metrics);

  // One request that ended: with an HTTP status, or with a code when there was no answer.
  void ended(const ServiceCall& call, const HttpPlace& place, const base::Result<unsigned>& status,
             base::Duration took);

 private:
  std::string host_label(const std::string& instance, const std::string& host);

  const observe::Log log_;
  observe::Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::string, std::set<std::string>> hosts_;  // by instance; guarded by mutex_
};

}  // namespace paynamed::host
