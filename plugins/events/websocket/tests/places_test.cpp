// How many connections there may be, and of whom.
#include "places.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

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
  for (int i = 0; i < 3; ++i) EXPECT_EQ(places.enter("a"), Places::Answer::kFits);
  EXPECT_TRUE(places.enter_tenant("shop"));
  EXPECT_FALSE(places.enter_tenant("shop"));
  EXPECT_TRUE(places.enter_tenant("other"));
  places.leave_tenant("shop");
  EXPECT_TRUE(places.enter_tenant("shop"));
}

TEST(Places, StrangersLeaveRoomForOthers) {
  Places places({10, 10, 10, 2});
  EXPECT_EQ(places.enter("a"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("b"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("c"), Places::Answer::kFull);
  EXPECT_TRUE(places.enter_tenant("shop"));
  EXPECT_EQ(places.enter("c"), Places::Answer::kFits);
  EXPECT_EQ(places.enter("d"), Places::Answer::kFull);
  places.leave("c");
  places.leave_tenant("shop");
  places.leave("a");
  EXPECT_EQ(places.enter("d"), Places::Answer::kFits) << "b and d";
  EXPECT_EQ(places.enter("e"), Places::Answer::kFull);
}

TEST(Places, OfManyAQuarterMayBeStrangersAndOfFewAll) {
  EXPECT_EQ(share_of_unnamed(20'000), 5'000U);
  EXPECT_EQ(share_of_unnamed(100), 64U);
  EXPECT_EQ(share_of_unnamed(3), 3U);
}

TEST(Places, AServerHasAQuarterOfTheFilesThatTheProcessMayOpen) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 400;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(share_of_descriptors(), 100U);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Places, AnAddressCountsWithItsNetwork) {
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::2:3"));
  EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace paynamed::websocket
