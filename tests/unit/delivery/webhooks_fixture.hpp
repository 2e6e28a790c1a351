// Webhooks over a real store, a fake notifier and a clock that stands.
#pragma once

#include <gmock/gmock.h>

#include "../state/state_fixture.hpp"
#include "delivery/webhooks.hpp"
#include "tests/fakes/delivery/fake_notifier.hpp"

namespace paynamed::delivery {

inline constexpr const char* kAddress = "https://shop.example.com/hooks?token=nobody-knows-it";

struct WebhooksTest : state::StoreTest {
  void SetUp() override {
    open();
    vault = std::make_unique<nodes::Vault>(*store, random, [this] { return key; });
    webhooks = std::make_unique<Webhooks>(Webhooks::Dependencies{
        *store, *store, *vault, now, random, log, notifier.caller(), [this] { return notifier.instances; },
        [this](const base::Uuid& id) { changed.push_back(id); }});
  }
  static WebhookToCreate wish(const std::string& tenant = "default") {
    WebhookToCreate wish;
    wish.tenant = tenant;
    wish.settings.address = kAddress;
    return wish;
  }
  base::Result<ShownWebhook> create(WebhookToCreate wanted = wish()) {
    return state::wait_for(io, webhooks->create(std::move(wanted)));
  }
  base::Result<ShownWebhook> change(WebhookPatch patch) {
    return state::wait_for(io, webhooks->change(std::move(patch)));
  }
  base::Result<ShownWebhook> rotate(const base::Uuid& id, base::Duration grace,
                                    std::optional<bool> asymmetric = {}) {
    RotationWish wanted;
    wanted.tenant = "default";
    wanted.id = id;
    wanted.grace = grace;
    wanted.asymmetric = asymmetric;
    return state::wait_for(io, webhooks->rotate(std::move(wanted)));
  }
  base::Result<state::WebhookRow> set_state(const base::Uuid& id, state::WebhookState state) {
    StateWish wanted;
    wanted.tenant = "default";
    wanted.id = id;
    wanted.state = state;
    return state::wait_for(io, webhooks->set_state(std::move(wanted)));
  }
  base::Result<TestAttempt> test(const base::Uuid& id) {
    return state::wait_for(io, webhooks->test("default", id));
  }
  std::vector<std::string> event_types() {
    std::vector<std::string> types;
    const auto page = store->events_after("default", {}, 100);
    for (const auto& event : page->events) types.push_back(event.type);
    return types;
  }
  std::string last_event() { return store->events_after("default", {}, 100)->events.back().data; }

  // Deliveries of `count` events that are in the log from now on, as the engine would write them.
  void deliver(const base::Uuid& webhook, int count, state::DeliveryState as,
               const std::string& type = "custom.thing") {
    for (int i = 0; i < count; ++i) {
      auto done = state::wait_for(
          io, store->append("default", {author.event(type, "alice@example.com", state::custom_data())}));
      ASSERT_TRUE(done) << done.error().to_string();
      const auto event = store->events_after("default", {}, 1'000)->events.back();
      state::DeliveryUpdate update;
      update.webhook = webhook;
      update.cursor = event.seq;
      state::DeliveryUpdate::Done each;
      each.delivery.webhook = webhook;
      each.delivery.seq = event.seq;
      each.delivery.state = as;
      each.delivery.attempts = each.delivery.tries = 1;
      each.delivery.created = each.delivery.updated = now.wall();
      if (as == state::DeliveryState::kWaiting) each.delivery.next = now.wall() + base::Duration{60'000};
      each.attempt = state::AttemptRow{
          1, now.wall(), base::Duration{7}, 503, as == state::DeliveryState::kDelivered, "", "busy\xff"};
      update.done.push_back(std::move(each));
      done = state::wait_for(io, store->record_deliveries(std::move(update)));
      ASSERT_TRUE(done) << done.error().to_string();
    }
  }
  state::WebhookRow row(const base::Uuid& id) { return **store->find_webhook("default", id); }

  base::ManualClock now{author.now};
  base::SystemRandom random;
  base::Result<host::SealingKey> key = host::SealingKey::from_hex(std::string(64, 'a'));
  std::vector<std::string> lines;
  observe::Log log{
      {observe::Level::kTrace}, clock, [this](std::string_view line) { lines.emplace_back(line); }};
  FakeNotifier notifier;
  std::vector<base::Uuid> changed;
  std::unique_ptr<nodes::Vault> vault;
  std::unique_ptr<Webhooks> webhooks;
};

}  // namespace paynamed::delivery
