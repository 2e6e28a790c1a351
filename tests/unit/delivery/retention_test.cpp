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

TEST_F(DeliveryFixture, SecretsAreErasedWhenTheirGraceTimeIsOver) {
  start();
  const std::string address = "https://shop.example.com/hook";
  const auto shop = make(address, [&](state::WebhookRow& webhook) {
    webhook.settings.types = {"custom.*"};
    webhook.secrets = {{state::WebhookSecret::Kind::kHmac, "s2", "", time.wall(), {}},
                       {state::WebhookSecret::Kind::kHmac, "s1", "", time.wall(), time.wall() + hours{1}}};
  });
  pass(hours{1});
  EXPECT_THAT(row(shop).secrets, SizeIs(2)) << "an attempt of a moment ago may still read it";
  pass(std::chrono::minutes{7});
  ASSERT_THAT(row(shop).secrets, SizeIs(1));
  EXPECT_EQ(row(shop).secrets[0].name, "s2");
  happen(1);
  until([&] { return deliveries(shop).size() == 1; });
  EXPECT_THAT(notifier.at(address), SizeIs(1));
  EXPECT_THAT(notifier.at(address)[0].keys, SizeIs(1));
  EXPECT_TRUE(row(shop).delivered) << "what came of it is of this revision";
}

}  // namespace
}  // namespace paynamed::delivery
