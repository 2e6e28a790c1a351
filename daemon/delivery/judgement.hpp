// What an attempt came to: the answer of a Notifier, or the failure of its call, as a verdict
// (proto/paynamed/plugin/v1/notifier.proto).
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "delivery/schedule.hpp"
#include "paynamed/plugin/v1/notifier.pb.h"

namespace paynamed::delivery {

struct Verdict {
  enum class Kind {
    kDelivered,
    kFailed,      // tried again as the schedule says
    kHopeless,    // never works like this: a dead letter at once
    kGone,        // the receiver wants nothing any more
    kNotCounted,  // an operator has to mend something: no attempt of the delivery's
    kNotBegun,    // nothing was tried, as for want of a place: no attempt of it either
  };
  Kind kind = Kind::kFailed;
  std::uint32_t status = 0;  // the receiver's
  std::string reason;        // a sentence; empty when delivered
  std::string answer;
  Wish wish;
};

// Everything in it is bounded.
Verdict judge(const base::Result<plugin::v1::DeliverReply>& reply);

// "delivered", "failed", "refused", "gone", "not_counted", "not_begun": for metrics.
std::string_view to_string(Verdict::Kind kind);

}  // namespace paynamed::delivery
