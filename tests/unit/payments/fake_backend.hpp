// FakeBackend: a NodeBackend behind call_plugin, with one node whose payments the test makes, and which can
// be restored from a backup, replaced, and made to fail.
//
// Threads: belongs to the thread of the test's io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/services.hpp"

namespace paynamed::payments {

namespace v1 = paynamed::plugin::v1;

class FakeBackend {
 public:
  explicit FakeBackend(base::Clock& clock) : clock_(clock), changed_(clock) {}

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call);

  // A payment that the node has from now on.
  v1::Payment& add(const std::string& key, std::uint64_t msat = 1'000);
  // What the next calls of WatchPayments with a cursor, or of another method, end with, in order.
  void fail_next(base::Status status) { failures.push_back(std::move(status)); }

  std::string node_id = "02" + std::string(64, 'a');
  v1::DescribeNodesReply description;
  std::vector<v1::Payment> payments;
  std::deque<base::Status> failures;
  std::set<std::size_t> failing_polls;  // the first call of WatchPayments is 1
  // Changes an answer of WatchPayments before it leaves.
  std::function<void(const v1::WatchPaymentsRequest&, v1::WatchPaymentsReply&)> lie;
  // Cursors begin with this; others are of another node. "?" refuses all as no cursors.
  std::string cursor_prefix = "a";
  bool takes_no_cursor = false;        // OUT_OF_RANGE for those that it gave, too
  std::size_t slow_above = 1'000'000;  // more payments at once than these end in DEADLINE_EXCEEDED

  bool waits = true;  // else an answer comes at once, whatever wait_ms says

  // What was asked.
  std::vector<v1::WatchPaymentsRequest> polls;
  std::vector<std::string> methods;
  int waiting = 0;

 private:
  boost::asio::awaitable<base::Result<std::string>> watch(v1::WatchPaymentsRequest request);
  base::Result<v1::WatchPaymentsReply> answer(const v1::WatchPaymentsRequest& request) const;

  base::Clock& clock_;
  base::Broadcast changed_;
};

}  // namespace paynamed::payments
