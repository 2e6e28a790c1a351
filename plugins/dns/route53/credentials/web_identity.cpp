#include "web_identity.hpp"

#include "../sigv4.hpp"
#include "../xml.hpp"

namespace paynamed::route53 {
namespace {

constexpr std::chrono::milliseconds kTimeout{5'000};
constexpr std::uint32_t kMaxReplyBytes = 64 * 1024;

Error refused(const HttpReply& reply) {
  std::string code;
  if (const auto xml = read_xml(reply.body()); xml.ok()) {
    if (const Element* error = xml->child("Error")) code = error->text_of("Code").substr(0, 60);
  }
  // IDPCommunicationError and the like pass by themselves.
  const bool passes = reply.status() >= 500 || code == "IDPCommunicationError" || code == "Throttling";
  return Error(passes ? Code::kUnavailable : Code::kUnauthenticated,
               "STS does not give credentials for the web identity token (HTTP " +
                   std::to_string(reply.status()) + " " + code +
                   "); check AWS_ROLE_ARN, the role's trust policy and the token's file.");
}

Result<Found> credentials_of(const HttpReply& reply) {
  if (reply.status() != 200) return refused(reply);
  const auto xml = read_xml(reply.body());
  const Element* result = xml.ok() ? xml->child("AssumeRoleWithWebIdentityResult") : nullptr;
  const Element* element = result == nullptr ? nullptr : result->child("Credentials");
  Credentials found;
  if (element != nullptr) {
    found.access_key_id = element->text_of("AccessKeyId");
    found.secret_access_key = secret_of(element->text_of("SecretAccessKey"));
    found.session_token = secret_of(element->text_of("SessionToken"));
    found.expires = time_of(element->text_of("Expiration"));
  }
  if (found.access_key_id.empty() || !found.secret_access_key || !found.session_token || !found.expires) {
    return Error(Code::kUnavailable,
                 "The answer of STS has no credentials; look whether a proxy stands between.");
  }
  return Found{std::move(found), {}};
}

}  // namespace

void WebIdentity::find(std::function<void(Result<Found>)> then) {
  const std::string path = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
  const std::string role = environment_("AWS_ROLE_ARN");
  if (path.empty()) return then(Found{std::nullopt, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"});
  if (role.empty()) {
    return then(Error(Code::kUnauthenticated,
                      "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not; set both, or none."));
  }
  auto token = read_small_file(path);
  if (!token.ok()) return then(token.error());
  if (!token->has_value()) {
    return then(
        Error(Code::kUnauthenticated, "The file " + path + " of AWS_WEB_IDENTITY_TOKEN_FILE is not there."));
  }
  std::string text = **token;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  std::string session = environment_("AWS_ROLE_SESSION_NAME");
  if (session.empty()) session = "paynamed";

  HttpRequest request;
  request.set_method("POST");
  request.set_url(endpoint_ + "/");
  request.set_allow_plain(true);
  request.set_repeatable(true);
  request.set_max_reply_bytes(kMaxReplyBytes);
  auto* header = request.add_headers();
  header->set_name("Content-Type");
  header->set_value("application/x-www-form-urlencoded");
  request.set_body("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encoded(role) +
                   "&RoleSessionName=" + percent_encoded(session) +
                   "&WebIdentityToken=" + percent_encoded(text));
  http_.request(request, kTimeout, [then = std::move(then)](Result<HttpReply> reply) {
    if (!reply.ok()) {
      return then(Error(Code::kUnavailable, "STS did not answer when credentials were asked for.",
                        reply.error().message()));
    }
    then(credentials_of(*reply));
  });
}

}  // namespace paynamed::route53
