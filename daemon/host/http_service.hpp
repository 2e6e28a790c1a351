// HttpService: pn.http/1, the daemon's HTTP client for plugins.
//
// Threads: every function may be called from any thread. The executor's context, the clock and the metrics
// outlive it and every request.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "host/services.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace paynamed::host {

class HttpService {
 public:
  // Certificates are checked against the authorities of the system, unless a request brings its own.
  // FAILED_PRECONDITION when the system has none.
  static base::Result<std::unique_ptr<HttpService>> create(boost::asio::any_io_executor executor,
                                                           base::Clock& clock, observe::Log log,
                                                           observe::Metrics& metrics);
  ~HttpService();  // ends the requests that are open

  // For HostSettings::services; may be called after this has ended.
  Service service() const;

 private:
  class State;
  explicit HttpService(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  std::shared_ptr<void> refresh_;
};

}  // namespace paynamed::host
