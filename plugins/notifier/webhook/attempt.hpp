// Attempt: one delivery of one event: reads the target's keys, signs, sends, judges the answer.
//
// Threads: everything on the strand. It lives until its reply is given.
#pragma once

#include <paynamed/plugin/v1/notifier.pb.h>

#include <cstdint>
#include <memory>
#include <paynamed/http.hpp>
#include <paynamed/reply.hpp>
#include <string>
#include <vector>

#include "open_work.hpp"
#include "settings.hpp"

namespace paynamed::webhook {

class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  // `settings` outlives it.
  Attempt(const Settings& settings, Host host, OpenWork::Part work, plugin::v1::DeliverRequest request,
          Reply<plugin::v1::DeliverReply> reply);

  void begin();

 private:
  void sign_with_next();
  void sign_with(const plugin::v1::SigningKey& key, const SecretValue& secret);
  void read_authorities();
  // Nobody can take the reply any more, so that the event will come again.
  bool is_over() const;
  void send(std::string trust_pem);
  void finish(const Result<HttpReply>& answer);
  // The reply for a request that the daemon refused to send.
  void explain(const Error& refusal);

  const Settings& settings_;
  const Host host_;
  const OpenWork::Part work_;  // goes after the reply
  const plugin::v1::DeliverRequest request_;
  Reply<plugin::v1::DeliverReply> reply_;
  std::int64_t timestamp_ = 0;
  std::string text_;  // what is signed
  int next_key_ = 0;
  std::vector<std::string> hmacs_;
  std::vector<std::string> ed25519s_;
};

}  // namespace paynamed::webhook
