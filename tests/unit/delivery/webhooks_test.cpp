// What is asked, refused, kept and shown when a tenant makes, changes and tries a webhook.
#include "delivery/webhooks.hpp"

#include <boost/asio/detached.hpp>

#include "webhooks_fixture.hpp"

namespace paynamed::delivery {
namespace {

using base::Code;
using state::WebhookSecret;
using state::WebhookState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST_F(WebhooksTest, IsMadeWithASecretThatIsKeptSealedAndShownOnce) {
  const auto made = create();
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_THAT(notifier.called, ElementsAre("Describe hooks", "CheckTarget hooks"));
  EXPECT_THAT(made->secret, StartsWith("whsec_"));
  ASSERT_THAT(made->webhook.secrets, SizeIs(1));
  const std::string handle = state::secret_handle(made->webhook, made->webhook.secrets[0].name);
  EXPECT_EQ(vault->read(handle).value(), made->secret);
  const auto sealed = store->find_secret(handle);
  ASSERT_TRUE(sealed && *sealed);
  EXPECT_THAT(std::string((*sealed)->bytes.begin(), (*sealed)->bytes.end()), Not(HasSubstr(made->secret)));
  EXPECT_EQ(row(made->webhook.id).settings.address, kAddress);
  EXPECT_THAT(changed, ElementsAre(made->webhook.id));
  EXPECT_THAT(event_types(), ElementsAre("webhook.created"));
  EXPECT_THAT(last_event(), HasSubstr(R"("host":"shop.example.com")"));
  for (const std::string& said : {last_event(), lines.empty() ? "" : lines.back()}) {
    EXPECT_THAT(said, Not(HasSubstr("nobody-knows-it")));
    EXPECT_THAT(said, Not(HasSubstr(made->secret)));
  }
  expect_sound();
}

TEST_F(WebhooksTest, BeginsNowOrAfterAPosition) {
  ASSERT_TRUE(create());
  EXPECT_EQ(row(changed.back()).cursor.seq, 1U) << "its own webhook.created is news about it, not for it";
  ASSERT_TRUE(create());
  EXPECT_EQ(row(changed.back()).cursor.seq, 2U);
  auto from_start = wish();
  from_start.after = state::Position{1, 1};
  ASSERT_TRUE(create(from_start));
  EXPECT_EQ(row(changed.back()).cursor.seq, 1U);
  from_start.after = state::Position{1, 99};
  EXPECT_EQ(create(from_start).error().code(), Code::kOutOfRange);
  from_start.after = state::Position{7, 1};
  EXPECT_EQ(create(from_start).error().code(), Code::kOutOfRange);
}

TEST_F(WebhooksTest, WhatTheNotifierSaysOfAnAddressIsTold) {
  plugin::v1::CheckTargetReply canonical;
  canonical.set_address("https://shop.example.com/hooks");
  canonical.set_warning("It is not HTTPS.");
  notifier.addresses.insert_or_assign(kAddress, canonical);
  const auto made = create();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->webhook.settings.address, "https://shop.example.com/hooks");
  EXPECT_EQ(made->warning, "It is not HTTPS.");

  struct Case {
    base::Status says;
    Code code;
    const char* said;
  };
  for (const Case& each :
       {Case{base::invalid_argument("It has a user."), Code::kInvalidArgument, "has a user"},
        Case{base::permission_denied("It is a private address."), Code::kPermissionDenied, "private"},
        Case{base::unavailable("/etc/paynamed is broken"), Code::kUnavailable, "could not be asked"},
        Case{base::failed_precondition("/etc/paynamed is broken"), Code::kUnavailable,
             "could not be asked"}}) {
    notifier.addresses.insert_or_assign(kAddress, base::fail(each.says));
    const auto refused = create();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), each.code);
    EXPECT_THAT(refused.error().message(), HasSubstr(each.said));
    EXPECT_THAT(refused.error().to_string(), Not(HasSubstr("/etc")));
  }
  EXPECT_THAT(store->list_webhooks("default", {}, 10).value(), SizeIs(1));
}

