// Webhooks: targets with their secrets, deliveries with their attempts, the order of subjects, replay and
// pruning.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Webhooks : StoreTest {
  void SetUp() override { open(); }

  NewEvent news(const std::string& type, base::Uuid id) {
    return author.event(
        type, id.to_string(),
        fmt::format(
            R"({{"webhook":"{}","host":"shop.example.com","changed":["types"],"before":"active","code":"gone","reason":"r","since":"2026-11-27T12:00:00.000Z"}})",
            id.to_string()));
  }
  NewWebhook wish(const std::string& tenant = "default") {
    NewWebhook wanted;
    wanted.webhook.id = author.id();
    wanted.webhook.tenant = tenant;
    wanted.webhook.instance = "hooks";
    wanted.webhook.settings.address = "https://shop.example.com/hook";
    wanted.webhook.created = wanted.webhook.updated = author.now;
    wanted.event = news("webhook.created", wanted.webhook.id);
    return wanted;
  }
  Result<CreatedWebhook> create(NewWebhook wanted) {
    return wait_for(io, store->create_webhook(std::move(wanted)));
  }
  WebhookRow made(const std::function<void(WebhookRow&)>& change = {}) {
    NewWebhook wanted = wish();
    if (change) change(wanted.webhook);
    auto created = create(std::move(wanted));
    EXPECT_TRUE(created) << created.error().to_string();
    return created ? created->webhook : WebhookRow{};
  }
  // So many events that are about nothing else here.
  void happen(int events, const std::string& subject = "s", const std::string& tenant = "default") {
    std::vector<NewEvent> news;
    for (int i = 0; i < events; ++i) news.push_back(author.event("custom.thing", subject, custom_data()));
    ASSERT_TRUE(wait_for(io, store->append(tenant, std::move(news))));
  }
  WebhookRow row(const WebhookRow& webhook) {
    auto found = store->load_webhook(webhook.id);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : WebhookRow{};
  }

  DeliveryUpdate::Done outcome(std::uint64_t seq, DeliveryState state, std::uint32_t attempts = 1,
                               const std::string& subject = "s") {
    DeliveryUpdate::Done done;
    done.delivery.seq = seq;
    done.delivery.state = state;
    done.delivery.subject = subject;
    done.delivery.attempts = done.delivery.tries = attempts;
    done.delivery.created = done.delivery.updated = author.now;
    const bool delivered = state == DeliveryState::kDelivered;
    if (state == DeliveryState::kWaiting) done.delivery.next = author.now + base::Duration{5'000};
    if (!delivered) done.delivery.reason = "the receiver answered 500";
    if (attempts > 0) {
      done.attempt = AttemptRow{
          attempts, author.now, base::Duration{12}, delivered ? 200U : 500U, delivered, done.delivery.reason,
          "answer"};
    }
    return done;
  }
  Result<void> record_all(const WebhookRow& webhook, std::vector<DeliveryUpdate::Done> done,
                          std::optional<std::uint64_t> cursor = std::nullopt) {
    DeliveryUpdate update;
    update.webhook = webhook.id;
    update.done = std::move(done);
    update.cursor = cursor;
    return wait_for(io, store->record_deliveries(std::move(update)));
  }
  std::vector<DeliveryRow> deliveries(const WebhookRow& webhook, DeliveryFilter filter = {}) {
    filter.webhook = webhook.id;
    auto list = store->list_deliveries("default", filter, 0, 1'000);
    EXPECT_TRUE(list) << list.error().to_string();
    return list ? list->rows : std::vector<DeliveryRow>{};
  }
  DeliveryRow delivery(const WebhookRow& webhook, std::uint64_t seq) {
    auto found = store->find_delivery("default", webhook.id, seq);
    EXPECT_TRUE(found && *found) << seq;
    return found && *found ? **found : DeliveryRow{};
  }
  std::uint64_t replay(const WebhookRow& webhook, DeliveryFilter filter = {},
                       std::vector<DeliveryRow> more = {}) {
    filter.webhook = webhook.id;
    auto rows = wait_for(io, store->replay_deliveries("default", filter, std::move(more), author.now));
    EXPECT_TRUE(rows) << rows.error().to_string();
    return rows.value_or(0);
  }
};

std::vector<std::uint64_t> seqs(const std::vector<DeliveryRow>& rows) {
  std::vector<std::uint64_t> list;
  for (const DeliveryRow& row : rows) list.push_back(row.seq);
  return list;
}

TEST_F(Webhooks, AreKeptAsTheyWereMade) {
  happen(3);
  NewWebhook wanted = wish();
  WebhookSettings& wished = wanted.webhook.settings;
  wished.description = "the shop";
  wished.types = {"payment.*", "name.live"};
  wished.names = {"alice@example.com"};
  wished.schedule = {base::Duration{0}, base::Duration{5'000}};
  wished.concurrency = 3;
  wished.per_minute = 60;
  wished.ordered = true;
  WebhookSecret secret{WebhookSecret::Kind::kEd25519, "s1", "whpk_abc", author.now, author.now};
  wanted.webhook.secrets = {secret};
  wanted.secrets = {{secret_handle(wanted.webhook, "s1"), {1, 2}}};
  const auto created = create(wanted);
  ASSERT_TRUE(created) << created.error().to_string();
  reopen();
  const WebhookRow kept = row(created->webhook);
  EXPECT_EQ(kept.tenant, "default");
  EXPECT_EQ(kept.instance, "hooks");
  EXPECT_EQ(kept.settings.address, wished.address);
  EXPECT_EQ(kept.settings.description, "the shop");
  EXPECT_EQ(kept.settings.types, wished.types);
  EXPECT_EQ(kept.settings.names, wished.names);
  EXPECT_EQ(kept.settings.schedule, wished.schedule);
  EXPECT_EQ(kept.settings.concurrency, 3U);
  EXPECT_EQ(kept.settings.per_minute, 60U);
  EXPECT_TRUE(kept.settings.ordered);
  ASSERT_THAT(kept.secrets, SizeIs(1));
  EXPECT_EQ(kept.secrets[0].kind, WebhookSecret::Kind::kEd25519);
  EXPECT_EQ(kept.secrets[0].name, "s1");
  EXPECT_EQ(kept.secrets[0].public_key, "whpk_abc");
  EXPECT_EQ(kept.secrets[0].until, author.now);
  EXPECT_EQ(kept.state, WebhookState::kActive);
  EXPECT_EQ(kept.revision, 1U);
  EXPECT_EQ(kept.cursor, (Position{1, 4})) << "behind webhook.created";
  EXPECT_EQ(store->find_secret(secret_handle(kept, "s1"))->value().bytes, (std::vector<std::uint8_t>{1, 2}));
  expect_sound();
}

TEST_F(Webhooks, BeginWhereTheyAreTold) {
  happen(5);
  NewWebhook wanted = wish();
  wanted.from_now = false;
  wanted.webhook.cursor = {1, 2};
  EXPECT_EQ(create(wanted)->webhook.cursor, (Position{1, 2}));
  for (const Position elsewhere : {Position{2, 2}, Position{1, 99}}) {
    NewWebhook other = wish();
    other.from_now = false;
    other.webhook.cursor = elsewhere;
    EXPECT_EQ(create(other).error().code(), Code::kOutOfRange);
  }
  NewWebhook start = wish();
  start.from_now = false;
  start.webhook.cursor = {7, 0};
  EXPECT_TRUE(create(start)) << "the start is a position of every epoch";
}

TEST_F(Webhooks, OneRequestMakesOne) {
  NewWebhook wanted = wish();
  wanted.idempotency_key = "k";
  wanted.request_hash = "h";
  const auto first = create(wanted);
  NewWebhook again = wish();
  again.idempotency_key = "k";
  again.request_hash = "h";
  const auto second = create(again);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->webhook.id, first->webhook.id);
  again.request_hash = "other";
  EXPECT_EQ(create(again).error().code(), Code::kInvalidArgument);
  ASSERT_TRUE(wait_for(
      io, store->delete_webhook("default", first->webhook.id, news("webhook.deleted", first->webhook.id))));
  again.request_hash = "h";
  EXPECT_EQ(create(again).error().code(), Code::kFailedPrecondition);
}

TEST_F(Webhooks, ATenantSeesItsOwn) {
  const WebhookRow mine = made();
  EXPECT_TRUE(store->find_webhook("default", mine.id)->has_value());
  EXPECT_FALSE(store->find_webhook("other", mine.id)->has_value());
  EXPECT_THAT(*store->list_webhooks("other", {}, 10), IsEmpty());
  EXPECT_THAT(*store->list_webhooks("default", {}, 10), SizeIs(1));
  DeliveryFilter filter;
  filter.webhook = mine.id;
  EXPECT_EQ(store->list_deliveries("other", filter, 0, 10).error().code(), Code::kNotFound);
  EXPECT_EQ(wait_for(io, store->replay_deliveries("other", filter, {}, author.now)).error().code(),
            Code::kNotFound);
  EXPECT_EQ(
      wait_for(io, store->delete_webhook("other", mine.id, news("webhook.deleted", mine.id))).error().code(),
      Code::kNotFound);
}

TEST_F(Webhooks, AChangeNeedsTheRevisionThatWasRead) {
  const WebhookRow mine = made();
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.expected_revision = 1;
  change.settings = mine.settings;
  change.settings->address = "https://elsewhere.example/";
  change.time = author.now;
  change.event = news("webhook.changed", mine.id);
  const auto changed = wait_for(io, store->change_webhook(change));
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(changed->revision, 2U);
  EXPECT_EQ(row(mine).settings.address, "https://elsewhere.example/");
  EXPECT_EQ(wait_for(io, store->change_webhook(change)).error().code(), Code::kAborted);
}

TEST_F(Webhooks, SecretsThatAreLeftOutAreErased) {
  NewWebhook wanted = wish();
  wanted.webhook.secrets = {{WebhookSecret::Kind::kHmac, "s1", "", author.now, {}}};
  wanted.secrets = {{secret_handle(wanted.webhook, "s1"), {1}}};
  const WebhookRow mine = create(wanted)->webhook;
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.secrets = {{{WebhookSecret::Kind::kHmac, "s2", "", author.now, {}},
                     {WebhookSecret::Kind::kHmac, "s1", "", author.now, author.now}}};
  change.sealed = {{secret_handle(mine, "s2"), {2}}};
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  EXPECT_TRUE(store->find_secret(secret_handle(mine, "s1"))->has_value()) << "it counts still";
  change.secrets = {{{WebhookSecret::Kind::kHmac, "s2", "", author.now, {}}}};
  change.sealed.clear();
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  EXPECT_FALSE(store->find_secret(secret_handle(mine, "s1"))->has_value());
  EXPECT_TRUE(store->find_secret(secret_handle(mine, "s2"))->has_value());
}

TEST_F(Webhooks, OutcomesAndTheCursorAreOneTransaction) {
  const WebhookRow mine = made();
  happen(4);
  ASSERT_TRUE(record_all(mine,
                         {outcome(2, DeliveryState::kDelivered), outcome(3, DeliveryState::kWaiting),
                          outcome(4, DeliveryState::kDead)},
                         4));
  WebhookRow now = row(mine);
  EXPECT_EQ(now.cursor.seq, 4U);
  EXPECT_EQ(now.waiting, 1U);
  EXPECT_EQ(now.dead, 1U);
  ASSERT_TRUE(record_all(mine, {outcome(3, DeliveryState::kDelivered, 2)}, 2));
  now = row(mine);
  EXPECT_EQ(now.cursor.seq, 4U) << "only forward";
  EXPECT_EQ(now.waiting, 0U);
  EXPECT_THAT(seqs(deliveries(mine)), ElementsAre(4, 3, 2));
  const DeliveryRow third = delivery(mine, 3);
  EXPECT_EQ(third.type, "custom.thing");
  EXPECT_EQ(third.subject, "s");
  EXPECT_NE(third.event, base::Uuid{});
  EXPECT_EQ(third.attempts, 2U);
}

TEST_F(Webhooks, AttemptsAreKeptInTheirOrder) {
  const WebhookRow mine = made();
  happen(1);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kWaiting, 0)}, 2));
  EXPECT_THAT(*store->attempts_of(mine.id, 2, 10), IsEmpty());
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    auto done = outcome(2, number == 3 ? DeliveryState::kDelivered : DeliveryState::kWaiting, number);
    done.attempt->answer = std::string(kMaxAnswerBytes + 5, static_cast<char>('0' + number));
    ASSERT_TRUE(record_all(mine, {done}));
  }
  const auto attempts = store->attempts_of(mine.id, 2, 10);
  ASSERT_THAT(*attempts, SizeIs(3));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const AttemptRow& attempt = (*attempts)[i];
    EXPECT_EQ(attempt.number, i + 1);
    EXPECT_EQ(attempt.delivered, i == 2);
    EXPECT_EQ(attempt.status, i == 2 ? 200U : 500U);
    EXPECT_EQ(attempt.latency, base::Duration{12});
    EXPECT_EQ(attempt.answer, std::string(kMaxAnswerBytes, static_cast<char>('1' + i)));
  }
}

