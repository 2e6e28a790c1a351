// Nothing is sent twice that was written, and nothing that is written twice or cannot be told stops a target.
#include <gmock/gmock.h>

#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using state::WebhookState;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kShop = "https://shop.example.com/hook";

struct Repeats : DeliveryFixture {
  state::WebhookRow of_types(const std::string& address, std::vector<std::string> types) {
    return make(address, [&](auto& webhook) { webhook.settings.types = std::move(types); });
  }
};

TEST_F(Repeats, OneFarAheadThatWasUnderWayIsNotTakenForANewOne) {
  start();
  const auto shop = of_types(kShop, {"custom.rare"});
  notifier.hangs[kShop] = true;
  happen(1, "s", "custom.rare");
  happen(600, "s", "custom.thing");
  happen(1, "s", "custom.rare");
  settle();
  ASSERT_THAT(notifier.at(kShop), SizeIs(2));
  change(shop, [](auto& wish) { wish.state = WebhookState::kPaused; });
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->types = {"custom.*"};
    wish.state = WebhookState::kActive;
  });
  notifier.release();
  until([&] { return deliveries(shop).size() == 602; });
  settle();
  EXPECT_THAT(notifier.at(kShop), SizeIs(602)) << "each once";
}

TEST_F(Repeats, AReasonIsCutAtACharacter) {
  wanted.schedule = {base::Duration{0}};
  start();
  const auto shop = of_types(kShop, {"custom.*"});
  notifier.answers[kShop] = [](const auto&) {
    return refused(std::string(state::kMaxReasonBytes - 1, 'r') + "\u00e9");
  };
  happen(1);
  until([&] { return row(shop).dead == 1; });
  settle();
  EXPECT_THAT(events("webhook.dead_letter"), SizeIs(1));
}

TEST_F(Repeats, AnEventThatCannotBeWrittenCostsNoOutcome) {
  wanted.schedule = {base::Duration{0}};
  start();
  const auto shop = of_types(kShop, {"custom.*"});
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  // webhook.dead_letter names the type, and is too large with this one.
  happen(1, "s", "custom." + std::string(state::kMaxEventBytes, 'x'));
  until([&] { return row(shop).dead == 1; });
  EXPECT_THAT(events("webhook.dead_letter"), IsEmpty());
  notifier.answers.clear();
  happen(1);
  until([&] { return notifier.taken(kShop).size() == 1; });
}

}  // namespace
}  // namespace paynamed::delivery
