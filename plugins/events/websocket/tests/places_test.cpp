// How many connections there may be, and of whom.
#include "places.hpp"

#include <gtest/gtest.h>

namespace paynamed::websocket {
namespace {

TEST(Places, APlaceIsTakenAndGivenBack) {
  Places places({3, 2, 10});
  EXPECT_EQ(places.enter("a"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("a"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("a"), Places::Answer::kTooManyOfPeer);
  EXPECT_EQ(places.enter("b"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("c"), Places::Answer::kFull);
  places.leave("a");
  EXPECT_EQ(places.enter("c"), Places::Answer::kFits);
  EXPECT_EQ(places.total(), 3U);
}

TEST(Places, ATenantHasItsOwnLimit) {
  Places places({10, 10, 1});
  EXPECT_TRUE(places.enter_tenant("shop"));
  EXPECT_FALSE(places.enter_tenant("shop"));
  EXPECT_TRUE(places.enter_tenant("other"));
  places.leave_tenant("shop");
  EXPECT_TRUE(places.enter_tenant("shop"));
}

TEST(Places, AnAddressCountsWithItsNetwork) {
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::2:3"));
  EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace paynamed::websocket
