// What an attempt came to.
#include "delivery/judgement.hpp"

#include <gtest/gtest.h>

#include "tests/unit/delivery/fake_notifier.hpp"

namespace paynamed::delivery {
namespace {

using Kind = Verdict::Kind;

TEST(Judgement, OfAReply) {
  EXPECT_EQ(judge(delivered()).kind, Kind::kDelivered);
  EXPECT_EQ(judge(delivered()).status, 204U);
  EXPECT_EQ(judge(gone()).kind, Kind::kGone);
  const Verdict failed = judge(refused());
  EXPECT_EQ(failed.kind, Kind::kFailed);
  EXPECT_EQ(failed.reason, "the receiver answered 500");
  EXPECT_EQ(failed.answer, "oops");
  const Verdict slow = judge(throttled(7'000));
  EXPECT_EQ(slow.kind, Kind::kFailed);
  EXPECT_TRUE(slow.wish.throttled);
  EXPECT_EQ(slow.wish.retry_after, base::Duration{7'000});
}

TEST(Judgement, AnOutcomeThatIsNotKnownIsAFailure) {
  plugin::v1::DeliverReply reply;
  EXPECT_EQ(judge(reply).kind, Kind::kFailed);
  EXPECT_FALSE(judge(reply).reason.empty());
}

TEST(Judgement, OfAStatus) {
  struct Case {
    base::Code code;
    Kind kind;
  };
  for (const Case& each : {
           Case{base::Code::kUnavailable, Kind::kFailed},
           Case{base::Code::kDeadlineExceeded, Kind::kFailed},
           Case{base::Code::kUnknown, Kind::kFailed},
           Case{base::Code::kInternal, Kind::kFailed},
           Case{base::Code::kInvalidArgument, Kind::kHopeless},
           Case{base::Code::kPermissionDenied, Kind::kHopeless},
           Case{base::Code::kUnauthenticated, Kind::kNotCounted},
           Case{base::Code::kFailedPrecondition, Kind::kNotCounted},
           Case{base::Code::kUnimplemented, Kind::kNotCounted},
           Case{base::Code::kResourceExhausted, Kind::kNotBegun},
           Case{base::Code::kCancelled, Kind::kNotBegun},
       }) {
    EXPECT_EQ(judge(failure({each.code, "why"})).kind, each.kind) << base::to_string(each.code);
    EXPECT_EQ(judge(failure({each.code, "why"})).reason, "why");
  }
  EXPECT_EQ(judge(failure(base::unavailable("not now").with_deferral("hooks"))).kind, Kind::kNotBegun);
}

TEST(Judgement, NothingIsUnbounded) {
  plugin::v1::DeliverReply reply;
  reply.set_reason(std::string(5'000, 'r'));
  reply.set_answer(std::string(50'000, 'a'));
  EXPECT_EQ(judge(reply).reason.size(), 1'000U);
  EXPECT_EQ(judge(reply).answer.size(), 20'000U);
}

TEST(Judgement, AReasonIsText) {
  plugin::v1::DeliverReply reply;
  reply.set_reason(std::string(999, 'r') + "\u00e9");
  EXPECT_EQ(judge(reply).reason, std::string(999, 'r'));
  reply.set_reason("a\xff\nb");
  EXPECT_EQ(judge(reply).reason, "a? b");
  EXPECT_EQ(judge(failure(base::unavailable(std::string(999, 'r') + "\u00e9"))).reason,
            std::string(999, 'r'));
}

}  // namespace
}  // namespace paynamed::delivery
