#include "delivery/judgement.hpp"

#include <array>

#include "host/text.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {
namespace {

using plugin::v1::DeliverReply;

constexpr std::array<std::string_view, 6> kKinds{"delivered", "failed",      "refused",
                                                 "gone",      "not_counted", "not_begun"};

Verdict::Kind kind_of(const DeliverReply& reply) {
  switch (reply.outcome()) {
    case DeliverReply::DELIVERED:
      return Verdict::Kind::kDelivered;
    case DeliverReply::GONE:
      return Verdict::Kind::kGone;
    default:
      return Verdict::Kind::kFailed;
  }
}

Verdict::Kind kind_of(const base::Status& status) {
  if (status.deferred()) return Verdict::Kind::kNotBegun;
  switch (status.code()) {
    case base::Code::kInvalidArgument:
    case base::Code::kPermissionDenied:
      return Verdict::Kind::kHopeless;
    // The plugin is not as the daemon needs it.
    case base::Code::kUnauthenticated:
    case base::Code::kFailedPrecondition:
    case base::Code::kUnimplemented:
      return Verdict::Kind::kNotCounted;
    case base::Code::kResourceExhausted:
    case base::Code::kCancelled:
      return Verdict::Kind::kNotBegun;
    default:
      return Verdict::Kind::kFailed;
  }
}

Verdict of_reply(const DeliverReply& reply) {
  Verdict verdict;
  verdict.kind = kind_of(reply);
  verdict.status = reply.status();
  verdict.answer = reply.answer().substr(0, state::kMaxAnswerBytes);
  if (verdict.kind == Verdict::Kind::kDelivered) return verdict;
  verdict.reason = host::printable(reply.reason(), state::kMaxReasonBytes);
  if (verdict.reason.empty()) verdict.reason = "the receiver did not take it and the plugin does not say why";
  verdict.wish = {base::Duration{reply.retry_after_ms()}, reply.throttled()};
  return verdict;
}

}  // namespace

Verdict judge(const base::Result<DeliverReply>& reply) {
  if (reply) return of_reply(*reply);
  Verdict verdict;
  verdict.kind = kind_of(reply.error());
  verdict.reason = host::printable(reply.error().message(), state::kMaxReasonBytes);
  verdict.wish.retry_after = base::Duration{reply.error().retry_after_ms()};
  return verdict;
}

std::string_view to_string(Verdict::Kind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

}  // namespace paynamed::delivery
