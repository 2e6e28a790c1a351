// FaultyNotifier: a Notifier whose receiver is in memory, with one mistake on request: those that notifiers
// are likely to make. It shows that the conformance suite fails where it should.
//
// Threads: everything on the strand.
#pragma once

#include <string>
#include <vector>

#include "paynamed/notifier.hpp"
#include "paynamed/testing/notifier_conformance.hpp"

namespace paynamed::testing {

enum class NotifierFault {
  kNone,
  kTakesForEver,       // Describe says so
  kSecretWithoutHmac,  // only a key pair
  kOtherForm,          // each check gives another one
  kSendsOnCheck,
  kKeepsAnything,    // as address
  kCallsAnybody,     // what must not be called, too
  kFormatsTheEvent,  // as its parser writes it
  kCutsLargeEvents,
  kNewIds,         // for each attempt
  kLosesSome,      // of many
  kNeedsTheCheck,  // delivers only to what it has checked since it began
  kSendsUnsigned,  // when it has no key
  kTriesTwice,
  kDoesNotTellPauses,
  kTriesTheGone,
  kKeepsAllAnswers,
  kDeliversToTheSilent,
  kNobodyIsARefusal,
  kTellsTheSecret,  // in a reason
  kLogsTheSecret,
};

inline constexpr const char* kNotifierSecret = "whsec_a-secret-of-the-target";

// The receiver.
class MemoryReceiver final : public NotifierWorld {
 public:
  std::vector<ReceivedEvent> received() override { return events; }
  bool behave(Receiver how) override {
    mood = how;
    return true;
  }
  std::vector<ReceivedEvent> events;
  Receiver mood = Receiver::kTakes;
};

class FaultyNotifier final : public Notifier {
 public:
  // For the instances that are made next.
  static void connect(MemoryReceiver* receiver, NotifierFault fault);

  FaultyNotifier(Host host, const Config& config);

  void describe(DescribeNotifierRequest request, Reply<DescribeNotifierReply> reply) override;
  void check_target(CheckTargetRequest request, Reply<CheckTargetReply> reply) override;
  void deliver(DeliverRequest request, Reply<DeliverReply> reply) override;

 private:
  bool has(NotifierFault fault) const { return fault_ == fault; }
  void send(const DeliverRequest& request, Reply<DeliverReply> reply);
  void take(const DeliverRequest& request);

  const Host host_;
  MemoryReceiver& receiver_;
  const NotifierFault fault_;
  bool checked_ = false;
  int taken_ = 0;
};

}  // namespace paynamed::testing
