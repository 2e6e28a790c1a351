// Api: Cloudflare's API with the failures taken away that pass by themselves: reading is tried again when
// Cloudflare fails, and a token that was refused is checked before anybody is told that it is bad.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <paynamed/host.hpp>

#include "client.hpp"
#include "refusal.hpp"
#include "token_check.hpp"

namespace paynamed::cloudflare {

class Api {
 public:
  Api(Host host, const Settings& settings)
      : host_(host), client_(host, settings), tokens_(std::move(host), client_, settings) {}

  // A success, or a refusal that is not about the token; refusal_of() says what that means. Fails as
  // Client::send(), and with UNAUTHENTICATED when the token is bad and PERMISSION_DENIED when it lacks
  // `needed`, both before anything was changed.
  void send(Request request, Permission needed, std::function<void(Result<Answer>)> then);

  // Why the last request had no answer of Cloudflare's; nothing when it had one.
  const std::optional<Error>& trouble() const { return trouble_; }

  // As TokenCheck::ensure().
  void ensure_token(bool background, TokenCheck::Then then) { tokens_.ensure(background, std::move(then)); }

 private:
  struct Attempt;
  void send_once(const std::shared_ptr<Attempt>& attempt);
  void hear(const std::shared_ptr<Attempt>& attempt, Result<Answer> answer);
  void check_token(const std::shared_ptr<Attempt>& attempt, Answer refused);

  Host host_;
  Client client_;
  TokenCheck tokens_;
  std::optional<Error> trouble_;
};

}  // namespace paynamed::cloudflare
