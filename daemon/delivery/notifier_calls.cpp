#include "delivery/notifier_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "delivery/webhook_rules.hpp"
#include "host/text.hpp"
#include "paynamed/plugin/v1/notifier.pb.h"

namespace paynamed::delivery {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using base::Result;
using pipeline::PluginCall;

namespace {

constexpr base::Duration kQuestion{15'000};
constexpr base::Duration kLongestAttempt{60'000};
// The plugin ends an attempt itself, and says more of it than that it was late.
constexpr base::Duration kMargin{5'000};
constexpr std::size_t kMostSentence = 500;

constexpr std::array<std::string_view, 5> kOutcomes{"delivered", "retry", "gone", "refused", "not_called"};

PluginCall call_of(std::string instance, std::string method, std::string request, base::Duration timeout) {
  PluginCall call;
  call.instance = std::move(instance);
  call.method = std::move(method);
  call.request = std::move(request);
  call.timeout = timeout;
  // About one of many receivers: what it does says nothing about the instance.
  call.beside_breaker = true;
  return call;
}

// The plugin's own words may be about the operator's machine, or quote an address.
base::Status not_asked(const std::string& instance) {
  return base::unavailable(
      fmt::format("the notifier '{}' could not be asked now; nothing was changed, try again", instance));
}

v1::SigningKey::Kind kind_of(state::WebhookSecret::Kind kind) {
  return kind == state::WebhookSecret::Kind::kEd25519 ? v1::SigningKey::ED25519 : v1::SigningKey::HMAC_SHA256;
}

v1::DeliverRequest request_of(const AttemptWish& wish, base::WallTime now) {
  v1::DeliverRequest request;
  v1::NotifierTarget& target = *request.mutable_target();
  target.set_id(wish.webhook.id.to_string());
  target.set_address(wish.webhook.settings.address);
  for (const state::WebhookSecret& secret : counting_secrets(wish.webhook, now)) {
    v1::SigningKey& key = *target.add_keys();
    key.set_kind(kind_of(secret.kind));
    key.set_handle(state::secret_handle(wish.webhook, secret.name));
  }
  request.set_event_id(wish.event.to_string());
  request.set_type(wish.type);
  request.set_event(wish.text);
  request.set_attempt(1);
  return request;
}

void take(Attempt& attempt, const v1::DeliverReply& reply) {
  switch (reply.outcome()) {
    case v1::DeliverReply::DELIVERED:
      attempt.outcome = Attempt::Outcome::kDelivered;
      break;
    case v1::DeliverReply::GONE:
      attempt.outcome = Attempt::Outcome::kGone;
      break;
    default:
      attempt.outcome = Attempt::Outcome::kRetry;
      break;
  }
  attempt.status = reply.status();
  attempt.reason = host::printable(reply.reason(), kMostSentence);
  attempt.answer = reply.answer().substr(0, state::kMaxAnswerBytes);
  attempt.retry_after = base::Duration{reply.retry_after_ms()};
}

void take(Attempt& attempt, const std::string& instance, const base::Status& status) {
  attempt.reason = host::printable(status.message(), kMostSentence);
  const Code code = status.code();
  if (code == Code::kInvalidArgument || code == Code::kPermissionDenied) {
    attempt.outcome = Attempt::Outcome::kRefused;
  } else if (status.deferred() || code == Code::kUnauthenticated || code == Code::kFailedPrecondition ||
             code == Code::kNotFound || code == Code::kUnimplemented) {
    attempt.outcome = Attempt::Outcome::kNotCalled;
    // What the plugin says then is for the operator.
    attempt.reason = fmt::format(
        "The notifier '{}' does not work at the moment; GET /v1/plugins and the log tell the operator why.",
        instance);
  }
}

}  // namespace

std::string_view to_string(Attempt::Outcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

std::vector<state::WebhookSecret> counting_secrets(const state::WebhookRow& webhook, base::WallTime now) {
  std::vector<state::WebhookSecret> counting;
  for (const state::WebhookSecret& secret : webhook.secrets) {
    if (!secret.until || *secret.until > now) counting.push_back(secret);
  }
  return counting;
}

asio::awaitable<Result<NotifierTraits>> describe_notifier(const CallPlugin& call_plugin,
                                                          std::string instance) {
  PluginCall call = call_of(instance, "Describe", {}, kQuestion);
  const auto answer = co_await call_plugin(std::move(call));
  v1::DescribeNotifierReply reply;
  if (!answer.reply || !reply.ParseFromString(*answer.reply)) co_return base::fail(not_asked(instance));
  NotifierTraits traits;
  traits.signs = reply.signs();
  traits.signs_ed25519 = reply.signs_ed25519();
  if (reply.timeout_ms() != 0) traits.timeout = base::Duration{reply.timeout_ms()};
  traits.timeout = std::min(traits.timeout, kLongestAttempt);
  co_return traits;
}

asio::awaitable<Result<CheckedAddress>> check_address(const CallPlugin& call_plugin, std::string instance,
                                                      std::string address) {
  v1::CheckTargetRequest request;
  request.set_address(address);
  PluginCall call = call_of(instance, "CheckTarget", request.SerializeAsString(), kQuestion);
  const auto answer = co_await call_plugin(std::move(call));
  if (!answer.reply) {
    const Code code = answer.reply.error().code();
    const std::string sentence = host::printable(answer.reply.error().message(), kMostSentence);
    if (code == Code::kInvalidArgument) co_return base::fail(base::invalid_argument(sentence));
    if (code == Code::kPermissionDenied) co_return base::fail(base::permission_denied(sentence));
    co_return base::fail(not_asked(instance));
  }
  v1::CheckTargetReply reply;
  const bool is_read = reply.ParseFromString(*answer.reply) && !reply.address().empty() &&
                       reply.address().size() <= kMostAddressBytes;
  if (!is_read) co_return base::fail(not_asked(instance));
  co_return CheckedAddress{reply.address(), host::printable(reply.warning(), kMostSentence)};
}

asio::awaitable<Attempt> attempt_once(const CallPlugin& call_plugin, base::Clock& clock, AttemptWish wish) {
  PluginCall call = call_of(wish.webhook.instance, "Deliver",
                            request_of(wish, clock.wall()).SerializeAsString(), wish.timeout + kMargin);
  const base::MonotonicTime begun = clock.monotonic();
  const auto answer = co_await call_plugin(std::move(call));
  Attempt attempt;
  attempt.latency = std::chrono::duration_cast<base::Duration>(clock.monotonic() - begun);
  v1::DeliverReply reply;
  if (!answer.reply) {
    take(attempt, wish.webhook.instance, answer.reply.error());
  } else if (reply.ParseFromString(*answer.reply)) {
    take(attempt, reply);
  } else {
    attempt.reason = "The notifier answered with bytes that are no such reply.";
  }
  if (attempt.outcome != Attempt::Outcome::kDelivered && attempt.reason.empty())
    attempt.reason = "The receiver did not take it.";
  co_return attempt;
}

}  // namespace paynamed::delivery