TEST_F(Webhooks, DueOnesComeTheLongestDueFirst) {
  const WebhookRow mine = made();
  happen(3);
  std::vector<DeliveryUpdate::Done> rows;
  for (const auto& [seq, seconds] : {std::pair{2, 30}, {3, 10}, {4, 20}}) {
    rows.push_back(outcome(static_cast<std::uint64_t>(seq), DeliveryState::kWaiting));
    rows.back().delivery.next = author.now + std::chrono::seconds{seconds};
  }
  ASSERT_TRUE(record_all(mine, rows, 4));
  EXPECT_EQ(*store->next_delivery(mine.id, author.now), author.now + std::chrono::seconds{10});
  EXPECT_EQ(*store->next_delivery(mine.id, author.now + std::chrono::seconds{10}),
            author.now + std::chrono::seconds{20});
  EXPECT_EQ(*store->next_delivery(mine.id, author.now + std::chrono::seconds{30}), std::nullopt);
  EXPECT_THAT(*store->due_deliveries(mine.id, author.now, 10), IsEmpty());
  EXPECT_THAT(seqs(*store->due_deliveries(mine.id, author.now + std::chrono::seconds{20}, 10)),
              ElementsAre(3, 4));
  EXPECT_THAT(seqs(*store->deliveries_after(mine.id, 2, 10)), ElementsAre(3, 4));
}

