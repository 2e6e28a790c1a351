// The instance metadata service of EC2, version 2 only: a request without a session token, as version 1 has
// it, is never sent, for whoever can make this host send one could read the answer (Amazon EC2 User Guide,
// "Use IMDSv2").
#pragma once

#include <paynamed/http.hpp>

#include "source.hpp"

namespace paynamed::route53 {

class InstanceMetadata final : public CredentialSource {
 public:
  InstanceMetadata(Host host, Environment environment)
      : http_(std::move(host)), environment_(std::move(environment)) {}
  std::string name() const override { return "the instance's metadata"; }
  void find(std::function<void(Result<Found>)> then) override;

 private:
  using Then = std::function<void(Result<Found>)>;
  void ask(const std::string& path, const std::string& token,
           std::function<void(Result<HttpReply>)> then) const;
  void find_role(const std::string& token, Then then) const;
  void find_credentials(const std::string& token, const std::string& role, Then then) const;

  Http http_;
  Environment environment_;
  std::string endpoint_;
};

}  // namespace paynamed::route53
