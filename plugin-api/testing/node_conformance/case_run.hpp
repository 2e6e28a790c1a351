// NodeCaseRun: what a case works with: keys of its own, typed calls, and the list of what was found wrong.
// Each error is looked through for secrets.
//
// Threads: one, but for what at_once() runs: that may call, expect and require.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "paynamed/testing/node_conformance.hpp"

namespace paynamed::testing {

class NodeCaseRun {
 public:
  explicit NodeCaseRun(NodeSubject& subject);
  NodeCaseRun(const NodeCaseRun&) = delete;
  NodeCaseRun& operator=(const NodeCaseRun&) = delete;
  // Runs the case's body.
  void run(const NodeCase& which);
  // Looks through the log.
  NodeCaseResult finish();

  NodeSubject& subject() { return subject_; }
  NodeWorld& world() { return subject_.world(); }
  PluginCaller& plugin() { return *subject_.callee().plugin; }
  NodeCapabilities can() const { return subject_.capabilities(); }
  // What Describe says; asked once.
  const plugin::v1::DescribeNodesReply& described();

  // A key that nobody has used.
  std::string new_key();

  // Notes what is wrong and goes on; require() and fail() end the case.
  void expect(bool holds, const std::string& otherwise);
  void require(bool holds, const std::string& otherwise);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] static void skip(const std::string& why);
  void needs_offers();
  void needs_invoices();
  void needs_watching();

  // Requests to the subject's node.
  plugin::v1::CreateOfferRequest offer(const std::string& key);
  plugin::v1::CreateInvoiceRequest invoice(const std::string& key);
  plugin::v1::WatchPaymentsRequest watch(const std::string& cursor, std::uint32_t max = 100,
                                         std::uint32_t wait_ms = 0);
  template <class Request>
  Request to_node() {
    Request request;
    *request.mutable_node() = subject_.callee().node;
    return request;
  }

  // One attempt.
  template <class ReplyMessage>
  Result<ReplyMessage> call_at(PluginCaller& plugin, const std::string& method,
                               const google::protobuf::MessageLite& request, const std::string& key = {}) {
    return decoded<ReplyMessage>(
        method,
        plugin.call_all({{method, request.SerializeAsString(), key, std::chrono::seconds(60)}}).at(0));
  }
  template <class ReplyMessage>
  Result<ReplyMessage> call(const std::string& method, const google::protobuf::MessageLite& request,
                            const std::string& key = {}) {
    return call_at<ReplyMessage>(plugin(), method, request, key);
  }
  // All at once, each under its own key.
  template <class ReplyMessage, class Request>
  std::vector<Result<ReplyMessage>> call_all(const std::string& method, const std::vector<Request>& requests,
                                             const std::function<std::string(const Request&)>& key_of) {
    std::vector<PluginCall> calls;
    for (const auto& each : requests) {
      calls.push_back({method, each.SerializeAsString(), key_of(each), std::chrono::seconds(60)});
    }
    std::vector<Result<ReplyMessage>> results;
    for (const auto& each : plugin().call_all(calls)) results.push_back(decoded<ReplyMessage>(method, each));
    return results;
  }
  // As the daemon does: again with the same key while the failure is one of those that pass.
  template <class ReplyMessage>
  Result<ReplyMessage> settle(const std::string& method, const google::protobuf::MessageLite& request,
                              const std::string& key) {
    auto result = call<ReplyMessage>(method, request, key);
    for (int attempt = 1; attempt < kAttempts && passes(result.code()); ++attempt) {
      plugin().pass(std::chrono::milliseconds(std::max<std::uint32_t>(result.error().retry_after_ms(), 20)));
      result = call<ReplyMessage>(method, request, key);
    }
    return result;
  }

  Result<plugin::v1::CreateOfferReply> create(const plugin::v1::CreateOfferRequest& request);
  Result<plugin::v1::CreateInvoiceReply> create(const plugin::v1::CreateInvoiceRequest& request);
  Result<plugin::v1::DisableOfferReply> disable_by_key(const std::string& offer_key);
  Result<plugin::v1::DisableOfferReply> disable_by_id(const std::string& offer_id);
  Result<plugin::v1::EnableOfferReply> enable(const std::string& offer_id);
  Result<plugin::v1::LookupOfferReply> lookup_offer_by_key(const std::string& offer_key);
  Result<plugin::v1::LookupOfferReply> lookup_offer_by_id(const std::string& offer_id);
  Result<plugin::v1::LookupInvoiceReply> lookup_invoice(const std::string& invoice_key);

  // For a case to begin with.
  plugin::v1::CreateOfferReply given_offer(const plugin::v1::CreateOfferRequest& request);
  plugin::v1::CreateInvoiceReply given_invoice(const plugin::v1::CreateInvoiceRequest& request);
  // The cursor behind everything that was paid so far.
  std::string drained();
  // Everything that was paid after the cursor, in pages of `max`; moves the cursor. Each page is checked.
  std::vector<plugin::v1::Payment> paid_since(std::string& cursor, std::uint32_t max = 100,
                                              bool restarts = false);

  // Judgements. `what` is what was asked for, as a noun: "creating the same again".
  template <class ReplyMessage>
  void expect_ok(const Result<ReplyMessage>& result, const std::string& what) {
    expect(result.ok(), result.ok() ? std::string() : what + " must succeed, but: " + told(result.error()));
  }
  template <class ReplyMessage>
  void require_ok(const Result<ReplyMessage>& result, const std::string& what) {
    require(result.ok(), result.ok() ? std::string() : what + " must succeed, but: " + told(result.error()));
  }
  template <class ReplyMessage>
  void expect_code(const Result<ReplyMessage>& result, std::initializer_list<Code> allowed,
                   const std::string& what) {
    judge_code(result.code(), result.ok() ? std::string() : told(result.error()), allowed, what);
  }
  // What was not told may be found out by looking, or is not known; nothing else is true.
  template <class ReplyMessage>
  void expect_honest(const Result<ReplyMessage>& result, const std::string& what) {
    expect(result.ok() || leaves_open(result.code()),
           what + " whose reply was lost must succeed or say that its outcome is not known, but gives " +
               (result.ok() ? "" : told(result.error())));
  }

  // Whether the daemon would try again with the same key; of these all but kUnavailable and
  // kResourceExhausted leave open whether something was changed.
  static bool passes(Code code);
  static bool leaves_open(Code code);
  // Both at once, the first on a thread of its own.
  static void at_once(const std::function<void()>& first, const std::function<void()>& second);

 private:
  static constexpr int kAttempts = 40;

  template <class ReplyMessage>
  Result<ReplyMessage> decoded(const std::string& method, const Result<std::string>& bytes) {
    if (!bytes.ok()) {
      look_at(method, bytes.error());
      return bytes.error();
    }
    ReplyMessage message;
    if (!message.ParseFromString(bytes.value())) fail("The reply to " + method + " cannot be decoded.");
    return message;
  }
  void note(const std::string& failure);
  void look_at(const std::string& method, const Error& error);
  void look_for_secrets(const std::string& text, const std::string& where);
  void judge_code(Code code, const std::string& told, std::initializer_list<Code> allowed,
                  const std::string& what);
  static std::string told(const Error& error);

  NodeSubject& subject_;
  std::mutex mutex_;  // of the failures
  NodeCaseResult result_;
  std::optional<plugin::v1::DescribeNodesReply> described_;
  std::string unique_;
  int keys_ = 0;
};

// Lower-case hex of that many bytes.
bool is_hex_of(const std::string& text, std::size_t bytes);

}  // namespace paynamed::testing
