// Another sealing key is found out before webhooks cannot be signed for.
#include "process/webhook_secrets.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "../state/state_fixture.hpp"

namespace paynamed::process {
namespace {

using base::Code;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct WebhookSecretsTest : state::StoreTest {
  void SetUp() override {
    open();
    vault = std::make_unique<nodes::Vault>(*store, random, [this] { return key; });
    secrets = std::make_unique<WebhookSecrets>(*store, *vault, log);
  }
  static base::Result<host::SealingKey> key_of(char digit) {
    return host::SealingKey::from_hex(std::string(64, digit));
  }
  std::string make_webhook() {
    state::NewWebhook made;
    made.webhook.id = author.id();
    made.webhook.tenant = "default";
    made.webhook.instance = "hooks";
    made.webhook.settings.address = "https://shop.example.com/hooks";
    made.webhook.created = made.webhook.updated = author.now;
    state::WebhookSecret secret;
    secret.name = "s1";
    secret.since = author.now;
    made.webhook.secrets = {secret};
    made.secrets = {vault->seal(state::secret_handle(made.webhook, "s1"), "whsec_x").value()};
    const std::string id = made.webhook.id.to_string();
    made.event =
        author.event("webhook.created", id, R"({"webhook":")" + id + R"(","host":"shop.example.com"})");
    const auto created = state::wait_for(io, store->create_webhook(std::move(made)));
    EXPECT_TRUE(created) << created.error().to_string();
    return id;
  }

  base::SystemRandom random;
  base::Result<host::SealingKey> key = key_of('a');
  std::vector<std::string> lines;
  observe::Log log{
      {observe::Level::kTrace}, clock, [this](std::string_view line) { lines.emplace_back(line); }};
  std::unique_ptr<nodes::Vault> vault;
  std::unique_ptr<WebhookSecrets> secrets;
};

TEST_F(WebhookSecretsTest, WithoutSecretsAnyKeyAndNoneIsFine) {
  ASSERT_TRUE(secrets->load());
  EXPECT_TRUE(secrets->check(base::fail(base::failed_precondition("there is no key")), key));
  EXPECT_TRUE(secrets->check(key_of('b'), key));
}

TEST_F(WebhookSecretsTest, AKeyThatDoesNotOpenThemIsRefused) {
  const std::string id = make_webhook();
  ASSERT_TRUE(secrets->load());
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_TRUE(secrets->check(key, key));
  const auto other = secrets->check(key_of('b'), key);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(other.error().message(), HasSubstr("webhooks rotate " + id + " --grace 0s"));
  const auto none = secrets->check(base::fail(base::failed_precondition("there is no key")), key);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("there is no key"));
  EXPECT_FALSE(secrets->check(key_of('b'), key_of('b')))
      << "the file was written anew, and they could be read before";
}

TEST_F(WebhookSecretsTest, WhatCannotBeReadAnywayKeepsNobodyFromAnything) {
  make_webhook();
  key = key_of('b');
  ASSERT_TRUE(secrets->load());
  EXPECT_THAT(lines, SizeIs(1));
  EXPECT_TRUE(secrets->check(key_of('b'), key_of('b')));
  EXPECT_TRUE(secrets->check(key_of('a'), key_of('b')));
  EXPECT_FALSE(secrets->check(key_of('c'), key_of('a'))) << "the right key was put back meanwhile";
}

}  // namespace
}  // namespace paynamed::process
