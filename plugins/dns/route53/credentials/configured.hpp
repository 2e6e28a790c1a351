// The keys of the configuration: secrets of the daemon, read at each use.
#pragma once

#include <paynamed/config.hpp>

#include "source.hpp"

namespace paynamed::route53 {

class Configured final : public CredentialSource {
 public:
  // Throws Error when only some of "access_key_id", "secret_access_key" and "session_token" stand there.
  explicit Configured(const Config& config);

  static bool stands_in(const Config& config);
  std::string name() const override { return "the configuration"; }
  void find(std::function<void(Result<Found>)> then) override;

 private:
  std::string access_key_id_;
  Secret secret_access_key_;
  std::optional<Secret> session_token_;
};

}  // namespace paynamed::route53
