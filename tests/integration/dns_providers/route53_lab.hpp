// The route53 plugin in the daemon's plugin host, with the daemon's HTTP client, against the fake.
//
// Threads: as HostedPlugin.
#pragma once

#include "tests/fakes/plugin_host/hosted_plugin.hpp"
#include "tests/fakes/route53/fake_route53.hpp"

namespace paynamed::dns_providers {

class Route53Lab {
 public:
  // Fast by default: the fake's rates do not limit.
  explicit Route53Lab(boost::json::object more = {});
  ~Route53Lab();

  const fakes::FakeRoute53& fake() const { return fake_; }
  fakes::Journal& journal() { return journal_; }
  // Another instance, with another secret access key if one is given.
  std::unique_ptr<fakes::HostedPlugin> make(const std::string& secret = fakes::FakeRoute53::kSecretAccessKey,
                                            const boost::json::object& more = {});
  // One without keys in its configuration, which takes them from where the environment says.
  std::unique_ptr<fakes::HostedPlugin> make_without_keys();

 private:
  boost::json::object table() const;
  std::filesystem::path secret_file(const std::string& secret);

  boost::json::object more_;
  fakes::FakeRoute53 fake_;
  fakes::Journal journal_;
  std::filesystem::path directory_;
};

}  // namespace paynamed::dns_providers
