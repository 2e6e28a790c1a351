// Makes a GoogleTest of each case of the DnsProvider conformance suite:
//
//     struct KnotSubject : paynamed::testing::DnsSubject { ... };
//     PAYNAMED_DNS_CONFORMANCE(KnotConformance, KnotSubject)
//
// gives the tests KnotConformance.PublishPutsOneRecordWithItsTtl and so on. The subject is made once, when
// the first of them runs, by its default constructor, and ends after the last.
//
// Threads: those of GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::testing {

template <class Subject>
class DnsConformance : public ::testing::Test {
 public:
  static void SetUpTestSuite() { subject_ = std::make_unique<Subject>(); }
  static void TearDownTestSuite() { subject_.reset(); }
  explicit DnsConformance(const DnsCase& which) : which_(which) {}

  void TestBody() override {
    const DnsCaseResult result = run_dns_case(which_, *subject_);
    for (const std::string& failure : result.failures) ADD_FAILURE() << failure;
    if (!result.skipped.empty()) GTEST_SKIP() << result.skipped;
  }

  static bool add(const char* suite, const char* file, int line) {
    for (const DnsCase& each : dns_cases()) {
      ::testing::RegisterTest(suite, each.name, nullptr, nullptr, file, line,
                              [&each]() -> DnsConformance* { return new DnsConformance(each); });
    }
    return true;
  }

 private:
  static inline std::unique_ptr<Subject> subject_;
  const DnsCase& which_;
};

}  // namespace paynamed::testing

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a test is registered before main().
#define PAYNAMED_DNS_CONFORMANCE(suite, Subject)        \
  [[maybe_unused]] static const bool suite##_is_added = \
      ::paynamed::testing::DnsConformance<Subject>::add(#suite, __FILE__, __LINE__);