TEST_F(Webhooks, OfAnOrderedOneTheNextOfASubjectGetsItsTimeWhenTheOneBeforeIsOver) {
  for (const DeliveryState end : {DeliveryState::kDelivered, DeliveryState::kDead}) {
    const WebhookRow mine = made([](WebhookRow& webhook) { webhook.settings.ordered = true; });
    happen(3);
    const std::uint64_t first = mine.cursor.seq + 1;
    std::vector<DeliveryUpdate::Done> rows{outcome(first, DeliveryState::kWaiting)};
    for (const std::uint64_t seq : {first + 1, first + 2}) {
      rows.push_back(outcome(seq, DeliveryState::kWaiting, 0));
      rows.back().delivery.next.reset();
    }
    ASSERT_TRUE(record_all(mine, rows, first + 2));
    EXPECT_EQ((*store->first_waiting(mine.id, "s"))->seq, first);
    EXPECT_FALSE(store->first_waiting(mine.id, "other")->has_value());
    ASSERT_TRUE(record_all(mine, {outcome(first, end, 2)}));
    EXPECT_EQ(delivery(mine, first + 1).next, author.now);
    EXPECT_FALSE(delivery(mine, first + 2).next) << "it is behind that one";
    EXPECT_EQ((*store->first_waiting(mine.id, "s"))->seq, first + 1);
  }
}

