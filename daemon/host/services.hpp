// Service: something that the daemon does for plugins, called like a plugin is: a method and protobuf bytes.
//
// Threads: a Service is called on a thread of the plugin pool and may block shortly; it answers through
// `reply` once, from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "host/secrets.hpp"

namespace paynamed::host {

struct ServiceCall {
  std::string instance;  // who asks
  std::string module;    // what it is an instance of
  std::string method;
  std::string request;
  base::Duration timeout{};
  std::string idempotency_key;
  std::string correlation_id;
  std::string traceparent;
  bool background = false;
  // Nobody needs the answer any more: the instance began to stop after it asked, or has stopped.
  std::stop_token ended;
};

using ServiceReply = std::function<void(base::Result<std::string>)>;
using Service = std::function<void(ServiceCall call, ServiceReply reply)>;

// pn.secret/1 for one instance. `secrets` outlives the service.
Service secret_service(Secrets& secrets);

}  // namespace paynamed::host
