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
    ask(credential, peer, false, std::move(then));
  }
  // The same for one that was good before on the same connection: whether it still is. Ask once a minute or
  // so: keys are taken away.
  void check_again(std::string_view credential, std::string_view peer,
                   std::function<void(Result<CheckCallerReply>)> then) const {
    ask(credential, peer, true, std::move(then));
  }
  // The same for straight code on a thread of the plugin's own (Blocking<>). Throws Error.
  CheckCallerReply check_now(std::string_view credential, std::string_view peer) const {
    return detail::wait_now<CheckCallerReply>(
        host_, "Auth::check_now()", [&](auto then) { this->check(credential, peer, std::move(then)); });
  }

 private:
  void ask(std::string_view credential, std::string_view peer, bool again,
           std::function<void(Result<CheckCallerReply>)> then) const {
    plugin::v1::CheckCallerRequest request;
    request.set_credential(std::string(credential));
    request.set_peer(std::string(peer));
    request.set_again(again);
    host_.call<CheckCallerReply>(kService, "Check", request, Host::CallOptions(), std::move(then));
  }

  static constexpr const char* kService = "pn.auth/1";
  Host host_;
};

}  // namespace paynamed
