#include "configured.hpp"

#include <utility>

namespace paynamed::route53 {
namespace {

// Files end in a line break.
std::shared_ptr<const SecretValue> without_line_break(const SecretValue& value) {
  std::string_view text = value.reveal();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return secret_of(std::string(text));
}

Secret required_secret(const Config& config) {
  if (!config.has("access_key_id")) config.wrong("access_key_id", "is missing beside the other credentials");
  if (!config.has("secret_access_key")) {
    config.wrong("secret_access_key", "is missing; it stands beside \"access_key_id\"");
  }
  return config.secret("secret_access_key");
}

}  // namespace

bool Configured::stands_in(const Config& config) {
  return config.has("access_key_id") || config.has("secret_access_key") || config.has("session_token");
}

Configured::Configured(const Config& config)
    : access_key_id_(config.string("access_key_id", "")),
      secret_access_key_(required_secret(config)),
      session_token_(config.find_secret("session_token")) {}

void Configured::find(std::function<void(Result<Found>)> then) {
  secret_access_key_.read([this, then = std::move(then)](Result<SecretValue> key) {
    if (!key.ok()) return then(key.error());
    Credentials found;
    found.access_key_id = access_key_id_;
    found.secret_access_key = without_line_break(*key);
    if (found.secret_access_key == nullptr) {
      return then(Error(Code::kUnauthenticated, "\"secret_access_key\" is empty; look at where it is kept."));
    }
    if (!session_token_) return then(Found{std::move(found), {}});
    session_token_->read([found = std::move(found), then](Result<SecretValue> token) mutable {
      if (!token.ok()) return then(token.error());
      found.session_token = without_line_break(*token);
      then(Found{std::move(found), {}});
    });
  });
}

}  // namespace paynamed::route53
