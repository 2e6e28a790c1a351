#include "attempt.hpp"

#include <algorithm>

#include "answer.hpp"
#include "requests.hpp"
#include "signing.hpp"

namespace paynamed::webhook {
namespace {

using plugin::v1::DeliverReply;
using plugin::v1::SigningKey;

// It stands between dots in what is signed, so it has none itself.
bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Whyever a secret cannot be read: that is no attempt, and the receiver's address is as good as before.
Error unreadable(const Error& error) {
  const bool says_it = error.code() == Code::kUnauthenticated || error.code() == Code::kCancelled ||
                       error.code() == Code::kResourceExhausted;
  return says_it ? error : Error(Code::kFailedPrecondition, error.message(), error.detail());
}

}  // namespace

Attempt::Attempt(const Settings& settings, Host host, OpenWork::Part work, plugin::v1::DeliverRequest request,
                 Reply<DeliverReply> reply)
    : settings_(settings),
      host_(std::move(host)),
      work_(std::move(work)),
      request_(std::move(request)),
      reply_(std::move(reply)) {}

void Attempt::begin() {
  if (!is_id(request_.event_id())) {
    return reply_.fail(Code::kInvalidArgument, "The event's id is not letters, digits and hyphens alone.");
  }
  timestamp_ = std::chrono::floor<std::chrono::seconds>(host_.wall()).time_since_epoch().count();
  text_ = signed_text(request_.event_id(), timestamp_, request_.event());
  sign_with_next();
}

void Attempt::sign_with_next() {
  if (next_key_ == request_.target().keys_size()) {
    if (hmacs_.empty()) {
      return reply_.fail(Code::kFailedPrecondition,
                         "The webhook has no secret to sign with; rotate it, and it gets one.");
    }
    return read_authorities();
  }
  const SigningKey& key = request_.target().keys(next_key_++);
  const Secret secret(host_, key.handle());
  secret.read([self = shared_from_this(), &key](const Result<SecretValue>& value) {
    if (!value.ok()) return self->reply_.fail(unreadable(value.error()));
    try {
      self->sign_with(key, *value);
    } catch (const Error& error) {
      return self->reply_.fail(error);
    }
    self->sign_with_next();
  });
}

void Attempt::sign_with(const SigningKey& key, const SecretValue& secret) {
  switch (key.kind()) {
    case SigningKey::HMAC_SHA256:
      hmacs_.push_back(sign_hmac(secret.reveal(), text_));
      return;
    case SigningKey::ED25519:
      ed25519s_.push_back(sign_ed25519(secret.reveal(), text_));
      return;
    default:
      throw Error(Code::kFailedPrecondition,
                  "A key of the webhook is of a kind that this plugin does not know; install a newer one.");
  }
}

void Attempt::read_authorities() {
  if (!settings_.ca) return send({});
  settings_.ca->read([self = shared_from_this()](const Result<SecretValue>& pem) {
    if (!pem.ok()) return self->reply_.fail(unreadable(pem.error()));
    self->send(std::string(pem->reveal()));
  });
}

bool Attempt::is_over() const {
  const Call& call = reply_.call();
  return work_->ended || call.cancelled() || host_.remaining(call, settings_.timeout).count() == 0;
}

void Attempt::send(std::string trust_pem) {
  if (is_over()) {
    return reply_.fail(Code::kUnavailable,
                       "The event was not sent, because the instance stops or the time for it is over.");
  }
  HttpRequest request = request_to(settings_, "POST", request_.target().address());
  request.set_body(request_.event());
  request.set_trust_pem(std::move(trust_pem));
  request.set_repeatable(true);  // the receiver knows the id
  request.set_lane(request_.target().id());
  add_header(request, "Content-Type", settings_.content_type);
  add_header(request, "webhook-id", request_.event_id());
  add_header(request, "webhook-timestamp", std::to_string(timestamp_));
  std::string signatures;
  hmacs_.insert(hmacs_.end(), ed25519s_.begin(), ed25519s_.end());
  for (const auto& each : hmacs_) signatures += (signatures.empty() ? "" : " ") + each;
  add_header(request, "webhook-signature", std::move(signatures));
  const Http http(host_);
  const auto time = time_for(settings_, host_, reply_.call());
  http.request(std::move(request), reply_.call(), time,
               [self = shared_from_this()](const Result<HttpReply>& answer) { self->finish(answer); });
}

void Attempt::finish(const Result<HttpReply>& answer) {
  if (answer.ok()) return reply_.ok(judge(*answer, host_.wall()));
  const Code code = answer.code();
  if (code == Code::kInvalidArgument || code == Code::kPermissionDenied) return explain(answer.error());
  reply_.finish(judge(answer.error()));
}

void Attempt::explain(const Error& refusal) {
  const Http http(host_);
  http.check(request_to(settings_, "POST", request_.target().address()),
             [self = shared_from_this(), refusal](const Result<HttpCheckReply>& checked) {
               self->reply_.finish(judge_refusal(refusal, checked));
             });
}

}  // namespace paynamed::webhook
