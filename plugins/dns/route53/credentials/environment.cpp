#include "environment.hpp"

namespace paynamed::route53 {

void EnvironmentKeys::find(std::function<void(Result<Found>)> then) {
  Credentials found;
  found.access_key_id = environment_("AWS_ACCESS_KEY_ID");
  found.secret_access_key = secret_of(environment_("AWS_SECRET_ACCESS_KEY"));
  found.session_token = secret_of(environment_("AWS_SESSION_TOKEN"));
  if (found.access_key_id.empty() && found.secret_access_key == nullptr) {
    return then(Found{std::nullopt, "AWS_ACCESS_KEY_ID is not set"});
  }
  if (found.access_key_id.empty() || found.secret_access_key == nullptr) {
    return then(Error(Code::kUnauthenticated,
                      "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set; set both, or none."));
  }
  then(Found{std::move(found), {}});
}

}  // namespace paynamed::route53
