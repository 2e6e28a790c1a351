// Events about targets.
#include "delivery/webhook_events.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace paynamed::delivery {
namespace {

TEST(WebhookEvents, SayTheHostAlone) {
  struct Case {
    const char* address;
    const char* host;
  };
  for (const Case& each : {
           Case{"https://shop.example.com/hook?key=s", "shop.example.com"},
           Case{"https://user:secret@shop.example.com:8443/x", "shop.example.com"},
           Case{"https://shop.example.com?secret@else", "shop.example.com"},
           Case{"https://shop.example.com#secret", "shop.example.com"},
           Case{"http://[2001:db8::1]:80/x", "[2001:db8::1]"},
           Case{"secret words", ""},
       }) {
    EXPECT_EQ(host_of(each.address), each.host) << each.address;
  }
}

TEST(WebhookEvents, AreOfTheirWebhook) {
  base::SeededRandom random{1};
  state::WebhookRow webhook;
  webhook.id = base::Uuid::v7(base::WallTime{base::Duration{5}}, random);
  webhook.settings.address = "https://shop.example.com/secret";
  const auto event = webhook_event("webhook.disabled", webhook, {{"code", "gone"}}, {}, random);
  EXPECT_EQ(event.subject, webhook.id.to_string());
  const auto data = boost::json::parse(event.data);
  EXPECT_EQ(data.at("webhook").as_string(), webhook.id.to_string());
  EXPECT_EQ(data.at("host").as_string(), "shop.example.com");
  EXPECT_EQ(data.at("code").as_string(), "gone");
  EXPECT_TRUE(is_about(event.type, event.subject, webhook.id.to_string()));
  EXPECT_FALSE(is_about(event.type, event.subject, "other"));
  EXPECT_FALSE(is_about("custom.thing", event.subject, webhook.id.to_string()));
}

}  // namespace
}  // namespace paynamed::delivery
