// What anybody may know of nodes whose payments cannot be read.
#include "process/payment_parts.hpp"

#include <gmock/gmock.h>

namespace paynamed::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using State = payments::WatchStatus::State;

payments::WatchStatus status(const std::string& instance, const std::string& reference, State state) {
  payments::WatchStatus status;
  status.node = {instance, reference, {}};
  status.state = state;
  status.problem = "The file /etc/paynamed/node.rune cannot be read.";
  return status;
}

TEST(FailingPayments, AreCountedByInstanceAndNotExplained) {
  const auto parts = failing_payments({status("cln", "", State::kFailing),
                                       status("cln", "https://node7.example.com:3010", State::kFailing),
                                       status("cln", "https://node8.example.com:3010", State::kWaiting),
                                       status("other", "", State::kWaiting)});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].name, "payments cln");
  EXPECT_FALSE(parts[0].ready);
  EXPECT_THAT(parts[0].message, HasSubstr("2 of its nodes"));
  EXPECT_THAT(parts[0].message, Not(HasSubstr("/etc")));
  EXPECT_THAT(parts[0].message, Not(HasSubstr("node7")));
}

}  // namespace
}  // namespace paynamed::process