TEST_F(Webhooks, WithoutAnOrderNothingIsBehindAnother) {
  const WebhookRow mine = made([](WebhookRow& webhook) { webhook.settings.ordered = true; });
  happen(1);
  auto behind = outcome(2, DeliveryState::kWaiting, 0);
  behind.delivery.next.reset();
  ASSERT_TRUE(record_all(mine, {behind}, 2));
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.settings = mine.settings;
  change.settings->ordered = false;
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  EXPECT_EQ(delivery(mine, 2).next, author.now);
}

TEST_F(Webhooks, WithoutAnOrderManyThatWereBehindAreDueAllTheSame) {
  const WebhookRow mine = made([](WebhookRow& webhook) { webhook.settings.ordered = true; });
  happen(2'500);
  std::vector<DeliveryUpdate::Done> rows{outcome(2, DeliveryState::kWaiting)};
  for (std::uint64_t seq = 3; seq < 2'502; ++seq) {
    rows.push_back(outcome(seq, DeliveryState::kWaiting, 0));
    rows.back().delivery.next.reset();
  }
  ASSERT_TRUE(record_all(mine, std::move(rows), 2'501));
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.settings = mine.settings;
  change.settings->ordered = false;
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  const base::WallTime later = author.now + std::chrono::minutes{1};
  std::size_t due = 0;
  for (auto page = store->due_deliveries(mine.id, later, 1'000); page && !page->empty();
       page = store->due_deliveries(mine.id, later, 1'000)) {
    due += page->size();
    std::vector<DeliveryUpdate::Done> delivered;
    for (const DeliveryRow& row : *page) delivered.push_back(outcome(row.seq, DeliveryState::kDelivered));
    ASSERT_TRUE(record_all(mine, std::move(delivered)));
    if (due > 1'500 && !change.settings->ordered) {
      change.settings->ordered = true;
      ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
    }
  }
  EXPECT_EQ(due, 2'500U) << "also when it is ordered again";
}

TEST_F(Webhooks, WhatIsPutBehindNothingHasATime) {
  struct Case {
    const char* what;
    bool ordered;
    bool earlier_waits;
    bool waits_for_ever;
  };
  for (const Case& each :
       {Case{"ordered no more", false, true, false}, Case{"nothing earlier", true, false, false},
        Case{"behind an earlier one", true, true, true}}) {
    SCOPED_TRACE(each.what);
    const WebhookRow mine = made([&](WebhookRow& webhook) { webhook.settings.ordered = each.ordered; });
    happen(2);
    const std::uint64_t first = mine.cursor.seq + 1;
    std::vector<DeliveryUpdate::Done> rows;
    if (each.earlier_waits) rows.push_back(outcome(first, DeliveryState::kWaiting));
    auto behind = outcome(first + 1, DeliveryState::kWaiting, 0);
    behind.delivery.next.reset();
    rows.push_back(behind);
    ASSERT_TRUE(record_all(mine, std::move(rows), first + 1));
    if (each.waits_for_ever) {
      EXPECT_FALSE(delivery(mine, first + 1).next);
    } else {
      EXPECT_EQ(delivery(mine, first + 1).next, author.now);
    }
  }
}

TEST_F(Webhooks, WhatIsWrittenTwiceIsAnotherAttempt) {
  const WebhookRow mine = made();
  happen(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kWaiting)}, 2)) << i;
  EXPECT_EQ(delivery(mine, 2).attempts, 3U);
  const auto attempts = store->attempts_of(mine.id, 2, 10);
  ASSERT_THAT(*attempts, SizeIs(3));
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ((*attempts)[i].number, i + 1);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kDelivered, 0)}));
  EXPECT_EQ(delivery(mine, 2).attempts, 3U) << "without another one";
}

