// How much of the look-ups one domain can take.
#include "net/lookup_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::net {
namespace {

using testing::HasSubstr;

TEST(LookupPlaces, OneDomainLeavesPlacesToOthers) {
  LookupPlaces places(6, 2);
  EXPECT_TRUE(places.take("a.evil.example").ok());
  EXPECT_TRUE(places.take("b.c.evil.example").ok());
  for (const std::string host : {"a.evil.example", "d.evil.example", "evil.example"}) {
    const auto none = places.take(host);
    EXPECT_EQ(none.code(), base::Code::kResourceExhausted) << host;
    EXPECT_THAT(none.message(), HasSubstr("below evil.example"));
  }
  EXPECT_TRUE(places.take("notevil.example").ok());
  EXPECT_TRUE(places.take("hook.good.example").ok());
  EXPECT_TRUE(places.take("localhost").ok());
  places.give("a.evil.example");
  EXPECT_TRUE(places.take("e.evil.example").ok()) << "there is room again";
}

TEST(LookupPlaces, AllTogetherAreBounded) {
  LookupPlaces places(3);
  EXPECT_TRUE(places.take("a.example").ok());
  EXPECT_TRUE(places.take("b.a.example").ok());
  EXPECT_TRUE(places.take("c.a.example").ok()) << "no bound for a domain";
  EXPECT_EQ(places.take("other.test").code(), base::Code::kResourceExhausted);
  places.give("b.a.example");
  EXPECT_TRUE(places.take("other.test").ok());
}

}  // namespace
}  // namespace paynamed::net
