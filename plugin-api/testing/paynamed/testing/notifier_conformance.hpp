// The conformance suite of Notifier: one list of cases that every notifier has to pass against its real
// receiver or a strict fake of it. A case is named after the rule of notifier.proto that it checks.
//
// The author of a notifier writes a NotifierSubject: how the plugin is called (PluginCaller; TestHostCaller
// calls one in a TestHost) and the receiver (NotifierWorld). notifier_conformance_gtest.hpp makes a
// GoogleTest of each case.
//
// Threads: a case calls everything from one thread.
#pragma once

#include <paynamed/plugin/v1/notifier.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "paynamed/testing/plugin_caller.hpp"

namespace paynamed::testing {

// What the receiver does with events from now on.
enum class Receiver {
  kTakes,
  kRefuses,    // and may take it later
  kThrottles,  // is asked too often, and wants to be left alone for 7 seconds
  kIsGone,     // wants nothing any more
  kSaysALot,   // takes it, and answers with more than 20,000 bytes
  kHangs,      // says nothing
  kIsAway,     // is not there
};

// An event as it arrived.
struct ReceivedEvent {
  std::string id;     // as the receiver is told it
  std::string event;  // the bytes
};

// The receiver, seen without the plugin. Functions throw std::exception when they cannot do it, which fails
// the case.
class NotifierWorld {
 public:
  virtual ~NotifierWorld() = default;
  // Everything that arrived so far, in order, also what was not taken.
  virtual std::vector<ReceivedEvent> received() = 0;
  // Whether the receiver can; where not, what is about that is skipped. It begins with kTakes.
  virtual bool behave(Receiver how) { return how == Receiver::kTakes; }
};

// A notifier with its receiver.
class NotifierSubject {
 public:
  virtual ~NotifierSubject() = default;
  virtual PluginCaller& plugin() = 0;
  virtual NotifierWorld& world() = 0;
  // The receiver, with an address as somebody would write it and, if the notifier signs, keys.
  virtual plugin::v1::NotifierTarget target() = 0;
  // What is no address.
  virtual std::vector<std::string> bad_addresses() = 0;
  // What is one and must not be called. Empty: its case is skipped.
  virtual std::vector<std::string> forbidden_addresses() { return {}; }
  // The receiver, with a key that cannot be read. Without: its case is skipped.
  virtual std::optional<plugin::v1::NotifierTarget> target_without_secret() { return std::nullopt; }
  // Everything that the plugin's instances have logged so far.
  virtual std::string logged() = 0;
  // What must be neither in a log line nor in an error.
  virtual std::vector<std::string> secrets() const = 0;
};

class NotifierCaseRun;  // for the cases

struct NotifierCase {
  const char* name;  // its rule: "OneCallIsOneAttempt"
  void (*run)(NotifierCaseRun& run);
};

struct NotifierCaseResult {
  std::vector<std::string> failures;  // sentences; empty: the rule holds
  std::string skipped;                // why it was not checked; empty: it was
};

// All cases.
const std::vector<NotifierCase>& notifier_cases();
NotifierCaseResult run_notifier_case(const NotifierCase& which, NotifierSubject& subject);

}  // namespace paynamed::testing