TEST_F(Webhooks, WhatCameOfATargetBeforeAChangeSaysNothingOfItAfterwards) {
  const WebhookRow mine = made();
  happen(1);
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.settings = mine.settings;
  change.settings->address = "https://elsewhere.example/";
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  DeliveryUpdate update;
  update.webhook = mine.id;
  update.revision = 1;
  update.done = {outcome(2, DeliveryState::kDelivered)};
  update.cursor = 2;
  update.standing = {author.now, author.now, true, true, "it is gone"};
  update.disabled = news("webhook.disabled", mine.id);
  ASSERT_TRUE(wait_for(io, store->record_deliveries(update)));
  WebhookRow now = row(mine);
  EXPECT_EQ(now.state, WebhookState::kActive);
  EXPECT_EQ(now.reason, "");
  EXPECT_FALSE(now.failing_since);
  EXPECT_FALSE(now.told_failing || now.told_dead_letter);
  EXPECT_EQ(now.cursor.seq, 2U) << "rows count all the same";
  EXPECT_EQ(delivery(mine, 2).state, DeliveryState::kDelivered);
  const auto log = store->events_after("default", {}, 100);
  ASSERT_TRUE(log);
  for (const Event& event : log->events) EXPECT_NE(event.type, "webhook.disabled");
  update.revision = 2;
  update.done.clear();
  ASSERT_TRUE(wait_for(io, store->record_deliveries(update)));
  EXPECT_EQ(row(mine).state, WebhookState::kDisabled);
  EXPECT_EQ(store->events_after("default", {}, 100)->events.back().type, "webhook.disabled");
}

TEST_F(Webhooks, WhatAnOldFilterPassedIsPassed) {
  const WebhookRow mine = made([](WebhookRow& webhook) { webhook.settings.types = {"custom.rare"}; });
  happen(5);
  ASSERT_TRUE(wait_for(io, store->append("default", {author.event("custom.rare", "s", custom_data())})));
  happen(5);
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.settings = mine.settings;
  change.settings->description = "the same filter";
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  EXPECT_EQ(row(mine).cursor.seq, 1U);
  change.settings->types = {"custom.*"};
  const auto changed = wait_for(io, store->change_webhook(change));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->cursor.seq, 6U) << "up to the first that it wants";
  EXPECT_EQ(row(mine).cursor.seq, 6U);
}

