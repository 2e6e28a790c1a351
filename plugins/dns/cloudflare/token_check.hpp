// TokenCheck: whether Cloudflare knows the token and holds it for active. Asked once for all who wait, and
// again after the token changed or a request was refused because of it.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <optional>
#include <paynamed/host.hpp>
#include <string>
#include <vector>

#include "client.hpp"

namespace paynamed::cloudflare {

class TokenCheck {
 public:
  // `client` and `settings` outlive it.
  TokenCheck(Host host, Client& client, const Settings& settings)
      : host_(std::move(host)), client_(client), settings_(settings) {}

  // Nothing: it is good. UNAUTHENTICATED: it is not, and why. Another code: it could not be asked. `then` may
  // be called from within when the answer is known.
  using Then = std::function<void(std::optional<Error>)>;
  void ensure(bool background, Then then);
  // The next ensure() asks.
  void forget() { good_.clear(); }

 private:
  void ask();
  void hear(const Result<Answer>& answer);
  void finish(const std::optional<Error>& error);

  Host host_;
  Client& client_;
  const Settings& settings_;
  std::string good_;  // the fingerprint of the token that was good
  std::vector<Then> waiting_;
  bool background_ = true;
  bool at_account_ = false;
  int tries_ = 0;
};

}  // namespace paynamed::cloudflare
