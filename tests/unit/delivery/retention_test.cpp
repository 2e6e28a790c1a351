// Old rows go.
#include <gmock/gmock.h>

#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using std::chrono::hours;
using testing::SizeIs;

TEST_F(DeliveryFixture, WhatWasDeliveredIsKeptForItsTimeAndDeadLettersForTheirs) {
  wanted.keep_delivered = hours{1};
  wanted.keep_dead = hours{3};
  wanted.schedule = {base::Duration{0}};
  start();
  const std::string address = "https://shop.example.com/hook";
  const auto shop = make(address, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  happen(5);
  until([&] { return deliveries(shop).size() == 5; });
  notifier.answers[address] = [](const auto&) { return refused(); };
  happen(2);
  until([&] { return deliveries(shop).size() == 7; });
  pass(std::chrono::minutes{55});
  EXPECT_THAT(deliveries(shop), SizeIs(7));
  pass(std::chrono::minutes{10});
  EXPECT_THAT(deliveries(shop), SizeIs(2));
  pass(hours{2});
  EXPECT_THAT(deliveries(shop), SizeIs(0));
  EXPECT_EQ(row(shop).dead, 0U);
}

}  // namespace
}  // namespace paynamed::delivery
