#include "tests/unit/payments/fake_backend.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::payments {
namespace asio = boost::asio;
using base::Result;

asio::awaitable<pipeline::PluginAnswer> FakeBackend::call(pipeline::PluginCall call) {
  methods.push_back(call.method);
  if (call.method == "Describe") {
    pipeline::PluginAnswer described{description.SerializeAsString(), false};
    co_return described;
  }
  v1::WatchPaymentsRequest request;
  if (call.method != "WatchPayments" || !request.ParseFromString(call.request)) {
    pipeline::PluginAnswer none{base::fail(base::unimplemented("no such method: " + call.method)), false};
    co_return none;
  }
  auto reply = co_await watch(std::move(request));
  pipeline::PluginAnswer watched{std::move(reply), false};
  co_return watched;
}

v1::Payment& FakeBackend::add(const std::string& key, std::uint64_t msat) {
  v1::Payment& payment = payments.emplace_back();
  payment.set_pay_key(key);
  payment.set_payment_hash(std::string(64, 'c'));
  payment.set_received_msat(msat);
  payment.set_paid_at(1'700'000'100);
  changed_.notify();
  return payment;
}

asio::awaitable<Result<std::string>> FakeBackend::watch(v1::WatchPaymentsRequest request) {
  polls.push_back(request);
  if (failing_polls.contains(polls.size())) co_return base::fail(base::unavailable("the node is away"));
  if (!failures.empty() && (!request.cursor().empty() || request.max() != 1)) {
    base::Status status = failures.front();
    failures.pop_front();
    co_return base::fail(std::move(status));
  }
  auto reply = answer(request);
  if (reply && reply->payments().empty() && request.wait_ms() > 0 && waits) {
    ++waiting;
    // Not told of a cancellation, as most of what waits is not: the time passes, or something comes.
    const auto seen = changed_.count();
    co_await changed_.wait(seen, base::Duration{request.wait_ms()});
    --waiting;
    reply = answer(request);
  }
  if (!reply) co_return base::fail(reply.error());
  if (lie) lie(request, *reply);
  co_return reply->SerializeAsString();
}

Result<v1::WatchPaymentsReply> FakeBackend::answer(const v1::WatchPaymentsRequest& request) const {
  std::size_t from = 0;
  if (!request.cursor().empty()) {
    if (cursor_prefix == "?") return base::fail(base::invalid_argument("that is no cursor"));
    if (takes_no_cursor || !request.cursor().starts_with(cursor_prefix))
      return base::fail(base::out_of_range("of another node"));
    from = std::stoul(request.cursor().substr(cursor_prefix.size()));
    if (from > payments.size()) return base::fail(base::out_of_range("the cursor is ahead of the node"));
  }
  const std::size_t count = std::min<std::size_t>(request.max(), payments.size() - from);
  if (count > slow_above) return base::fail(base::deadline_exceeded("the node did not come to its end"));
  v1::WatchPaymentsReply reply;
  for (std::size_t i = from; i < from + count; ++i) *reply.add_payments() = payments[i];
  reply.set_next_cursor(from + count == 0 ? request.cursor()
                                          : fmt::format("{}{}", cursor_prefix, from + count));
  reply.set_node_id(node_id);
  return reply;
}

}  // namespace paynamed::payments
