// NotifierCaseRun: what a case works with: events of its own, typed calls, and the list of what was found
// wrong. Each error and each reason is looked through for secrets.
//
// Threads: one.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include "paynamed/testing/notifier_conformance.hpp"

namespace paynamed::testing {

class NotifierCaseRun {
 public:
  explicit NotifierCaseRun(NotifierSubject& subject);
  NotifierCaseRun(const NotifierCaseRun&) = delete;
  NotifierCaseRun& operator=(const NotifierCaseRun&) = delete;
  // Runs the case's body.
  void run(const NotifierCase& which);
  // Looks through the log.
  NotifierCaseResult finish();

  NotifierSubject& subject() { return subject_; }
  NotifierWorld& world() { return subject_.world(); }

  // Notes what is wrong and goes on; require() and fail() end the case.
  void expect(bool holds, const std::string& otherwise);
  void require(bool holds, const std::string& otherwise);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] static void skip(const std::string& why);
  // Skips the case when the receiver cannot.
  void needs(Receiver how, const std::string& what);

  // An event with an id of its own, `bytes` long or a little more, for the subject's receiver.
  plugin::v1::DeliverRequest event(std::size_t bytes = 200);
  plugin::v1::DeliverRequest event_for(const plugin::v1::NotifierTarget& target, std::size_t bytes = 200);

  Result<plugin::v1::DescribeNotifierReply> describe();
  Result<plugin::v1::CheckTargetReply> check(const std::string& address);
  Result<plugin::v1::DeliverReply> deliver(const plugin::v1::DeliverRequest& request,
                                           std::chrono::milliseconds timeout = std::chrono::seconds(60));
  // All at once.
  std::vector<Result<plugin::v1::DeliverReply>> deliver_all(
      const std::vector<plugin::v1::DeliverRequest>& requests);
  // What arrived of this event so far.
  std::vector<ReceivedEvent> arrived(const plugin::v1::DeliverRequest& request);

  // Judgements. `what` is what was asked for, as a noun: "an event that is repeated".
  template <class ReplyMessage>
  void require_ok(const Result<ReplyMessage>& result, const std::string& what) {
    require(result.ok(), result.ok() ? std::string() : what + " must succeed, but: " + told(result.error()));
  }
  template <class ReplyMessage>
  void expect_code(const Result<ReplyMessage>& result, std::initializer_list<Code> allowed,
                   const std::string& what) {
    judge_code(result.code(), result.ok() ? std::string() : told(result.error()), allowed, what);
  }
  // Reached the receiver, with that outcome.
  void expect_outcome(const Result<plugin::v1::DeliverReply>& result,
                      plugin::v1::DeliverReply::Outcome outcome, const std::string& what);

 private:
  template <class ReplyMessage>
  Result<ReplyMessage> call(const std::string& method, const google::protobuf::MessageLite& request,
                            std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    return decoded<ReplyMessage>(
        method, subject_.plugin().call_all({{method, request.SerializeAsString(), {}, timeout}}).at(0));
  }
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
  Result<plugin::v1::DeliverReply> looked_at(Result<plugin::v1::DeliverReply> reply);
  void look_at(const std::string& method, const Error& error);
  void look_for_secrets(const std::string& text, const std::string& where);
  void judge_code(Code code, const std::string& told, std::initializer_list<Code> allowed,
                  const std::string& what);
  static std::string told(const Error& error);

  NotifierSubject& subject_;
  NotifierCaseResult result_;
};

}  // namespace paynamed::testing
