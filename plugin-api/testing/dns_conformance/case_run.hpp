// DnsCaseRun: what a case works with: names of its own, typed calls, and the list of what was found wrong.
// Each answer is looked through for secrets.
//
// Threads: one, but for what at_once() runs: that may call, expect and require.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::testing {

using Values = std::vector<std::string>;

// A request with the key under which it is sent.
template <class Request>
struct Keyed {
  Request request;
  std::string key;
};

class DnsCaseRun {
 public:
  explicit DnsCaseRun(DnsSubject& subject);
  DnsCaseRun(const DnsCaseRun&) = delete;
  DnsCaseRun& operator=(const DnsCaseRun&) = delete;
  // Clears the case's names and looks through the log.
  DnsCaseResult finish();
  // Runs the case's body.
  void run(const DnsCase& which);

  DnsSubject& subject() { return subject_; }
  PeerZone& zone() { return subject_.zone(); }
  DnsCaller& plugin() { return subject_.plugin(); }
  DnsCapabilities can() const { return subject_.capabilities(); }
  // What Describe says; asked once.
  const plugin::v1::DescribeDnsReply& described();

  // A name that nobody has used, and a key likewise.
  std::string new_name();
  std::string new_key();
  // A value like those that are published, different for each `what`.
  static std::string value(const std::string& what) { return "bitcoin:?lno=lno1" + what; }
  std::uint32_t usual_ttl();

  // Notes what is wrong and goes on; require() and fail() end the case.
  void expect(bool holds, const std::string& otherwise);
  void require(bool holds, const std::string& otherwise);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] static void skip(const std::string& why);

  // Requests; the expectation is `absent` without a previous value.
  plugin::v1::PublishRequest creation(const std::string& name, const std::string& value);
  plugin::v1::PublishRequest replacement(const std::string& name, const std::string& value,
                                         const Values& previous);
  plugin::v1::WithdrawRequest withdrawal(const std::string& name, const std::string& value);

  // One attempt.
  Result<plugin::v1::PublishReply> publish(const plugin::v1::PublishRequest& request, const std::string& key);
  Result<plugin::v1::WithdrawReply> withdraw(const plugin::v1::WithdrawRequest& request,
                                             const std::string& key);
  template <class ReplyMessage>
  Result<ReplyMessage> call(DnsCaller& plugin, const std::string& method,
                            const google::protobuf::MessageLite& request, const std::string& key = {},
                            std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    return decoded<ReplyMessage>(
        method, plugin.call_all({{method, request.SerializeAsString(), key, timeout}}).at(0));
  }
  template <class ReplyMessage, class Request>
  std::vector<Result<ReplyMessage>> call_all(DnsCaller& plugin, const std::string& method,
                                             const std::vector<Keyed<Request>>& requests) {
    std::vector<DnsCall> calls;
    for (const auto& each : requests) {
      calls.push_back({method, each.request.SerializeAsString(), each.key, std::chrono::seconds(60)});
    }
    std::vector<Result<ReplyMessage>> results;
    for (const auto& each : plugin.call_all(calls)) results.push_back(decoded<ReplyMessage>(method, each));
    return results;
  }
  // As the daemon does: again with the same key while the failure is one of those that pass.
  template <class ReplyMessage, class Request>
  std::vector<Result<ReplyMessage>> settle_all(DnsCaller& plugin, const std::string& method,
                                               const std::vector<Keyed<Request>>& requests) {
    auto results = call_all<ReplyMessage>(plugin, method, requests);
    for (int attempt = 1; attempt < kAttempts; ++attempt) {
      std::vector<std::size_t> again;
      std::vector<Keyed<Request>> repeated;
      std::uint32_t wait = 0;
      for (std::size_t i = 0; i < results.size(); ++i) {
        if (!passes(results[i].code())) continue;
        again.push_back(i);
        repeated.push_back(requests[i]);
        wait = std::max(wait, results[i].error().retry_after_ms());
      }
      if (again.empty()) break;
      plugin.pass(std::chrono::milliseconds(std::max<std::uint32_t>(wait, 20)));
      auto answers = call_all<ReplyMessage>(plugin, method, repeated);
      for (std::size_t i = 0; i < again.size(); ++i) results[again[i]] = std::move(answers[i]);
    }
    return results;
  }
  template <class ReplyMessage, class Request>
  Result<ReplyMessage> settle(const std::string& method, const Request& request, const std::string& key) {
    return settle_all<ReplyMessage>(plugin(), method, std::vector<Keyed<Request>>{{request, key}}).at(0);
  }

  // Judgements. `what` is what was asked for, as a noun: "publishing the same again".
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
  // What the peer has at the name, in any order.
  void expect_zone(const std::string& name, Values expected, const std::string& when);
  // What the plugin reads there.
  void expect_read(const std::string& name, Values expected, const std::string& when);
  // Publishes for the case to begin with.
  void given(const std::string& name, const std::string& value);
  // Whether the daemon would try again with the same key; of these all but kUnavailable and
  // kResourceExhausted leave open whether something was changed.
  static bool passes(Code code);
  static bool leaves_open(Code code);
  // Runs `work` while the name is watched at the peer, and gives each state that was seen, in order and
  // without repetitions; the first is from before, the last from after.
  std::vector<Values> watched(const std::string& name, const std::function<void()>& work);
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

  DnsSubject& subject_;
  std::mutex mutex_;  // of the failures
  DnsCaseResult result_;
  std::optional<plugin::v1::DescribeDnsReply> described_;
  std::vector<std::string> names_;
  std::string unique_;
  int keys_ = 0;
};

// Sorted values of the name as the peer has them.
Values values_at(PeerZone& zone, const std::string& name);
// For people: {"a", "b"}, long ones cut.
std::string shown(const Values& values);
std::string name_of(Code code);

}  // namespace paynamed::testing
