#include "answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace paynamed::webhook {
namespace {

using plugin::v1::DeliverReply;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr Time kNow{milliseconds{784'111'777'000}};  // Sun, 06 Nov 1994 08:49:37 GMT

HttpReply answer(unsigned status, const std::string& retry_after = {}) {
  HttpReply reply;
  reply.set_status(status);
  reply.set_body("said");
  if (!retry_after.empty()) {
    auto& header = *reply.add_headers();
    header.set_name("retry-after");
    header.set_value(retry_after);
  }
  return reply;
}

TEST(Answer, TheStatusDecides) {
  struct Case {
    unsigned status;
    DeliverReply::Outcome outcome;
    bool throttled;
  };
  for (const Case& each :
       std::vector<Case>{{200, DeliverReply::DELIVERED, false}, {201, DeliverReply::DELIVERED, false},
                         {204, DeliverReply::DELIVERED, false}, {299, DeliverReply::DELIVERED, false},
                         {101, DeliverReply::RETRY, false},     {301, DeliverReply::RETRY, false},
                         {302, DeliverReply::RETRY, false},     {304, DeliverReply::RETRY, false},
                         {307, DeliverReply::RETRY, false},     {308, DeliverReply::RETRY, false},
                         {400, DeliverReply::RETRY, false},     {401, DeliverReply::RETRY, false},
                         {404, DeliverReply::RETRY, false},     {408, DeliverReply::RETRY, false},
                         {410, DeliverReply::GONE, false},      {413, DeliverReply::RETRY, false},
                         {429, DeliverReply::RETRY, true},      {500, DeliverReply::RETRY, false},
                         {501, DeliverReply::GONE, false},      {502, DeliverReply::RETRY, true},
                         {503, DeliverReply::RETRY, true},      {504, DeliverReply::RETRY, true},
                         {505, DeliverReply::RETRY, false},     {599, DeliverReply::RETRY, false},
                         {600, DeliverReply::RETRY, false},     {999, DeliverReply::RETRY, false}}) {
    SCOPED_TRACE(each.status);
    const auto reply = judge(answer(each.status, "120"), kNow);
    EXPECT_EQ(reply.outcome(), each.outcome);
    EXPECT_EQ(reply.throttled(), each.throttled);
    EXPECT_EQ(reply.status(), each.status);
    EXPECT_EQ(reply.answer(), "said");
    EXPECT_EQ(reply.reason().empty(), each.outcome == DeliverReply::DELIVERED);
    EXPECT_EQ(reply.retry_after_ms(), each.outcome == DeliverReply::RETRY ? 120'000U : 0U);
  }
}

TEST(Answer, ARedirectSaysWhatToDo) {
  EXPECT_THAT(judge(answer(301), kNow).reason(), HasSubstr("redirects are not followed"));
}

TEST(Answer, OnlyTheBeginningIsKept) {
  HttpReply long_one = answer(500);
  long_one.set_body(std::string(30'000, 'x'));
  EXPECT_EQ(judge(long_one, kNow).answer().size(), 20'000U);
}

TEST(RetryAfter, IsSecondsOrADate) {
  struct Case {
    std::string value;
    std::optional<std::int64_t> seconds;
  };
  constexpr std::int64_t kMost = 40 * 86'400;
  for (const Case& each : std::vector<Case>{{"0", 0},
                                            {"1", 1},
                                            {"120", 120},
                                            {"99999999999", kMost},
                                            {"99999999999999999999999999", kMost},
                                            {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
                                            {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
                                            {"Sun Nov  6 08:50:37 1994", 60},
                                            {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
                                            {"Sat, 05 Nov 1994 08:49:37 GMT", 0},
                                            {"Fri, 06 Nov 2099 08:49:37 GMT", kMost},
                                            {"", {}},
                                            {"-1", {}},
                                            {"1.5", {}},
                                            {"12 ", {}},
                                            {"120, 120", {}},
                                            {"soon", {}},
                                            {"Sun, 06 Nov 1994 08:50:37 GMT and more", {}},
                                            {"Sun, 06 Nov 1994", {}}}) {
    const auto wish = retry_after(each.value, kNow);
    ASSERT_EQ(wish.has_value(), each.seconds.has_value()) << each.value;
    if (!wish) continue;
    EXPECT_EQ(wish->count(), *each.seconds * 1000) << each.value;
  }
}

TEST(Answer, WithoutOneTheErrorSaysWhoWasReached) {
  struct Case {
    Code from;
    std::optional<Code> to;  // none: a reply
  };
  for (const Case& each : std::vector<Case>{{Code::kUnavailable, Code::kUnavailable},
                                            {Code::kUnknown, Code::kUnknown},
                                            {Code::kDeadlineExceeded, Code::kDeadlineExceeded},
                                            {Code::kUnauthenticated, Code::kUnavailable},
                                            {Code::kUnimplemented, Code::kFailedPrecondition},
                                            {Code::kDataLoss, std::nullopt},
                                            {Code::kOutOfRange, std::nullopt}}) {
    const auto judged = judge(Error(each.from, "so it was"));
    ASSERT_EQ(judged.ok(), !each.to.has_value());
    if (each.to) {
      EXPECT_EQ(judged.code(), *each.to);
    } else {
      EXPECT_EQ(judged->outcome(), DeliverReply::RETRY);
      EXPECT_EQ(judged->status(), 0U);
      EXPECT_THAT(judged->reason(), HasSubstr("so it was"));
    }
  }
}

TEST(Answer, WhatIsWrongWithTheUrlAloneIsForEver) {
  const Error refused(Code::kPermissionDenied, "so it was");
  const Error unsendable(Code::kInvalidArgument, "so it was");
  HttpCheckReply fine;
  fine.set_url("https://hook.example/");
  const auto again = judge_refusal(refused, fine);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->outcome(), DeliverReply::RETRY);
  EXPECT_EQ(judge_refusal(unsendable, fine).code(), Code::kFailedPrecondition);
  for (const Code code : {Code::kPermissionDenied, Code::kInvalidArgument, Code::kUnavailable}) {
    EXPECT_EQ(judge_refusal(refused, Error(code, "of the URL")).code(), code);
    EXPECT_EQ(judge_refusal(unsendable, Error(code, "of the URL")).error().message(), "of the URL");
  }
}

}  // namespace
}  // namespace paynamed::webhook
