// Makes a GoogleTest of each case of the NodeBackend conformance suite:
//
//     struct LightningSubject : paynamed::testing::NodeSubject { ... };
//     PAYNAMED_NODE_CONFORMANCE(LightningConformance, LightningSubject)
//
// gives the tests LightningConformance.TwoKeysNeverShareAnOffer and so on. The subject is made once, when
// the first of them runs, by its default constructor, and ends after the last.
//
// Threads: those of GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "paynamed/testing/node_conformance.hpp"

namespace paynamed::testing {

template <class Subject>
class NodeConformance : public ::testing::Test {
 public:
  static void SetUpTestSuite() { subject_ = std::make_unique<Subject>(); }
  static void TearDownTestSuite() { subject_.reset(); }
  explicit NodeConformance(const NodeCase& which) : which_(which) {}

  void TestBody() override {
    const NodeCaseResult result = run_node_case(which_, *subject_);
    for (const std::string& failure : result.failures) ADD_FAILURE() << failure;
    if (!result.skipped.empty()) GTEST_SKIP() << result.skipped;
  }

  static bool add(const char* suite, const char* file, int line) {
    for (const NodeCase& each : node_cases()) {
      ::testing::RegisterTest(suite, each.name, nullptr, nullptr, file, line,
                              [&each]() -> NodeConformance* { return new NodeConformance(each); });
    }
    return true;
  }

 private:
  static inline std::unique_ptr<Subject> subject_;
  const NodeCase& which_;
};

}  // namespace paynamed::testing

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a test is registered before main().
#define PAYNAMED_NODE_CONFORMANCE(suite, Subject)       \
  [[maybe_unused]] static const bool suite##_is_added = \
      ::paynamed::testing::NodeConformance<Subject>::add(#suite, __FILE__, __LINE__);
