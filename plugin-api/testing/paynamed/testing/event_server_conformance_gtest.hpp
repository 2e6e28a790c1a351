// Makes a GoogleTest of each case of the EventServer conformance suite:
//
//     struct StreamSubject : paynamed::testing::EventServerSubject { ... };
//     PAYNAMED_EVENT_SERVER_CONFORMANCE(StreamConformance, StreamSubject)
//
// A subject is made for each case, by its default constructor.
//
// Threads: those of GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include "paynamed/testing/event_server_conformance.hpp"

namespace paynamed::testing {

template <class Subject>
class EventServerConformance : public ::testing::Test {
 public:
  explicit EventServerConformance(const EventServerCase& which) : which_(which) {}

  void TestBody() override {
    Subject subject;
    for (const std::string& failure : run_event_server_case(which_, subject)) ADD_FAILURE() << failure;
  }

  static bool add(const char* suite, const char* file, int line) {
    for (const EventServerCase& each : event_server_cases()) {
      ::testing::RegisterTest(
          suite, each.name, nullptr, nullptr, file, line,
          [&each]() -> EventServerConformance* { return new EventServerConformance(each); });
    }
    return true;
  }

 private:
  const EventServerCase& which_;
};

}  // namespace paynamed::testing

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a test is registered before main().
#define PAYNAMED_EVENT_SERVER_CONFORMANCE(suite, Subject) \
  [[maybe_unused]] static const bool suite##_is_added =   \
      ::paynamed::testing::EventServerConformance<Subject>::add(#suite, __FILE__, __LINE__);
