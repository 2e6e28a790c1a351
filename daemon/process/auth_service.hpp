// AuthService: pn.auth/1, who a caller of an event server is: by an API key, as REST knows it, or by a token
// that such a key made.
//
// Threads: every function may be called from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "api/auth.hpp"
#include "api/tokens.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "host/services.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "process/wrong_credentials.hpp"

namespace paynamed::process {

class AuthService {
 public:
  struct Dependencies {
    api::KeySource keys;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
  };
  explicit AuthService(Dependencies dependencies);

  // From now on tokens count that were made under the key of this configuration. Without one, or while it
  // cannot be read, it is a key of this process alone.
  void use(const config::Config& config);
  base::Result<std::string> make_token(const api::TokenClaims& claims) const;

  // For HostSettings::services; this outlives every call.
  host::Service service();

 private:
  struct Found {
    api::Caller caller;
    api::TokenClaims claims;  // of a token
    bool by_token = false;
  };
  base::Result<Found> find(std::string_view credential) const;
  api::TokenKey key() const;
  void check(const host::ServiceCall& call, const host::ServiceReply& reply);

  const Dependencies with_;
  const api::Authenticator authenticator_;
  const api::TokenKey own_key_;
  WrongCredentials wrong_;
  const observe::Counter refused_;
  mutable std::mutex mutex_;
  api::TokenKey key_;  // guarded by mutex_
};

}  // namespace paynamed::process
