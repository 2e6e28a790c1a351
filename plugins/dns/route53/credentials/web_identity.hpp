// A token that somebody else made for this process (IRSA on EKS, and others), exchanged at STS for
// credentials of a role: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME (AWS STS API
// Reference, AssumeRoleWithWebIdentity).
#pragma once

#include <paynamed/http.hpp>

#include "source.hpp"

namespace paynamed::route53 {

class WebIdentity final : public CredentialSource {
 public:
  // `endpoint` without a slash at its end: "https://sts.amazonaws.com".
  WebIdentity(Host host, Environment environment, std::string endpoint)
      : http_(std::move(host)), environment_(std::move(environment)), endpoint_(std::move(endpoint)) {}
  std::string name() const override { return "web identity"; }
  void find(std::function<void(Result<Found>)> then) override;

 private:
  Http http_;
  Environment environment_;
  std::string endpoint_;
};

}  // namespace paynamed::route53
