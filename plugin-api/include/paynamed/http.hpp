// Http: the daemon's HTTP client, pn.http/1. What each failure says about the server is in http.proto.
//
// Threads: a handle; every function may be called from any thread, request_now() from none that is on the
// strand. `then` runs on the strand.
#pragma once

#include <paynamed/plugin/v1/http.pb.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "paynamed/wait_now.hpp"

namespace paynamed {

using plugin::v1::HttpBudget;
using plugin::v1::HttpCheckReply;
using plugin::v1::HttpGuard;
using plugin::v1::HttpReply;
using plugin::v1::HttpRequest;

class Http {
 public:
  explicit Http(Host host) : host_(std::move(host)) {}

  // Sends `request` for `call`: until its deadline, at most `most`, and with its priority.
  void request(HttpRequest request, const Call& call, std::chrono::milliseconds most,
               std::function<void(Result<HttpReply>)> then) const {
    Host::CallOptions options;
    options.timeout = host_.remaining(call, most);
    options.correlation_id = call.correlation_id();
    options.traceparent = call.traceparent();
    options.background = call.background();
    request.set_background(call.background());
    host_.call<HttpReply>(kService, "Request", request, options, std::move(then));
  }
  // The same for work of the plugin's own, or for several calls at once.
  void request(const HttpRequest& request, std::chrono::milliseconds timeout,
               std::function<void(Result<HttpReply>)> then) const {
    Host::CallOptions options;
    options.timeout = timeout;
    options.background = request.background();
    host_.call<HttpReply>(kService, "Request", request, options, std::move(then));
  }
  // The first for straight code on a thread of the plugin's own (Blocking<>). Throws Error.
  HttpReply request_now(const HttpRequest& request, const Call& call, std::chrono::milliseconds most) const {
    return detail::wait_now<HttpReply>(host_, "Http::request_now()", [&](auto then) {
      this->request(request, call, most, std::move(then));
    });
  }

  // Whether the request's URL may be called, and its normal form; nothing is sent and no address is asked
  // for.
  void check(const HttpRequest& request, std::function<void(Result<HttpCheckReply>)> then) const {
    host_.call<HttpCheckReply>(kService, "Check", request, Host::CallOptions(), std::move(then));
  }

  // Nobody spends of this budget for `hold`: what the server asked for.
  void hold_budget(std::string_view key, std::chrono::milliseconds hold) const {
    plugin::v1::HoldBudgetRequest request;
    request.set_key(std::string(key));
    request.set_hold_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(hold.count(), 0, UINT32_MAX)));
    host_.call<plugin::v1::HoldBudgetReply>(kService, "HoldBudget", request, Host::CallOptions(),
                                            [](const Result<plugin::v1::HoldBudgetReply>&) {});
  }

 private:
  static constexpr const char* kService = "pn.http/1";
  Host host_;
};

}  // namespace paynamed
