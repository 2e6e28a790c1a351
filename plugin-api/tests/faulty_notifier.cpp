#include "faulty_notifier.hpp"

#include <memory>

namespace paynamed::testing {
namespace {

MemoryReceiver* next_receiver = nullptr;
NotifierFault next_fault = NotifierFault::kNone;

constexpr std::size_t kMostAnswer = 20'000;

}  // namespace

void FaultyNotifier::connect(MemoryReceiver* receiver, NotifierFault fault) {
  next_receiver = receiver;
  next_fault = fault;
}

FaultyNotifier::FaultyNotifier(Host host, const Config& /*config*/)
    : host_(std::move(host)), receiver_(*next_receiver), fault_(next_fault) {}

void FaultyNotifier::describe(DescribeNotifierRequest /*request*/, Reply<DescribeNotifierReply> reply) {
  DescribeNotifierReply description;
  description.set_signs(!has(NotifierFault::kSecretWithoutHmac));
  description.set_signs_ed25519(has(NotifierFault::kSecretWithoutHmac));
  description.set_timeout_ms(has(NotifierFault::kTakesForEver) ? 3'600'000 : 20'000);
  reply.ok(description);
}

void FaultyNotifier::check_target(CheckTargetRequest request, Reply<CheckTargetReply> reply) {
  const bool known = request.address().starts_with("memory:");
  if (!known && !has(NotifierFault::kKeepsAnything)) {
    return reply.fail(Code::kInvalidArgument, "The address does not begin with memory:.");
  }
  if (request.address() == "memory:forbidden") {
    return reply.fail(Code::kInvalidArgument, "This address must not be called.");
  }
  checked_ = true;
  if (has(NotifierFault::kSendsOnCheck)) receiver_.events.push_back({"test", "test"});
  CheckTargetReply checked;
  checked.set_address(request.address() + (has(NotifierFault::kOtherForm) ? "/" : ""));
  reply.ok(checked);
}

void FaultyNotifier::deliver(DeliverRequest request, Reply<DeliverReply> reply) {
  if (request.target().address() == "memory:forbidden" && !has(NotifierFault::kCallsAnybody)) {
    return reply.fail(Code::kPermissionDenied, "This address must not be called.");
  }
  if (has(NotifierFault::kNeedsTheCheck) && !checked_) {
    return reply.fail(Code::kInvalidArgument, "This address was not checked.");
  }
  const Secret secret(host_, request.target().keys(0).handle());
  auto kept = std::make_shared<Reply<DeliverReply>>(std::move(reply));
  secret.read([this, request = std::move(request), kept](const Result<SecretValue>& value) {
    if (!value.ok() && !has(NotifierFault::kSendsUnsigned)) return kept->fail(value.error());
    if (has(NotifierFault::kLogsTheSecret)) host_.log(Level::kInfo, value->reveal());
    send(request, std::move(*kept));
  });
}

void FaultyNotifier::take(const DeliverRequest& request) {
  if (has(NotifierFault::kLosesSome) && ++taken_ == 20) return;
  ReceivedEvent event{request.event_id(), request.event()};
  if (has(NotifierFault::kFormatsTheEvent)) event.event.erase(event.event.find("  "), 1);
  if (has(NotifierFault::kCutsLargeEvents)) event.event = event.event.substr(0, 20'000);
  if (has(NotifierFault::kNewIds) && request.attempt() > 1) event.id += "-again";
  receiver_.events.push_back(std::move(event));
}

void FaultyNotifier::send(const DeliverRequest& request, Reply<DeliverReply> reply) {
  DeliverReply answer;
  if (receiver_.mood == Receiver::kIsAway) {
    if (!has(NotifierFault::kNobodyIsARefusal)) return reply.fail(Code::kUnavailable, "Nobody is there.");
    answer.set_outcome(DeliverReply::RETRY);
    answer.set_reason("Nobody is there.");
    return reply.ok(answer);
  }
  take(request);
  answer.set_outcome(DeliverReply::DELIVERED);
  if (receiver_.mood == Receiver::kHangs && !has(NotifierFault::kDeliversToTheSilent)) {
    return reply.fail(Code::kDeadlineExceeded, "The receiver did not answer.");
  }
  if (receiver_.mood == Receiver::kSaysALot) {
    answer.set_answer(std::string(has(NotifierFault::kKeepsAllAnswers) ? 2 * kMostAnswer : kMostAnswer, 'x'));
  }
  if (receiver_.mood == Receiver::kRefuses || receiver_.mood == Receiver::kThrottles) {
    if (has(NotifierFault::kTriesTwice)) take(request);
    answer.set_outcome(DeliverReply::RETRY);
    answer.set_reason(has(NotifierFault::kTellsTheSecret) ? kNotifierSecret : "It was refused.");
  }
  if (receiver_.mood == Receiver::kThrottles && !has(NotifierFault::kDoesNotTellPauses)) {
    answer.set_throttled(true);
    answer.set_retry_after_ms(7'000);
  }
  if (receiver_.mood == Receiver::kIsGone) {
    answer.set_outcome(has(NotifierFault::kTriesTheGone) ? DeliverReply::RETRY : DeliverReply::GONE);
    answer.set_reason("It wants no more events.");
  }
  reply.ok(answer);
}

}  // namespace paynamed::testing
