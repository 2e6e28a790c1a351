// Which events a filter lets through.
#include "filter.hpp"

#include <gtest/gtest.h>

namespace paynamed::websocket {
namespace {

Filter made(std::vector<std::string> types, std::vector<std::string> names) {
  return Filter::make(std::move(types), std::move(names)).value();
}

TEST(Filter, LetsThroughWhatItsTypesAndNamesSay) {
  const struct {
    const char* rule;
    std::vector<std::string> types;
    std::vector<std::string> names;
    std::string type;
    std::string name;
    bool matches;
  } cases[] = {
      {"nothing is everything", {}, {}, "payment.received", "", true},
      {"a star is everything", {"*"}, {}, "payment.received", "", true},
      {"a type is itself", {"payment.received"}, {}, "payment.received", "", true},
      {"and nothing else", {"payment.received"}, {}, "payment.received_late", "", false},
      {"a star after a dot is all below", {"payment.*"}, {}, "payment.received", "", true},
      {"but not the word alone", {"payment.*"}, {}, "payments.received", "", false},
      {"one of several is enough", {"order.paid", "payment.*"}, {}, "payment.received", "", true},
      {"a name is itself", {}, {"alice@example.com"}, "x.y", "alice@example.com", true},
      {"however it was written", {}, {"Alice@Example.COM"}, "x.y", "alice@example.com", true},
      {"another name is not", {}, {"alice@example.com"}, "x.y", "bob@example.com", false},
      {"what is about no name is not", {}, {"alice@example.com"}, "x.y", "", false},
      {"both have to", {"payment.*"}, {"alice@example.com"}, "order.paid", "alice@example.com", false},
  };
  for (const auto& each : cases)
    EXPECT_EQ(made(each.types, each.names).matches(each.type, each.name), each.matches) << each.rule;
}

TEST(Filter, WhatIsNoFilterIsRefused) {
  const std::vector<std::string> types[] = {{""},
                                            {"."},
                                            {"a..b"},
                                            {"*.paid"},
                                            {"pay*"},
                                            {"Payment.*"},
                                            {".*"},
                                            {std::string(65, 'a')},
                                            std::vector<std::string>(65, "a.b")};
  for (const auto& each : types) EXPECT_FALSE(Filter::make(each, {}).ok()) << each.front();
  const std::vector<std::string> names[] = {{""},
                                            {"alice"},
                                            {"@example.com"},
                                            {"alice@"},
                                            {"a@b@c"},
                                            {"a b@c"},
                                            {std::string(300, 'a') + "@b"},
                                            std::vector<std::string>(1'001, "a@b")};
  for (const auto& each : names) EXPECT_FALSE(Filter::make({}, each).ok()) << each.front();
}

TEST(Filter, ANameOutsideOfTheScopeIsFound) {
  const Filter scope = made({}, {"a@x.org", "b@x.org"});
  EXPECT_EQ(made({}, {"a@x.org"}).name_outside(scope), "");
  EXPECT_EQ(made({}, {"a@x.org", "c@x.org"}).name_outside(scope), "c@x.org");
  EXPECT_EQ(made({}, {"c@x.org"}).name_outside(Filter()), "");
}

}  // namespace
}  // namespace paynamed::websocket
