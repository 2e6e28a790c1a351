// TargetCheck: whether an address may become a target: its URL, and what its receiver says when it is asked.
//
// Threads: everything on the strand. It lives until its reply is given.
#pragma once

#include <paynamed/plugin/v1/notifier.pb.h>

#include <memory>
#include <paynamed/http.hpp>
#include <paynamed/reply.hpp>
#include <string>

#include "open_work.hpp"
#include "settings.hpp"

namespace paynamed::webhook {

class TargetCheck : public std::enable_shared_from_this<TargetCheck> {
 public:
  // `settings` outlives it.
  TargetCheck(const Settings& settings, Host host, OpenWork::Part work,
              Reply<plugin::v1::CheckTargetReply> reply);

  void begin(const std::string& address);

 private:
  void take_url(const std::string& url);
  void read_authorities();
  void shake_hands(std::string trust_pem);
  void finish(const Result<HttpReply>& answer);

  const Settings& settings_;
  const Host host_;
  const OpenWork::Part work_;  // goes after the reply
  const Http http_;
  Reply<plugin::v1::CheckTargetReply> reply_;
  plugin::v1::CheckTargetReply checked_;
};

}  // namespace paynamed::webhook