TEST_F(WebhooksTest, TheConfigurationHasToHaveANotifier) {
  auto elsewhere = wish();
  elsewhere.instance = "zone";
  EXPECT_EQ(create(elsewhere).error().code(), Code::kInvalidArgument);
  EXPECT_THAT(create(elsewhere).error().message(), HasSubstr("there are: hooks"));
  notifier.instances = {"hooks", "mail"};
  EXPECT_THAT(create().error().message(), HasSubstr("'instance' must say which: hooks, mail"));
  auto one = wish();
  one.instance = "mail";
  ASSERT_TRUE(create(one));
  EXPECT_EQ(row(changed.back()).instance, "mail");
  notifier.instances = {};
  EXPECT_EQ(create().error().code(), Code::kFailedPrecondition);
  notifier.instances = {"hooks"};
  notifier.not_described = base::unavailable("it is stuck");
  EXPECT_EQ(create().error().code(), Code::kUnavailable);
}

TEST_F(WebhooksTest, SecretsAreWhatTheNotifierCanSignWith) {
  auto asymmetric = wish();
  asymmetric.asymmetric = true;
  const auto both = create(asymmetric);
  ASSERT_TRUE(both) << both.error().to_string();
  ASSERT_THAT(both->webhook.secrets, SizeIs(2));
  EXPECT_EQ(both->webhook.secrets[1].kind, WebhookSecret::Kind::kEd25519);
  EXPECT_THAT(both->webhook.secrets[1].public_key, StartsWith("whpk_"));
  EXPECT_THAT(vault->read(state::secret_handle(both->webhook, "s2")).value(), StartsWith("whsk_"));
  notifier.traits.set_signs_ed25519(false);
  EXPECT_EQ(create(asymmetric).error().code(), Code::kInvalidArgument);
  notifier.traits.set_signs(false);
  const auto none = create();
  ASSERT_TRUE(none);
  EXPECT_EQ(none->secret, "");
  EXPECT_THAT(none->webhook.secrets, IsEmpty());
  EXPECT_EQ(rotate(none->webhook.id, 1h).error().code(), Code::kFailedPrecondition);
}

TEST_F(WebhooksTest, WithoutASealingKeyNothingThatSignsIsMade) {
  key = base::fail(base::failed_precondition("there is no key to seal secrets with"));
  EXPECT_EQ(create().error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(store->list_webhooks("default", {}, 10).value(), IsEmpty());
  notifier.traits.set_signs(false);
  EXPECT_TRUE(create());
}

TEST_F(WebhooksTest, TheSameRequestMakesOneAndItsSecretIsNotShownAgain) {
  auto keyed = wish();
  keyed.idempotency_key = "k";
  keyed.request_hash = "h";
  const auto first = create(keyed);
  ASSERT_TRUE(first);
  const auto again = create(keyed);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->secret, "");
  EXPECT_EQ(again->webhook.id, first->webhook.id);
  keyed.request_hash = "other";
  EXPECT_EQ(create(keyed).error().code(), Code::kInvalidArgument);
  EXPECT_THAT(store->list_webhooks("default", {}, 10).value(), SizeIs(1));
}

TEST_F(WebhooksTest, AChangeSaysWhatChangedAndLeavesTheRest) {
  const auto id = create()->webhook.id;
  WebhookPatch patch;
  patch.tenant = "default";
  patch.id = id;
  patch.types = {"payment.*"};
  patch.per_minute = 60;
  const auto after = change(patch);
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_THAT(after->webhook.settings.types, ElementsAre("payment.*"));
  EXPECT_EQ(after->webhook.settings.address, kAddress);
  EXPECT_THAT(last_event(), HasSubstr(R"("changed":["types","per_minute"])"));
  EXPECT_EQ(notifier.called.size(), 2U) << "the address is the one that was checked";
  const auto revision = after->webhook.revision;
  EXPECT_EQ(change(patch)->webhook.revision, revision) << "nothing is different";

  patch.expected_revision = revision - 1;
  EXPECT_EQ(change(patch).error().code(), Code::kAborted);
  patch.expected_revision = revision;
  patch.address = "https://other.example.com/";
  ASSERT_TRUE(change(patch));
  EXPECT_EQ(notifier.called.back(), "CheckTarget hooks");
  EXPECT_THAT(last_event(), HasSubstr(R"("host":"other.example.com")"));
  notifier.addresses.insert_or_assign("https://10.0.0.1/", base::fail(base::permission_denied("not there")));
  patch.expected_revision = 0;
  patch.address = "https://10.0.0.1/";
  EXPECT_EQ(change(patch).error().code(), Code::kPermissionDenied);
  patch.address.reset();
  patch.concurrency = 65;
  EXPECT_EQ(change(patch).error().code(), Code::kInvalidArgument);
  patch.tenant = "other";
  EXPECT_EQ(change(patch).error().code(), Code::kNotFound);
}

