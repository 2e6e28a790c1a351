// Auth: who a caller is, by the API key or the token that it brings, pn.auth/1. What each failure means is in
// auth.proto.
//
// Threads: a handle; every function may be called from any thread, check_now() from none that is on the
// strand. `then` runs on the strand.
#pragma once

#include <paynamed/plugin/v1/auth.pb.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "paynamed/wait_now.hpp"

namespace paynamed {

using plugin::v1::CheckCallerReply;

class Auth {
 public:
  explicit Auth(Host host) : host_(std::move(host)) {}

  // `credential` is what stood behind "Bearer "; `peer` the caller's IP address.
  void check(std::string_view credential, std::string_view peer,
             std::function<void(Result<CheckCallerReply>)> then) const {
    plugin::v1::CheckCallerRequest request;
    request.set_credential(std::string(credential));
    request.set_peer(std::string(peer));
    host_.call<CheckCallerReply>(kService, "Check", request, Host::CallOptions(), std::move(then));
  }
  // The same for straight code on a thread of the plugin's own (Blocking<>). Throws Error.
  CheckCallerReply check_now(std::string_view credential, std::string_view peer) const {
    return detail::wait_now<CheckCallerReply>(
        host_, "Auth::check_now()", [&](auto then) { this->check(credential, peer, std::move(then)); });
  }

 private:
  static constexpr const char* kService = "pn.auth/1";
  Host host_;
};

}  // namespace paynamed
