#include "tests/unit/delivery/fake_notifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

namespace paynamed::delivery {

using plugin::v1::DeliverReply;

Reply delivered() {
  DeliverReply reply;
  reply.set_outcome(DeliverReply::DELIVERED);
  reply.set_status(204);
  return reply;
}

Reply refused(const std::string& reason) {
  DeliverReply reply;
  reply.set_outcome(DeliverReply::RETRY);
  reply.set_status(500);
  reply.set_reason(reason);
  reply.set_answer("oops");
  return reply;
}

Reply throttled(std::uint32_t retry_after_ms) {
  DeliverReply reply;
  reply.set_outcome(DeliverReply::RETRY);
  reply.set_status(429);
  reply.set_reason("the receiver is asked too often");
  reply.set_throttled(true);
  reply.set_retry_after_ms(retry_after_ms);
  return reply;
}

Reply gone() {
  DeliverReply reply;
  reply.set_outcome(DeliverReply::GONE);
  reply.set_status(410);
  reply.set_reason("the receiver is gone");
  return reply;
}

Reply failure(base::Status status) {
  return base::fail(std::move(status));
}

boost::asio::awaitable<Reply> FakeNotifier::deliver(std::string instance,
                                                    plugin::v1::DeliverRequest request) {
  EXPECT_EQ(instance, "hooks");
  EXPECT_GE(request.attempt(), 1U);
  const auto body = boost::json::parse(request.event());
  EXPECT_EQ(body.at("id").as_string(), request.event_id());
  EXPECT_EQ(body.at("type").as_string(), request.type());
  const std::string address = request.target().address();
  Attempt attempt{address, request.event_id(), request.type(), request.attempt(), clock_.wall(), {}};
  for (const auto& key : request.target().keys()) attempt.keys.push_back(key.handle());
  attempts.push_back(std::move(attempt));
  most_at_once[address] = std::max(most_at_once[address], ++under_way_[address]);
  while (hangs.contains(address)) {
    const auto seen = released_.count();
    co_await released_.wait(seen, base::Duration{3'600'000});
  }
  --under_way_[address];
  const auto answer = answers.find(address);
  Reply reply = answer == answers.end() ? delivered() : answer->second(request);
  if (reply && reply->outcome() == DeliverReply::DELIVERED) taken_.emplace_back(address, request.event_id());
  co_return reply;
}

std::vector<FakeNotifier::Attempt> FakeNotifier::at(const std::string& address) const {
  std::vector<Attempt> some;
  std::ranges::copy_if(attempts, std::back_inserter(some),
                       [&](const Attempt& each) { return each.address == address; });
  return some;
}

std::vector<std::string> FakeNotifier::taken(const std::string& address) const {
  std::vector<std::string> ids;
  for (const auto& [to, id] : taken_) {
    if (to == address) ids.push_back(id);
  }
  return ids;
}

}  // namespace paynamed::delivery
