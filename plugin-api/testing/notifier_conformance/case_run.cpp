#include "case_run.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <random>
#include <utility>

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// A case ends: it failed, or it does not apply.
struct Ended {};
struct Skipped {
  std::string why;
};

// Version 4 of RFC 9562.
std::string new_uuid() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device chance;
  std::string text = "00000000-0000-4000-8000-000000000000";
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '0') text[at] = kDigits[chance() % 16];
  }
  return text;
}

std::string code_name(Code code) {
  static constexpr std::array kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return kNames.at(static_cast<std::size_t>(code));
}

// With characters outside of ASCII, and spaces that a parser would not bring back.
std::string event_text(const std::string& id, std::size_t bytes) {
  std::string text =
      R"({"specversion": "1.0",  "id": ")" + id +
      R"(", "source": "paynamed", "type": "payment.received", "time": "2027-01-15T08:00:00Z", )"
      R"("timestamp": "2027-01-15T08:00:00Z", "data": {"note": "caf)"
      "\xc3\xa9 \xe2\x9a\xa1 ";
  if (text.size() < bytes) text.append(bytes - text.size(), 'x');
  return text + "\"}}";
}

}  // namespace

NotifierCaseResult run_notifier_case(const NotifierCase& which, NotifierSubject& subject) {
  NotifierCaseRun run(subject);
  run.run(which);
  return run.finish();
}

NotifierCaseRun::NotifierCaseRun(NotifierSubject& subject) : subject_(subject) {}

void NotifierCaseRun::run(const NotifierCase& which) {
  try {
    world().behave(Receiver::kTakes);
    which.run(*this);
  } catch (const Ended&) {
    // Noted already.
  } catch (const Skipped& skipped) {
    result_.skipped = skipped.why;
  } catch (const std::exception& error) {
    result_.failures.push_back(std::string("The fixture failed: ") + error.what());
  }
}

NotifierCaseResult NotifierCaseRun::finish() {
  look_for_secrets(subject_.logged(), "A log line");
  return std::move(result_);
}

void NotifierCaseRun::expect(bool holds, const std::string& otherwise) {
  if (!holds) result_.failures.push_back(otherwise);
}

void NotifierCaseRun::require(bool holds, const std::string& otherwise) {
  if (!holds) fail(otherwise);
}

void NotifierCaseRun::fail(const std::string& what) {
  result_.failures.push_back(what);
  throw Ended();
}

void NotifierCaseRun::skip(const std::string& why) {
  throw Skipped{why};
}

void NotifierCaseRun::needs(Receiver how, const std::string& what) {
  if (!world().behave(how)) skip("the receiver cannot " + what);
}

DeliverRequest NotifierCaseRun::event(std::size_t bytes) {
  return event_for(subject_.target(), bytes);
}

DeliverRequest NotifierCaseRun::event_for(const NotifierTarget& target, std::size_t bytes) {
  DeliverRequest request;
  *request.mutable_target() = target;
  request.set_event_id(new_uuid());
  request.set_type("payment.received");
  request.set_event(event_text(request.event_id(), bytes));
  request.set_attempt(1);
  return request;
}

Result<DescribeNotifierReply> NotifierCaseRun::describe() {
  return call<DescribeNotifierReply>("Describe", DescribeNotifierRequest());
}

Result<CheckTargetReply> NotifierCaseRun::check(const std::string& address) {
  CheckTargetRequest request;
  request.set_address(address);
  return call<CheckTargetReply>("CheckTarget", request);
}

Result<DeliverReply> NotifierCaseRun::deliver(const DeliverRequest& request,
                                              std::chrono::milliseconds timeout) {
  return looked_at(call<DeliverReply>("Deliver", request, timeout));
}

std::vector<Result<DeliverReply>> NotifierCaseRun::deliver_all(const std::vector<DeliverRequest>& requests) {
  std::vector<PluginCall> calls;
  for (const auto& each : requests) {
    calls.push_back({"Deliver", each.SerializeAsString(), {}, std::chrono::seconds(60)});
  }
  std::vector<Result<DeliverReply>> results;
  for (const auto& each : subject_.plugin().call_all(calls)) {
    results.push_back(looked_at(decoded<DeliverReply>("Deliver", each)));
  }
  return results;
}

std::vector<ReceivedEvent> NotifierCaseRun::arrived(const DeliverRequest& request) {
  std::vector<ReceivedEvent> found;
  for (auto& each : world().received()) {
    if (each.id == request.event_id() || each.event == request.event()) found.push_back(std::move(each));
  }
  return found;
}

void NotifierCaseRun::expect_outcome(const Result<DeliverReply>& result, DeliverReply::Outcome outcome,
                                     const std::string& what) {
  require_ok(result, what);
  static constexpr std::array kNames = {"OUTCOME_UNKNOWN", "DELIVERED", "RETRY", "GONE"};
  expect(result->outcome() == outcome,
         what + " must be " + kNames.at(outcome) + ", but is " +
             kNames.at(static_cast<std::size_t>(result->outcome()) % kNames.size()));
}

// What holds for every reply.
Result<DeliverReply> NotifierCaseRun::looked_at(Result<DeliverReply> reply) {
  if (!reply.ok()) return reply;
  look_for_secrets(reply->reason(), "The reason of a delivery");
  expect(reply->answer().size() <= 20'000, "of an answer 20,000 bytes are kept at most");
  const bool delivered = reply->outcome() == DeliverReply::DELIVERED;
  expect(delivered || !reply->reason().empty(), "what is not delivered must have a reason");
  return reply;
}

void NotifierCaseRun::look_at(const std::string& method, const Error& error) {
  expect(!error.message().empty(), method + " failed without a sentence.");
  look_for_secrets(error.message() + " " + error.detail(), "An error of " + method);
}

void NotifierCaseRun::look_for_secrets(const std::string& text, const std::string& where) {
  for (const auto& secret : subject_.secrets()) {
    expect(text.find(secret) == text.npos, where + " shows a secret.");
  }
}

void NotifierCaseRun::judge_code(Code code, const std::string& told, std::initializer_list<Code> allowed,
                                 const std::string& what) {
  if (std::find(allowed.begin(), allowed.end(), code) != allowed.end()) return;
  std::string names;
  for (const Code each : allowed) names += (names.empty() ? "" : " or ") + code_name(each);
  expect(false, what + " must give " + names + ", but gives " + (code == Code::kOk ? "OK" : told));
}

std::string NotifierCaseRun::told(const Error& error) {
  return code_name(error.code()) + " (" + error.message() + ")";
}

}  // namespace paynamed::testing
