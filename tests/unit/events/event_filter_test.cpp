// Filters: what is one, and what it lets through.
#include "events/event_filter.hpp"

#include <gtest/gtest.h>

namespace paynamed::events {
namespace {

struct Case {
  const char* rule;
  std::vector<std::string> types;
  std::vector<std::string> names;
  std::string type;
  std::string name;
  bool matches;
};

TEST(EventFilter, LetsThroughWhatItSays) {
  const std::vector<Case> cases{
      {"nothing said is everything", {}, {}, "payment.received", "alice@example.com", true},
      {"nothing said is also what is about no name", {}, {}, "domain.degraded", "", true},
      {"a star alone", {"*"}, {}, "node.added", "", true},
      {"a whole type", {"payment.received"}, {}, "payment.received", "", true},
      {"a whole type is not a prefix", {"payment"}, {}, "payment.received", "", false},
      {"a family", {"payment.*"}, {}, "payment.received", "", true},
      {"a family ends at its dot", {"pay.*"}, {}, "payment.received", "", false},
      {"the family's own word is not in it", {"payment.*"}, {}, "payment", "", false},
      {"one of several", {"name.*", "order.paid"}, {}, "order.paid", "", true},
      {"none of several", {"name.*", "order.paid"}, {}, "order.late", "", false},
      {"a name", {}, {"alice@example.com"}, "name.live", "alice@example.com", true},
      {"a name is folded", {}, {"ALICE@Example.COM"}, "name.live", "alice@example.com", true},
      {"another name", {}, {"alice@example.com"}, "name.live", "bob@example.com", false},
      {"no name when names are asked for", {}, {"alice@example.com"}, "domain.degraded", "", false},
      {"both have to fit", {"name.*"}, {"alice@example.com"}, "run.paused", "alice@example.com", false},
  };
  for (const Case& each : cases) {
    const auto filter = EventFilter::make(each.types, each.names);
    ASSERT_TRUE(filter) << each.rule;
    EXPECT_EQ(filter->matches(each.type, each.name), each.matches) << each.rule;
  }
}

TEST(EventFilter, RefusesWhatIsNone) {
  for (const auto* type : {"", ".", "payment.", ".paid", "pay*", "*.paid", "Payment.*", "a..b", "pay ment",
                           "**", "payment.**", "payment.re*"}) {
    const auto filter = EventFilter::make({type}, {});
    ASSERT_FALSE(filter) << type;
    EXPECT_EQ(filter.error().code(), base::Code::kInvalidArgument) << type;
  }
  for (const auto* name : {"", "alice", "@example.com", "alice@", "al ice@example.com"}) {
    EXPECT_FALSE(EventFilter::make({}, {name})) << name;
  }
  EXPECT_FALSE(EventFilter::make(std::vector<std::string>(kMostTypePatterns + 1, "name.live"), {}));
  EXPECT_FALSE(EventFilter::make({}, std::vector<std::string>(kMostFilteredNames + 1, "a@example.com")));
}

}  // namespace
}  // namespace paynamed::events
