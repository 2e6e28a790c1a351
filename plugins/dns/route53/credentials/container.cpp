#include "container.hpp"

#include <algorithm>
#include <array>

#include "allowed_hosts.hpp"

namespace paynamed::route53 {
namespace {

constexpr char kRelativeTo[] = "http://169.254.170.2";
constexpr std::chrono::milliseconds kTimeout{2'000};
constexpr std::uint32_t kMaxReplyBytes = 16 * 1024;

}  // namespace

bool is_allowed_container_uri(std::string_view uri) {
  const std::string host = host_of(uri);
  if (uri.starts_with("https://")) return !host.empty();
  constexpr std::array<std::string_view, 3> kAllowed = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return is_loopback_host(host) || std::find(kAllowed.begin(), kAllowed.end(), host) != kAllowed.end();
}

void Container::find(std::function<void(Result<Found>)> then) {
  const std::string relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) {
    return then(Found{
        std::nullopt,
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"});
  }
  const std::string uri = relative.empty() ? full : kRelativeTo + relative;
  if ((!relative.empty() && relative.front() != '/') || !is_allowed_container_uri(uri)) {
    return then(Error(
        Code::kUnauthenticated,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that credentials must not be asked from; it must be "
        "https, this machine, 169.254.170.2, 169.254.170.23 or fd00:ec2::23."));
  }
  HttpRequest request;
  request.set_method("GET");
  request.set_url(uri);
  request.set_allow_plain(true);
  request.set_max_reply_bytes(kMaxReplyBytes);
  std::string authorization = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string path = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !path.empty()) {
    auto text = read_small_file(path);
    if (!text.ok()) return then(text.error());
    if (!text->has_value()) {
      return then(Error(Code::kUnauthenticated,
                        "The file " + path + " of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not there."));
    }
    authorization = **text;
    while (authorization.ends_with('\n') || authorization.ends_with('\r')) authorization.pop_back();
  }
  if (!authorization.empty()) {
    auto* header = request.add_headers();
    header->set_name("Authorization");
    header->set_value(authorization);
  }
  http_.request(request, kTimeout, [this, then = std::move(then)](Result<HttpReply> reply) {
    if (!reply.ok()) {
      return then(Error(Code::kUnavailable,
                        "The container's endpoint for credentials did not answer; look at the agent.",
                        reply.error().message()));
    }
    if (reply->status() != 200) {
      return then(Error(reply->status() >= 500 ? Code::kUnavailable : Code::kUnauthenticated,
                        "The container's endpoint for credentials answered HTTP " +
                            std::to_string(reply->status()) + "; look at the task's or pod's role."));
    }
    auto found = credentials_in_json(reply->body(), name());
    if (!found.ok()) return then(found.error());
    then(Found{std::move(*found), {}});
  });
}

}  // namespace paynamed::route53
