// Makes a GoogleTest of each case of the Notifier conformance suite:
//
//     struct AcmeSubject : paynamed::testing::NotifierSubject { ... };
//     PAYNAMED_NOTIFIER_CONFORMANCE(AcmeConformance, AcmeSubject)
//
// gives the tests AcmeConformance.OneCallIsOneAttempt and so on. The subject is made once, when
// the first of them runs, by its default constructor, and ends after the last.
//
// Threads: those of GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "paynamed/testing/notifier_conformance.hpp"

namespace paynamed::testing {

template <class Subject>
class NotifierConformance : public ::testing::Test {
 public:
  static void SetUpTestSuite() { subject_ = std::make_unique<Subject>(); }
  static void TearDownTestSuite() { subject_.reset(); }
  explicit NotifierConformance(const NotifierCase& which) : which_(which) {}

  void TestBody() override {
    const NotifierCaseResult result = run_notifier_case(which_, *subject_);
    for (const std::string& failure : result.failures) ADD_FAILURE() << failure;
    if (!result.skipped.empty()) GTEST_SKIP() << result.skipped;
  }

  static bool add(const char* suite, const char* file, int line) {
    for (const NotifierCase& each : notifier_cases()) {
      ::testing::RegisterTest(suite, each.name, nullptr, nullptr, file, line,
                              [&each]() -> NotifierConformance* { return new NotifierConformance(each); });
    }
    return true;
  }

 private:
  static inline std::unique_ptr<Subject> subject_;
  const NotifierCase& which_;
};

}  // namespace paynamed::testing

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a test is registered before main().
#define PAYNAMED_NOTIFIER_CONFORMANCE(suite, Subject)   \
  [[maybe_unused]] static const bool suite##_is_added = \
      ::paynamed::testing::NotifierConformance<Subject>::add(#suite, __FILE__, __LINE__);
