// Which questions may share a libunbound context. Nothing is asked.
#include "names/young_contexts.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace paynamed::names {
namespace {

struct YoungContextsTest : testing::Test {
  base::ManualClock clock{base::WallTime{std::chrono::seconds{1'700'000'000}}};
  YoungContexts contexts{*unbound_configuration({}), clock};

  std::shared_ptr<YoungContext> fresh(const std::string& name) {
    auto got = contexts.for_fresh(name);
    if (!got) throw std::runtime_error(got.error().to_string());
    return *got;
  }
  std::shared_ptr<YoungContext> recent(const std::string& name) {
    auto got = contexts.for_recent(name);
    if (!got) throw std::runtime_error(got.error().to_string());
    return *got;
  }
};

TEST_F(YoungContextsTest, DifferentNamesShareOneForAMoment) {
  const auto first = fresh("a.test.");
  EXPECT_EQ(fresh("b.test."), first);
  clock.advance(YoungContexts::kMostAge - base::Duration{1});
  EXPECT_EQ(fresh("c.test."), first);
  clock.advance(base::Duration{1});
  EXPECT_NE(fresh("d.test."), first);
}

TEST_F(YoungContextsTest, AFreshAnswerNeverComesFromOneThatWasAskedForTheName) {
  const auto first = fresh("a.test.");
  const auto second = fresh("a.test.");
  EXPECT_NE(second, first);
  EXPECT_EQ(fresh("b.test."), second) << "the newest is the one that is shared";
  EXPECT_NE(fresh("b.test."), second);
}

TEST_F(YoungContextsTest, ARecentQuestionCountsForFreshOnes) {
  const auto first = recent("a.test.");
  EXPECT_EQ(recent("a.test."), first);
  EXPECT_NE(fresh("a.test."), first);
}

TEST_F(YoungContextsTest, ARecentAnswerIsNoOlderThanAMoment) {
  const auto first = recent("a.test.");
  clock.advance(YoungContexts::kMostAge);
  EXPECT_NE(recent("a.test."), first);
}

TEST_F(YoungContextsTest, OneForOneQuestionIsNewAndSharedAfterwards) {
  const auto first = fresh("a.test.");
  const auto own = contexts.for_one("b.test.");
  ASSERT_TRUE(own);
  EXPECT_NE(*own, first);
  EXPECT_EQ(fresh("c.test."), *own);
}

TEST_F(YoungContextsTest, OneServesABoundedNumberOfNames) {
  const auto first = fresh("first.test.");
  int more = 1;
  while (fresh(fmt::format("n{}.test.", more)) == first) ASSERT_LT(++more, 10'000);
  EXPECT_EQ(more, 1'000);
}

}  // namespace
}  // namespace paynamed::names