TEST_F(Webhooks, AnActiveOneBeginsAnew) {
  const WebhookRow mine = made();
  DeliveryUpdate update;
  update.webhook = mine.id;
  update.standing = {author.now, author.now, true, true, "it is gone"};
  update.disabled = news("webhook.disabled", mine.id);
  ASSERT_TRUE(wait_for(io, store->record_deliveries(update)));
  WebhookRow now = row(mine);
  EXPECT_EQ(now.state, WebhookState::kDisabled);
  EXPECT_EQ(now.reason, "it is gone");
  EXPECT_EQ(now.failing_since, author.now);
  EXPECT_TRUE(now.told_failing && now.told_dead_letter);
  EXPECT_EQ(now.revision, 2U);
  WebhookChange change;
  change.tenant = "default";
  change.id = mine.id;
  change.time = author.now;
  change.state = WebhookState::kActive;
  ASSERT_TRUE(wait_for(io, store->change_webhook(change)));
  now = row(mine);
  EXPECT_EQ(now.state, WebhookState::kActive);
  EXPECT_EQ(now.reason, "");
  EXPECT_FALSE(now.failing_since);
  EXPECT_FALSE(now.told_failing || now.told_dead_letter);
  EXPECT_EQ(now.delivered, author.now);
}

TEST_F(Webhooks, ReplayOneARangeAFilter) {
  const WebhookRow mine = made();
  happen(6);
  ASSERT_TRUE(record_all(mine,
                         {outcome(2, DeliveryState::kDelivered), outcome(3, DeliveryState::kDead),
                          outcome(4, DeliveryState::kWaiting), outcome(5, DeliveryState::kDelivered),
                          outcome(6, DeliveryState::kDead)},
                         6));
  DeliveryFilter filter;
  filter.state = DeliveryState::kDead;
  filter.webhook = mine.id;
  EXPECT_EQ(store->count_deliveries("default", filter, 0)->count, 2U);
  EXPECT_EQ(replay(mine, filter), 2U);
  EXPECT_EQ(row(mine).dead, 0U);
  EXPECT_EQ(row(mine).waiting, 3U);
  EXPECT_EQ(delivery(mine, 3).next, author.now);
  EXPECT_EQ(delivery(mine, 3).tries, 0U);
  EXPECT_EQ(delivery(mine, 3).attempts, 1U) << "they are counted on";
  DeliveryFilter range;
  range.from_seq = 2;
  range.to_seq = 4;
  EXPECT_EQ(replay(mine, range), 1U) << "what waits is not replayed";
  DeliveryFilter one;
  one.event = delivery(mine, 5).event;
  EXPECT_EQ(replay(mine, one), 1U);
  DeliveryFilter other_type;
  other_type.types = {"payment.*"};
  EXPECT_EQ(replay(mine, other_type), 0U);
  DeliveryFilter later;
  later.since = author.now + base::Duration{1};
  EXPECT_EQ(replay(mine, later), 0U);
  DeliveryFilter none;
  none.to_seq = 1;
  std::vector<DeliveryRow> more(3);
  more[0].seq = 7;    // never delivered
  more[1].seq = 5;    // has a delivery
  more[2].seq = 999;  // no event
  EXPECT_EQ(replay(mine, none, more), 1U);
  EXPECT_EQ(row(mine).waiting, 6U);
  EXPECT_EQ(delivery(mine, 7).next, author.now);
}

