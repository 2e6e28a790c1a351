// The endpoint that containers have (ECS task roles, EKS Pod Identity):
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI (AWS SDKs and Tools Reference
// Guide, "Container credential provider").
#pragma once

#include <paynamed/http.hpp>

#include "source.hpp"

namespace paynamed::route53 {

class Container final : public CredentialSource {
 public:
  Container(Host host, Environment environment)
      : http_(std::move(host)), environment_(std::move(environment)) {}
  std::string name() const override { return "the container's endpoint"; }
  void find(std::function<void(Result<Found>)> then) override;

 private:
  Http http_;
  Environment environment_;
};

// Whether credentials may be asked there: https, or http to this machine or the link-local addresses that AWS
// gives to containers. Anybody else could be somebody else.
bool is_allowed_container_uri(std::string_view uri);

}  // namespace paynamed::route53
