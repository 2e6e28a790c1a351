#include "instance_metadata.hpp"

#include <algorithm>
#include <cctype>

#include "../sigv4.hpp"
#include "allowed_hosts.hpp"

namespace paynamed::route53 {
namespace {

constexpr char kEndpoint[] = "http://169.254.169.254";
constexpr char kTokenPath[] = "/latest/api/token";
constexpr char kRolePath[] = "/latest/meta-data/iam/security-credentials/";
// Nothing answers there outside of EC2, and whoever waits for credentials waits for this.
constexpr std::chrono::milliseconds kTimeout{1'000};
constexpr std::uint32_t kMaxReplyBytes = 16 * 1024;

bool is_allowed(const std::string& endpoint) {
  const std::string host = host_of(endpoint);
  return host == "169.254.169.254" || host == "[fd00:ec2::254]" || is_loopback_host(host);
}

HttpRequest request_of(const char* method, const std::string& url) {
  HttpRequest request;
  request.set_method(method);
  request.set_url(url);
  request.set_allow_plain(true);
  request.set_max_reply_bytes(kMaxReplyBytes);
  return request;
}

void add_header(HttpRequest& request, const char* name, const std::string& value) {
  auto* header = request.add_headers();
  header->set_name(name);
  header->set_value(value);
}

}  // namespace

void InstanceMetadata::find(Then then) {
  std::string disabled = environment_("AWS_EC2_METADATA_DISABLED");
  std::transform(disabled.begin(), disabled.end(), disabled.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (disabled == "true") return then(Found{std::nullopt, "AWS_EC2_METADATA_DISABLED is true"});
  endpoint_ = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (endpoint_.empty()) endpoint_ = kEndpoint;
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
  if (!is_allowed(endpoint_)) {
    return then(Error(
        Code::kUnauthenticated,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT names a host that credentials must not be asked from; it must be "
        "169.254.169.254, fd00:ec2::254 or this machine."));
  }
  HttpRequest request = request_of("PUT", endpoint_ + kTokenPath);
  add_header(request, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
  http_.request(request, kTimeout, [this, then = std::move(then)](Result<HttpReply> reply) {
    if (!reply.ok()) return then(Found{std::nullopt, "nothing answers there"});
    if (reply->status() != 200 || reply->body().empty()) {
      return then(
          Found{std::nullopt, "it gives no session token (HTTP " + std::to_string(reply->status()) + ")"});
    }
    find_role(reply->body(), then);
  });
}

void InstanceMetadata::ask(const std::string& path, const std::string& token,
                           std::function<void(Result<HttpReply>)> then) const {
  HttpRequest request = request_of("GET", endpoint_ + path);
  add_header(request, "x-aws-ec2-metadata-token", token);
  http_.request(request, kTimeout, std::move(then));
}

void InstanceMetadata::find_role(const std::string& token, Then then) const {
  ask(kRolePath, token, [this, token, then = std::move(then)](Result<HttpReply> reply) {
    if (!reply.ok()) {
      return then(Error(Code::kUnavailable, "The instance's metadata did not answer a second question.",
                        reply.error().message()));
    }
    if (reply->status() == 404) return then(Found{std::nullopt, "the instance has no role"});
    const std::string role = reply->body().substr(0, reply->body().find('\n'));
    if (reply->status() != 200 || role.empty() || role.size() > 64) {
      return then(
          Error(Code::kUnavailable, "The instance's metadata does not tell the instance's role (HTTP " +
                                        std::to_string(reply->status()) + ")."));
    }
    find_credentials(token, role, then);
  });
}

void InstanceMetadata::find_credentials(const std::string& token, const std::string& role, Then then) const {
  ask(kRolePath + percent_encoded(role), token, [this, then = std::move(then)](Result<HttpReply> reply) {
    if (!reply.ok()) {
      return then(Error(Code::kUnavailable, "The instance's metadata did not answer a third question.",
                        reply.error().message()));
    }
    if (reply->status() != 200) {
      return then(Error(Code::kUnavailable, "The instance's metadata has no credentials for its role (HTTP " +
                                                std::to_string(reply->status()) + ")."));
    }
    auto found = credentials_in_json(reply->body(), name());
    if (!found.ok()) return then(found.error());
    then(Found{std::move(*found), {}});
  });
}

}  // namespace paynamed::route53
