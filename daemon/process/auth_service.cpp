#include "process/auth_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/secrets.hpp"
#include "host/text.hpp"
#include "paynamed/plugin/v1/auth.pb.h"

namespace paynamed::process {
namespace v1 = paynamed::plugin::v1;

namespace {

base::Result<api::TokenKey> key_of(const config::Config& config, const observe::Log& log) {
  const config::SecretSource& place = *config.daemon.secrets_key;
  using From = config::SecretSource::Kind;
  const host::SecretSource source{
      place.kind == From::kFile ? host::SecretSource::Kind::kFile : host::SecretSource::Kind::kEnv,
      place.where};
  const auto text = host::read_secret(source, config.file.parent_path());
  if (!text) return base::fail(text.error());
  log.redaction().add(*text);
  return api::TokenKey::derived_from(*text);
}

// It was ours, so it is no guess.
bool is_expired(const base::Status& status) {
  return status.detail() == "expired";
}

v1::CheckCallerReply to_reply(const api::Caller& caller) {
  v1::CheckCallerReply reply;
  reply.set_tenant(caller.tenant);
  reply.set_caller(fmt::format("key {:016x}", caller.key_id));
  return reply;
}

void add_claims(v1::CheckCallerReply& reply, const api::TokenClaims& claims) {
  for (const std::string& name : claims.names) reply.add_names(name);
  for (const std::string& type : claims.types) reply.add_types(type);
  reply.set_expires_ms(claims.expires.time_since_epoch().count());
  reply.set_caller("token " + claims.id);
}

}  // namespace

AuthService::AuthService(Dependencies dependencies)
    : with_(std::move(dependencies)),
      authenticator_(with_.keys),
      own_key_(api::TokenKey::random(with_.random)),
      wrong_({}, with_.clock),
      refused_(with_.metrics.counter("paynamed_auth_refused_total",
                                     "Credentials that event servers were shown and that nobody has.")),
      key_(own_key_) {}

void AuthService::use(const config::Config& config) {
  api::TokenKey key = own_key_;
  if (config.daemon.secrets_key) {
    if (auto read = key_of(config, with_.log)) {
      key = *read;
    } else {
      with_.log.warning(
          "tokens that are made now end when the daemon stops, for [daemon] secrets_key cannot be read",
          {{"why", read.error()}});
    }
  }
  const std::lock_guard lock(mutex_);
  key_ = key;
}

api::TokenKey AuthService::key() const {
  const std::lock_guard lock(mutex_);
  return key_;
}

base::Result<std::string> AuthService::make_token(const api::TokenClaims& claims) const {
  return api::make_token(key(), claims);
}

base::Result<AuthService::Found> AuthService::find(std::string_view credential) const {
  Found found;
  if (!api::looks_like_token(credential)) {
    auto caller = authenticator_.authenticate_key(credential);
    if (!caller) return base::fail(caller.error());
    found.caller = *std::move(caller);
    return found;
  }
  auto claims = api::read_token(key(), credential, with_.clock.wall());
  if (!claims) return base::fail(claims.error());
  found.caller = {claims->tenant, claims->key_id};
  if (!authenticator_.knows(found.caller)) {
    return base::fail(base::unauthenticated(
        "the API key that made this token does not count any more; ask for another token with a new key",
        "expired"));
  }
  found.claims = *std::move(claims);
  found.by_token = true;
  return found;
}

void AuthService::check(const host::ServiceCall& call, const host::ServiceReply& reply) {
  v1::CheckCallerRequest request;
  if (!request.ParseFromString(call.request)) {
    return reply(base::fail(base::invalid_argument("The request Check could not be decoded.")));
  }
  // A token has a MAC of 256 bits: nobody guesses one, and whoever tries holds up nobody else. What was good
  // before is no guess either.
  const bool may_be_guess = !api::looks_like_token(request.credential()) && !request.again();
  if (const auto wait = may_be_guess ? wrong_.wait_of(request.peer()) : std::nullopt) {
    return reply(
        base::fail(base::resource_exhausted("too many wrong keys came from this address; try again later")
                       .with_retry_after(static_cast<std::uint32_t>(wait->count()))));
  }
  const auto found = find(request.credential());
  if (!found) {
    if (!is_expired(found.error())) {
      if (may_be_guess) wrong_.count(request.peer());
      refused_.add();
    }
    return reply(base::fail(found.error()));
  }
  v1::CheckCallerReply answer = to_reply(found->caller);
  if (found->by_token) add_claims(answer, found->claims);
  reply(answer.SerializeAsString());
}

host::Service AuthService::service() {
  return [this](const host::ServiceCall& call, const host::ServiceReply& reply) {
    if (call.method == "Check") return check(call, reply);
    reply(
        base::fail(base::unimplemented("pn.auth/1 has no method " + host::printable(call.method, 64) + ".")));
  };
}

}  // namespace paynamed::process
