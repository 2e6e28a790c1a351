// The files that AWS's tools share: ~/.aws/credentials and ~/.aws/config, or where
// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE point (AWS SDKs and Tools Reference Guide, "Shared config
// and credentials files").
#pragma once

#include <map>

#include "source.hpp"

namespace paynamed::route53 {

class SharedFile final : public CredentialSource {
 public:
  enum class Kind { kCredentials, kConfig };
  // An empty profile: AWS_PROFILE, else "default".
  SharedFile(Kind kind, std::string profile, Environment environment)
      : kind_(kind), profile_(std::move(profile)), environment_(std::move(environment)) {}
  std::string name() const override;
  void find(std::function<void(Result<Found>)> then) override;

 private:
  std::string path() const;
  Result<Found> look() const;

  Kind kind_;
  std::string profile_;
  Environment environment_;
};

// The keys of one section of such a file; nothing without the section. For the tests, too.
std::optional<std::map<std::string, std::string>> section_of(std::string_view text, std::string_view section);

}  // namespace paynamed::route53
