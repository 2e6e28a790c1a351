#include "tests/unit/delivery/delivery_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <tuple>

#include "delivery/webhook_events.hpp"

namespace paynamed::delivery {

void DeliveryFixture::SetUp() {
  open();
}

void DeliveryFixture::TearDown() {
  // Whoever hangs still must not hang beyond its test.
  notifier.release();
  engine.reset();
}

void DeliveryFixture::build() {
  const observe::Log::Settings all{observe::Level::kDebug, observe::Log::Format::kText};
  observe::Log log{all, time, [this](std::string_view line) { log_lines.emplace_back(line); }};
  feed = std::make_unique<events::EventFeed>(*store, events::EventFeed::Settings{});
  Services services{time, random, *store, *feed, std::move(log), metrics};
  services.settings = [this] { return std::make_shared<const Settings>(wanted); };
  services.deliver = [this](std::string instance, plugin::v1::DeliverRequest request) {
    return notifier.deliver(std::move(instance), std::move(request));
  };
  engine = std::make_unique<Engine>(io, std::move(services));
}

void DeliveryFixture::start() {
  if (!engine) build();
  bool started = false;
  boost::asio::co_spawn(io, engine->start(), [&](std::exception_ptr, base::Result<void> result) {
    EXPECT_TRUE(result);
    started = true;
  });
  until([&] { return started; }, "the start");
  settle();
}

void DeliveryFixture::crash() {
  engine.reset();
  // Who follows the log is told that it ends.
  store->close();
  settle();
  reopen();
}

bool DeliveryFixture::stop(base::Duration most) {
  std::optional<bool> rested;
  boost::asio::co_spawn(io, engine->stop(most), [&](std::exception_ptr, bool result) { rested = result; });
  until([&] { return rested.has_value(); }, "the stop");
  return rested.value_or(false);
}

state::WebhookRow DeliveryFixture::make(const std::string& address,
                                        const std::function<void(state::WebhookRow&)>& change) {
  state::NewWebhook wish;
  wish.webhook.id = author.id();
  wish.webhook.tenant = "default";
  wish.webhook.instance = "hooks";
  wish.webhook.settings.address = address;
  wish.webhook.created = wish.webhook.updated = time.wall();
  if (change) change(wish.webhook);
  const std::string id = wish.webhook.id.to_string();
  wish.event =
      author.event("webhook.created", id, fmt::format(R"({{"webhook":"{}","host":"shop.example.com"}})", id));
  std::optional<base::Result<state::CreatedWebhook>> created;
  boost::asio::co_spawn(io, store->create_webhook(std::move(wish)),
                        [&](std::exception_ptr, auto result) { created = std::move(result); });
  until([&] { return created.has_value(); }, "a webhook");
  EXPECT_TRUE(*created) << created->error().to_string();
  if (engine) engine->changed((*created)->webhook.id);
  settle();
  return (*created)->webhook;
}

state::WebhookChange DeliveryFixture::change_of(const state::WebhookRow& webhook) {
  state::WebhookChange wish;
  wish.tenant = "default";
  wish.id = webhook.id;
  wish.time = time.wall();
  wish.settings = webhook.settings;
  wish.event = webhook_event("webhook.changed", webhook, {{"changed", boost::json::array{"types"}}},
                             time.wall(), random);
  return wish;
}

void DeliveryFixture::change(const state::WebhookRow& webhook,
                             const std::function<void(state::WebhookChange&)>& what) {
  state::WebhookChange wish;
  wish.tenant = "default";
  wish.id = webhook.id;
  wish.time = time.wall();
  what(wish);
  bool changed = false;
  boost::asio::co_spawn(io, store->change_webhook(std::move(wish)), [&](std::exception_ptr, auto result) {
    EXPECT_TRUE(result);
    changed = true;
  });
  until([&] { return changed; }, "a change");
  engine->changed(webhook.id);
  settle();
}

std::vector<std::string> DeliveryFixture::happen(int events, const std::string& subject,
                                                 const std::string& type) {
  std::vector<state::NewEvent> news;
  std::vector<std::string> ids;
  for (int i = 0; i < events; ++i) {
    news.push_back(author.event(type, subject, state::custom_data()));
    ids.push_back(news.back().id.to_string());
  }
  bool written = false;
  boost::asio::co_spawn(io, store->append("default", std::move(news)), [&](std::exception_ptr, auto result) {
    EXPECT_TRUE(result);
    written = true;
  });
  until([&] { return written; }, "events");
  return ids;
}

void DeliveryFixture::settle() {
  const auto run = [&] {
    io.restart();
    return io.poll();
  };
  // The writer has a thread of its own: what was queued there before an empty write has come back with it.
  do {
    run();
    boost::asio::io_context writes;
    std::ignore = state::wait_for(writes, store->append("default", {}));
  } while (run() > 0);
}

void DeliveryFixture::until(const std::function<bool()>& done, const char* what) {
  for (int i = 0; i < 3'000; ++i) {
    settle();
    if (done()) break;
    if (const auto next = time.until_next()) time.advance(std::max(*next, base::Duration{1}));
  }
  EXPECT_TRUE(done()) << what;
}

void DeliveryFixture::pass(base::Duration by) {
  const base::WallTime end = time.wall() + by;
  settle();
  while (time.wall() < end) {
    const auto next = time.until_next();
    const base::Duration left = end - time.wall();
    time.advance(next ? std::clamp(*next, base::Duration{1}, left) : left);
    settle();
  }
}

state::WebhookRow DeliveryFixture::row(const state::WebhookRow& webhook) {
  const auto found = store->load_webhook(webhook.id);
  EXPECT_TRUE(found && *found);
  return found && *found ? **found : state::WebhookRow{};
}

std::vector<state::DeliveryRow> DeliveryFixture::deliveries(const state::WebhookRow& webhook) {
  state::DeliveryFilter filter;
  filter.webhook = webhook.id;
  auto rows = store->list_deliveries("default", filter, 0, 1'000).value().rows;
  std::ranges::reverse(rows);
  return rows;
}

std::vector<state::AttemptRow> DeliveryFixture::attempts(const state::WebhookRow& webhook,
                                                         std::uint64_t seq) {
  return store->attempts_of(webhook.id, seq, 100).value();
}

std::vector<state::Event> DeliveryFixture::events(const std::string& type) {
  std::vector<state::Event> some;
  state::Position after;
  for (;;) {
    auto page = store->events_after("default", after, 1'000).value();
    if (page.events.empty()) return some;
    after = page.next;
    for (state::Event& each : page.events) {
      if (each.type == type) some.push_back(std::move(each));
    }
  }
}

}  // namespace paynamed::delivery
