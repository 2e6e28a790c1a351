#include "target_check.hpp"

#include "handshake.hpp"
#include "requests.hpp"

namespace paynamed::webhook {
namespace {

using plugin::v1::CheckTargetReply;

constexpr std::size_t kMostAddressBytes = 2048;

}  // namespace

TargetCheck::TargetCheck(const Settings& settings, Host host, OpenWork::Part work,
                         Reply<CheckTargetReply> reply)
    : settings_(settings),
      host_(host),
      work_(std::move(work)),
      http_(std::move(host)),
      reply_(std::move(reply)) {}

void TargetCheck::begin(const std::string& address) {
  if (address.size() > kMostAddressBytes) {
    return reply_.fail(Code::kInvalidArgument, "The URL is longer than 2,048 bytes.");
  }
  http_.check(request_to(settings_, "POST", address), [self = shared_from_this()](
                                                          const Result<HttpCheckReply>& checked) {
    if (checked.ok()) return self->take_url(checked->url());
    const Error& error = checked.error();
    const bool denied = error.code() == Code::kPermissionDenied;
    self->reply_.fail(denied ? Code::kInvalidArgument : error.code(), error.message(), error.detail());
  });
}

void TargetCheck::take_url(const std::string& url) {
  checked_.set_address(url);
  if (url.starts_with("http://")) {
    checked_.set_warning("The URL is http://, so everybody on the way can read the events.");
  }
  if (settings_.handshake.empty()) return reply_.ok(checked_);
  read_authorities();
}

void TargetCheck::read_authorities() {
  if (!settings_.ca) return shake_hands({});
  settings_.ca->read([self = shared_from_this()](const Result<SecretValue>& pem) {
    if (!pem.ok()) return self->reply_.fail(pem.error());
    self->shake_hands(std::string(pem->reveal()));
  });
}

void TargetCheck::shake_hands(std::string trust_pem) {
  HttpRequest request = handshake_request(settings_, checked_.address());
  request.set_trust_pem(std::move(trust_pem));
  const auto time = time_for(settings_, host_, reply_.call());
  http_.request(std::move(request), reply_.call(), time,
                [self = shared_from_this()](const Result<HttpReply>& answer) { self->finish(answer); });
}

void TargetCheck::finish(const Result<HttpReply>& answer) {
  if (!answer.ok()) {
    const bool denied = answer.code() == Code::kPermissionDenied;
    return reply_.fail(
        denied ? Code::kInvalidArgument : Code::kUnavailable,
        "The receiver could not be asked whether it wants the events: " + answer.error().message() + ".",
        answer.error().detail());
  }
  const auto rate = read_handshake(*answer, settings_.handshake);
  if (!rate.ok()) return reply_.fail(rate.error());
  if (!rate->empty()) {
    checked_.set_warning(checked_.warning() + (checked_.warning().empty() ? "" : " ") + *rate);
  }
  reply_.ok(checked_);
}

}  // namespace paynamed::webhook
