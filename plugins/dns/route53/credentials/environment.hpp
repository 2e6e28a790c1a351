// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
#pragma once

#include "source.hpp"

namespace paynamed::route53 {

class EnvironmentKeys final : public CredentialSource {
 public:
  explicit EnvironmentKeys(Environment environment) : environment_(std::move(environment)) {}
  std::string name() const override { return "the environment"; }
  void find(std::function<void(Result<Found>)> then) override;

 private:
  Environment environment_;
};

}  // namespace paynamed::route53