TEST_F(Webhooks, AScanEndsAfterAWhileAndSaysWhereToGoOn) {
  const WebhookRow mine = made();
  happen(4'500);
  std::vector<DeliveryUpdate::Done> rows;
  for (std::uint64_t seq = 2; seq < 4'502; ++seq)
    rows.push_back(outcome(seq, seq == 3 ? DeliveryState::kDead : DeliveryState::kDelivered));
  ASSERT_TRUE(record_all(mine, std::move(rows), 4'501));
  DeliveryFilter filter;
  filter.webhook = mine.id;
  filter.types = {"other.*"};
  auto page = store->list_deliveries("default", filter, 0, 10);
  ASSERT_TRUE(page);
  EXPECT_THAT(page->rows, IsEmpty());
  EXPECT_GT(page->next, 2'000U);
  filter.types = {"custom.*"};
  std::size_t seen = 0;
  std::uint64_t counted = 0;
  std::uint64_t before = 0;
  do {
    page = store->list_deliveries("default", filter, before, 1'000);
    ASSERT_TRUE(page);
    seen += page->rows.size();
    before = page->next;
  } while (before != 0);
  EXPECT_EQ(seen, 4'500U);
  do {
    const auto some = store->count_deliveries("default", filter, before);
    ASSERT_TRUE(some);
    EXPECT_LE(some->count, 2'000U);
    counted += some->count;
    before = some->next;
  } while (before != 0);
  EXPECT_EQ(counted, 4'500U);
  filter.state = DeliveryState::kDead;
  EXPECT_EQ(store->list_deliveries("default", filter, 0, 10)->rows.size(), 1U);
  EXPECT_EQ(store->list_deliveries("other", filter, 0, 10).error().code(), Code::kNotFound);
}

TEST_F(Webhooks, AReplayIsWrittenInParts) {
  const WebhookRow mine = made();
  happen(1'500);
  std::vector<DeliveryUpdate::Done> rows;
  for (std::uint64_t seq = 2; seq < 1'502; ++seq) rows.push_back(outcome(seq, DeliveryState::kDead));
  ASSERT_TRUE(record_all(mine, std::move(rows), 1'501));
  EXPECT_EQ(replay(mine), 1'500U);
  EXPECT_EQ(row(mine).waiting, 1'500U);
}

TEST_F(Webhooks, WhatWaitsIsTriedNow) {
  const WebhookRow mine = made();
  happen(1);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kWaiting)}, 2));
  DeliveryFilter filter;
  filter.state = DeliveryState::kWaiting;
  EXPECT_EQ(replay(mine, filter), 1U);
  EXPECT_EQ(delivery(mine, 2).next, author.now);
  EXPECT_EQ(delivery(mine, 2).tries, 1U);
  EXPECT_EQ(row(mine).waiting, 1U);
}

TEST_F(Webhooks, OldRowsGoWithTheirAttempts) {
  const WebhookRow mine = made();
  happen(5);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kWaiting)}, 2));
  ASSERT_TRUE(record_all(mine,
                         {outcome(2, DeliveryState::kDelivered, 2), outcome(3, DeliveryState::kDead),
                          outcome(4, DeliveryState::kWaiting)},
                         4));
  const base::WallTime old = author.now;
  author.now += std::chrono::hours{1};
  ASSERT_TRUE(record_all(mine, {outcome(5, DeliveryState::kDelivered)}, 5));
  EXPECT_EQ(wait_for(io, store->prune_deliveries(old, old, 100)), 0U) << "before, not at";
  const base::WallTime before = old + base::Duration{1};
  EXPECT_EQ(wait_for(io, store->prune_deliveries(before, old, 100)), 1U);
  EXPECT_THAT(*store->attempts_of(mine.id, 2, 10), IsEmpty());
  EXPECT_THAT(seqs(deliveries(mine)), ElementsAre(5, 4, 3));
  EXPECT_EQ(wait_for(io, store->prune_deliveries(before, before, 100)), 1U);
  EXPECT_EQ(row(mine).dead, 0U);
  EXPECT_THAT(seqs(deliveries(mine)), ElementsAre(5, 4)) << "what waits stays";
}

TEST_F(Webhooks, RowsBeyondTheCursorAreKept) {
  const WebhookRow mine = made();
  happen(4);
  const WebhookRow other = made();
  happen(1);
  ASSERT_TRUE(record_all(mine, {outcome(3, DeliveryState::kDelivered), outcome(4, DeliveryState::kDead)}, 1));
  ASSERT_TRUE(record_all(other, {outcome(7, DeliveryState::kDelivered)}, 7));
  const base::WallTime later = author.now + base::Duration{1};
  EXPECT_EQ(wait_for(io, store->prune_deliveries(later, later, 100)), 1U);
  EXPECT_THAT(deliveries(other), IsEmpty()) << "who is kept is in nobody's way";
  EXPECT_THAT(seqs(deliveries(mine)), ElementsAre(4, 3)) << "or they would be taken for new events";
  ASSERT_TRUE(record_all(mine, {}, 4));
  EXPECT_EQ(wait_for(io, store->prune_deliveries(later, later, 100)), 2U);
  EXPECT_EQ(row(mine).dead, 0U);
}

TEST_F(Webhooks, ManyRowsBeyondACursorKeepNoOthers) {
  const WebhookRow mine = made();
  happen(2'500);
  const WebhookRow other = made();
  happen(1);
  const std::uint64_t last = other.cursor.seq + 1;
  std::vector<DeliveryUpdate::Done> ahead;
  for (std::uint64_t seq = 3; seq < 2'502; ++seq) ahead.push_back(outcome(seq, DeliveryState::kDelivered));
  ASSERT_TRUE(record_all(mine, std::move(ahead), 1));
  author.now += base::Duration{1};
  ASSERT_TRUE(record_all(other, {outcome(last, DeliveryState::kDelivered)}, last));
  const base::WallTime later = author.now + base::Duration{1};
  std::uint64_t rows = 0;
  for (int i = 0; i < 4 && rows == 0; ++i) rows = *wait_for(io, store->prune_deliveries(later, later, 10));
  EXPECT_EQ(rows, 1U);
  EXPECT_THAT(deliveries(other), IsEmpty());
}

TEST_F(Webhooks, ADeletedOneGoesLittleByLittle) {
  const WebhookRow mine = made();
  happen(5);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kWaiting), outcome(3, DeliveryState::kDead)}, 3));
  ASSERT_TRUE(wait_for(io, store->delete_webhook("default", mine.id, news("webhook.deleted", mine.id))));
  EXPECT_FALSE(store->load_webhook(mine.id)->has_value());
  EXPECT_EQ(record_all(mine, {outcome(4, DeliveryState::kDelivered)}).error().code(), Code::kNotFound);
  const WebhookRow next = made();
  EXPECT_THAT(deliveries(next), IsEmpty());
  const base::WallTime past{};
  EXPECT_EQ(wait_for(io, store->prune_deliveries(past, past, 1)), 1U);
  EXPECT_EQ(wait_for(io, store->prune_deliveries(past, past, 100)), 1U);
  EXPECT_EQ(wait_for(io, store->prune_deliveries(past, past, 100)), 0U);
}

TEST_F(Webhooks, ManyDeletedOnesGoTogether) {
  std::vector<WebhookRow> all;
  for (int i = 0; i < 5; ++i) all.push_back(made());
  happen(1);
  const std::uint64_t seq = all.back().cursor.seq + 1;
  for (const WebhookRow& each : all) {
    ASSERT_TRUE(record_all(each, {outcome(seq, DeliveryState::kWaiting)}, seq));
    ASSERT_TRUE(wait_for(io, store->delete_webhook("default", each.id, news("webhook.deleted", each.id))));
  }
  const base::WallTime past{};
  EXPECT_EQ(wait_for(io, store->prune_deliveries(past, past, 3)), 3U);
  EXPECT_EQ(wait_for(io, store->prune_deliveries(past, past, 100)), 2U);
}

TEST_F(Webhooks, ADeadLetterOfADeletedOneIsPrunedToo) {
  const WebhookRow mine = made();
  happen(1);
  ASSERT_TRUE(record_all(mine, {outcome(2, DeliveryState::kDead)}, 2));
  ASSERT_TRUE(wait_for(io, store->delete_webhook("default", mine.id, news("webhook.deleted", mine.id))));
  const base::WallTime later = author.now + base::Duration{1};
  EXPECT_EQ(wait_for(io, store->prune_deliveries(later, later, 100)), 1U);
}

TEST_F(Webhooks, AnInstanceIsInUseByThem) {
  made();
  made();
  const auto uses = store->instances_in_use();
  ASSERT_TRUE(uses);
  ASSERT_THAT(*uses, SizeIs(1));
  EXPECT_EQ((*uses)[0].instance, "hooks");
  EXPECT_EQ((*uses)[0].webhooks, 2U);
}

TEST_F(Webhooks, ATenantHasAtMostAThousand) {
  for (std::size_t i = 0; i < kMostWebhooks; ++i) ASSERT_TRUE(create(wish()));
  EXPECT_EQ(create(wish()).error().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(create(wish("other")));
}

TEST_F(Webhooks, AnEventOfSomethingElseIsNotWritten) {
  NewWebhook wanted = wish();
  wanted.event.type = "node.removed";
  EXPECT_EQ(create(wanted).error().code(), Code::kInternal);
}

TEST(WebhookTypes, AStarStandsForTheRest) {
  EXPECT_TRUE(wants_type({}, "a.b"));
  EXPECT_TRUE(wants_type({"*"}, "a.b"));
  EXPECT_TRUE(wants_type({"x.y", "a.*"}, "a.b"));
  EXPECT_TRUE(wants_type({"a.b"}, "a.b"));
  EXPECT_FALSE(wants_type({"a.b"}, "a.bc"));
  EXPECT_FALSE(wants_type({"a.*"}, "ab.c"));
}

}  // namespace
}  // namespace paynamed::state
