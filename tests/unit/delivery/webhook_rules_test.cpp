// What a webhook may ask for, rule by rule.
#include "delivery/webhook_rules.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace paynamed::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

state::WebhookSettings good() {
  state::WebhookSettings settings;
  settings.address = "https://shop.example.com/hooks";
  settings.types = {"payment.*", "name.live"};
  settings.names = {"Bob@example.com", "alice@example.com"};
  settings.schedule = {0s, 5s, 168h};
  settings.concurrency = 64;
  settings.per_minute = 60'000;
  return settings;
}

TEST(WebhookRules, WhatIsFineIsKeptWithItsNamesFolded) {
  const auto settings = checked(good());
  ASSERT_TRUE(settings) << settings.error().to_string();
  EXPECT_THAT(settings->names, ElementsAre("alice@example.com", "bob@example.com"));
  EXPECT_THAT(settings->types, ElementsAre("payment.*", "name.live"));
  state::WebhookSettings least;
  least.address = "x";
  EXPECT_TRUE(checked(least));
}

TEST(WebhookRules, EachRuleIsNamedWhenItIsBroken) {
  using Break = std::function<void(state::WebhookSettings&)>;
  struct Case {
    const char* rule;
    Break how;
    const char* said;
  };
  for (const Case& each : {
           Case{"no address", [](auto& s) { s.address.clear(); }, "has an address"},
           Case{"long address", [](auto& s) { s.address.assign(2'049, 'a'); }, "2048 bytes"},
           Case{"long description", [](auto& s) { s.description.assign(513, 'a'); }, "512 bytes"},
           Case{"21 waits", [](auto& s) { s.schedule.assign(21, 1s); }, "1 to 20 waits"},
           Case{"a wait of 8 days", [](auto& s) { s.schedule = {192h}; }, "0s to 7d"},
           Case{"a wait before now", [](auto& s) { s.schedule = {-1s}; }, "0s to 7d"},
           Case{"concurrency 65", [](auto& s) { s.concurrency = 65; }, "concurrency is 1 to 64"},
           Case{"per_minute 60001", [](auto& s) { s.per_minute = 60'001; }, "per_minute is 1 to 60000"},
           Case{"a type with a star inside", [](auto& s) { s.types = {"pay*ment"}; }, "payment.*"},
           Case{"65 types", [](auto& s) { s.types.assign(65, "name.live"); }, "at most 64 types"},
           Case{"no name", [](auto& s) { s.names = {"alice"}; }, ""},
       }) {
    state::WebhookSettings settings = good();
    each.how(settings);
    const auto result = checked(std::move(settings));
    ASSERT_FALSE(result) << each.rule;
    EXPECT_EQ(result.error().code(), base::Code::kInvalidArgument) << each.rule;
    EXPECT_THAT(result.error().message(), HasSubstr(each.said)) << each.rule;
  }
}

}  // namespace
}  // namespace paynamed::delivery