TEST_F(WebhooksTest, IsPausedAndGoesOn) {
  const auto id = create()->webhook.id;
  const auto paused = set_state(id, WebhookState::kPaused);
  ASSERT_TRUE(paused);
  EXPECT_EQ(paused->state, WebhookState::kPaused);
  EXPECT_NE(paused->reason, "");
  EXPECT_EQ(set_state(id, WebhookState::kPaused)->revision, paused->revision);
  const auto resumed = set_state(id, WebhookState::kActive);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->state, WebhookState::kActive);
  EXPECT_EQ(resumed->reason, "");
  EXPECT_THAT(event_types(), ElementsAre("webhook.created", "webhook.paused", "webhook.resumed"));
  EXPECT_THAT(last_event(), HasSubstr(R"("before":"paused")"));
  EXPECT_EQ(set_state(author.id(), WebhookState::kPaused).error().code(), Code::kNotFound);
}

TEST_F(WebhooksTest, ARotationKeepsTheSecretOfBeforeForTheGraceTime) {
  auto both_kinds = wish();
  both_kinds.asymmetric = true;
  const auto made = create(both_kinds);
  const auto id = made->webhook.id;
  const auto rotated = rotate(id, 24h);
  ASSERT_TRUE(rotated) << rotated.error().to_string();
  EXPECT_NE(rotated->secret, made->secret);
  const auto& secrets = rotated->webhook.secrets;
  ASSERT_THAT(secrets, SizeIs(4));
  EXPECT_EQ(secrets[0].name, "s3");
  EXPECT_FALSE(secrets[0].until);
  EXPECT_EQ(secrets[2].name, "s1");
  EXPECT_EQ(secrets[2].until, now.wall() + 24h);
  EXPECT_EQ(vault->read(state::secret_handle(rotated->webhook, "s1")).value(), made->secret);
  EXPECT_THAT(last_event(), HasSubstr(R"("changed":["secrets"])"));

  ASSERT_TRUE(rotate(id, 1h));
  EXPECT_EQ(rotate(id, 1h).error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(rotate(id, 1h).error().message(), HasSubstr("grace \"0s\""));
  // What does not count any more is in nobody's way, and erased.
  now.advance(25h);
  const auto later = rotate(id, 1h, false);
  ASSERT_TRUE(later) << later.error().to_string();
  EXPECT_FALSE(vault->read(state::secret_handle(later->webhook, "s1")));
  EXPECT_EQ(later->webhook.secrets[0].kind, WebhookSecret::Kind::kHmac);
  // At once: a secret that somebody else has.
  const auto at_once = rotate(id, 0s);
  ASSERT_TRUE(at_once);
  ASSERT_THAT(at_once->webhook.secrets, SizeIs(1));
  EXPECT_FALSE(vault->read(state::secret_handle(at_once->webhook, later->webhook.secrets[0].name)));
  EXPECT_EQ(rotate(id, 169h).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(rotate(id, -1s).error().code(), Code::kInvalidArgument);
  expect_sound();
}

TEST_F(WebhooksTest, ATestIsSentOnceAndSaysWhatCameBack) {
  const auto made = create();
  const auto tested = test(made->webhook.id);
  ASSERT_TRUE(tested) << tested.error().to_string();
  EXPECT_EQ(tested->attempt.outcome, Attempt::Outcome::kDelivered);
  EXPECT_EQ(tested->attempt.status, 204U);
  ASSERT_THAT(notifier.sent, SizeIs(1));
  const auto& sent = notifier.sent[0];
  EXPECT_EQ(sent.event_id(), tested->event.to_string());
  EXPECT_EQ(sent.type(), "webhook.test");
  EXPECT_EQ(sent.target().address(), kAddress);
  ASSERT_EQ(sent.target().keys_size(), 1);
  EXPECT_EQ(vault->read(sent.target().keys(0).handle()).value(), made->secret);
  EXPECT_THAT(sent.event(), HasSubstr(R"("type":"webhook.test")"));
  EXPECT_THAT(sent.event(), HasSubstr(R"("seq":"0")"));
  EXPECT_THAT(event_types(), ElementsAre("webhook.created"));

  struct Case {
    base::Result<plugin::v1::DeliverReply> says;
    Attempt::Outcome outcome;
    const char* said;
  };
  plugin::v1::DeliverReply busy;
  busy.set_outcome(plugin::v1::DeliverReply::RETRY);
  busy.set_status(429);
  busy.set_reason("It answered 429.");
  busy.set_retry_after_ms(30'000);
  plugin::v1::DeliverReply gone;
  gone.set_outcome(plugin::v1::DeliverReply::GONE);
  gone.set_status(410);
  for (const Case& each :
       {Case{busy, Attempt::Outcome::kRetry, "429"}, Case{gone, Attempt::Outcome::kGone, "did not take it"},
        Case{base::fail(base::unavailable("Nobody answers.")), Attempt::Outcome::kRetry, "Nobody"},
        Case{base::fail(base::permission_denied("It is private.")), Attempt::Outcome::kRefused, "private"},
        Case{base::fail(base::failed_precondition("/etc/ca.pem is not there")), Attempt::Outcome::kNotCalled,
             "operator"}}) {
    notifier.outcome = each.says;
    const auto outcome = test(made->webhook.id);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->attempt.outcome, each.outcome);
    EXPECT_THAT(outcome->attempt.reason, HasSubstr(each.said));
    EXPECT_THAT(outcome->attempt.reason, Not(HasSubstr("/etc")));
  }
  EXPECT_THAT(store->list_deliveries("default", {made->webhook.id, {}, {}, {}, {}, {}, {}, {}}, 0, 10)->rows,
              IsEmpty());
  EXPECT_EQ(test(author.id()).error().code(), Code::kNotFound);
}

TEST_F(WebhooksTest, OneTestAtATime) {
  const auto id = create()->webhook.id;
  base::Broadcast gate(now);
  notifier.gate = &gate;
  std::optional<base::Result<TestAttempt>> first;
  boost::asio::co_spawn(
      io, webhooks->test("default", id),
      [&](std::exception_ptr, base::Result<TestAttempt> result) { first = std::move(result); });
  std::optional<base::Result<TestAttempt>> second;
  boost::asio::co_spawn(
      io, webhooks->test("default", id),
      [&](std::exception_ptr, base::Result<TestAttempt> result) { second = std::move(result); });
  io.restart();
  io.poll();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error().code(), Code::kResourceExhausted);
  EXPECT_FALSE(first);
  gate.notify();
  io.restart();
  io.poll();
  ASSERT_TRUE(first && *first);
  notifier.gate = nullptr;
  EXPECT_TRUE(test(id));
}

TEST_F(WebhooksTest, IsForgottenWithItsSecrets) {
  const auto made = create();
  const auto id = made->webhook.id;
  EXPECT_EQ(state::wait_for(io, webhooks->remove("other", id)).error().code(), Code::kNotFound);
  ASSERT_TRUE(state::wait_for(io, webhooks->remove("default", id)));
  EXPECT_FALSE(vault->read(state::secret_handle(made->webhook, "s1")));
  EXPECT_THAT(event_types(), ElementsAre("webhook.created", "webhook.deleted"));
  EXPECT_EQ(state::wait_for(io, webhooks->remove("default", id)).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace paynamed::delivery
