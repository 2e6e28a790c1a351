// How many nodes are tried at once.
#include "nodes/trial_places.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

namespace paynamed::nodes {
namespace {

using base::Code;
using ::testing::HasSubstr;

struct TrialPlacesTest : ::testing::Test {
  static state::NodePlace place(int number, const std::string& instance = "node") {
    return {instance, fmt::format("https://n{}:1", number)};
  }
  std::vector<TrialPlaces::Trial> held;
  // How many of so many trials at places of their own are let in; they stay.
  std::size_t let_in(const std::string& tenant, std::size_t wanted, const std::string& instance = "node") {
    std::size_t in = 0;
    for (std::size_t i = 0; i < wanted; ++i) {
      auto trial = places.take(tenant, place(next++, instance));
      if (!trial) continue;
      ++in;
      held.push_back(*std::move(trial));
    }
    return in;
  }
  int next = 100;
  TrialPlaces places;
};

TEST_F(TrialPlacesTest, OneAtAPlace) {
  auto first = places.take("shop", place(1));
  ASSERT_TRUE(first);
  for (const char* tenant : {"shop", "other"}) {
    const auto second = places.take(tenant, place(1));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Code::kResourceExhausted);
    EXPECT_GT(second.error().retry_after_ms(), 0U);
    EXPECT_THAT(second.error().message(), HasSubstr("being tried"));
  }
  EXPECT_TRUE(places.take("shop", place(1, "node2")));
  first->reset();
  EXPECT_TRUE(places.take("other", place(1)));
}

TEST_F(TrialPlacesTest, AFewOfATenant) {
  EXPECT_EQ(let_in("shop", 20), TrialPlaces::kMostOfTenant);
  EXPECT_EQ(places.take("shop", place(1)).error().code(), Code::kResourceExhausted);
  EXPECT_EQ(let_in("other", 1), 1U);
  EXPECT_EQ(let_in("shop", 1, "node2"), 1U);
  held.clear();
  EXPECT_EQ(let_in("shop", 1), 1U);
}

TEST_F(TrialPlacesTest, NotManyAtAnInstance) {
  std::size_t in = 0;
  for (int tenant = 0; tenant < 20; ++tenant) in += let_in(fmt::format("t{}", tenant), 2);
  EXPECT_EQ(in, TrialPlaces::kMostOfInstance);
  EXPECT_EQ(let_in("t0", 1, "node2"), 1U);
}

TEST_F(TrialPlacesTest, ATrialMayEndLast) {
  TrialPlaces::Trial trial;
  {
    TrialPlaces brief;
    trial = *brief.take("shop", place(1));
  }
  trial.reset();
}

}  // namespace
}  // namespace paynamed::nodes
