// The conformance suite of EventServer: one list of cases that every event server has to pass, whatever
// protocol its callers speak. A case is named after the rule of event_server.proto that it checks.
//
// The author of a server writes an EventServerSubject: how the plugin is called (PluginCaller), a log that
// the case appends to and that the plugin reads by pn.events/1, credentials that pn.auth/1 knows, and a
// client of the server's own protocol (EventFollower). event_server_conformance_gtest.hpp makes a GoogleTest
// of each case.
//
// Threads: a case calls everything from one thread, but the plugin from another one while it drains.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "paynamed/testing/plugin_caller.hpp"

namespace paynamed::testing {

// A client of the server, connected and known.
class EventFollower {
 public:
  struct Wish {
    std::string position;  // "1-17"; empty: from now on
    std::vector<std::string> types = {};
    std::vector<std::string> names = {};
  };
  struct Event {
    std::uint64_t seq = 0;
    std::string position;
  };
  virtual ~EventFollower() = default;
  // Begins to follow: whether the server says that everything after the position comes.
  virtual bool follow(const Wish& wish) = 0;
  // The next event; nothing when none came within `most`. Throws when the connection has ended.
  virtual std::optional<Event> next(std::chrono::milliseconds most) = 0;
  // Whether the server ends the connection within `most`; then the client has ended it, too.
  virtual bool ends(std::chrono::milliseconds most) = 0;
};

class EventServerSubject {
 public:
  virtual ~EventServerSubject() = default;
  // A server that was not started. Functions after this one are about it.
  virtual PluginCaller& fresh() = 0;
  // Writes an event into the log of a tenant; its seq follows the one before.
  virtual void append(const std::string& tenant, const std::string& type, const std::string& name) = 0;
  // A credential that pn.auth/1 knows, of `tenant`; and one that it does not know.
  virtual std::string credential(const std::string& tenant) = 0;
  virtual std::string wrong_credential() = 0;
  // Null when the server does not let it in; throws std::exception when nobody listens at the address.
  virtual std::unique_ptr<EventFollower> connect(const std::string& address,
                                                 const std::string& credential) = 0;
  // Everything that the plugin has logged so far.
  virtual std::string logged() = 0;
};

class EventServerCaseRun;  // for the cases

struct EventServerCase {
  const char* name;  // its rule: "WhatFollowsAPositionComesInOrder"
  void (*run)(EventServerCaseRun& run);
};

// What was found wrong, in sentences; empty: the rule holds.
using EventServerFailures = std::vector<std::string>;

// All cases.
const std::vector<EventServerCase>& event_server_cases();
EventServerFailures run_event_server_case(const EventServerCase& which, EventServerSubject& subject);

}  // namespace paynamed::testing
