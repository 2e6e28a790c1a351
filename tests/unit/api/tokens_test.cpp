// Tokens: what they say comes back, only under the key that made them, only in their time, and never changed.
#include "api/tokens.hpp"

#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct TokensTest : ::testing::Test {
  base::SeededRandom random{7};
  TokenKey key = TokenKey::random(random);
  TokenClaims claims{"shop", {"alice@example.com"}, {"payment.*"}, noon() + 1h, 0x1234567890abcdef, "t1"};
};

TEST_F(TokensTest, WhatATokenSaysComesBack) {
  const auto token = make_token(key, claims);
  ASSERT_TRUE(token) << token.error().to_string();
  EXPECT_TRUE(looks_like_token(*token));
  EXPECT_EQ(token->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
            token->npos)
      << "fits into headers, subprotocols and JSON: " << *token;
  const auto read = read_token(key, *token, noon());
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->tenant, "shop");
  EXPECT_EQ(read->names, claims.names);
  EXPECT_EQ(read->types, claims.types);
  EXPECT_EQ(read->expires, claims.expires);
  EXPECT_EQ(read->key_id, claims.key_id);
  EXPECT_EQ(read->id, "t1");
}

TEST_F(TokensTest, ATokenEndsAtItsTime) {
  const auto token = make_token(key, claims);
  EXPECT_TRUE(read_token(key, *token, claims.expires - 1ms));
  const auto late = read_token(key, *token, claims.expires);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), base::Code::kUnauthenticated);
  EXPECT_EQ(late.error().detail(), "expired");
}

TEST_F(TokensTest, NoByteOfATokenCanBeAnother) {
  const auto token = make_token(key, claims);
  ASSERT_TRUE(token);
  for (std::size_t i = 0; i < token->size(); ++i) {
    for (const char other : {'A', 'x', '-', '.', ' '}) {
      std::string changed = *token;
      if (changed[i] == other) continue;
      changed[i] = other;
      EXPECT_FALSE(read_token(key, changed, noon())) << "byte " << i << " as " << other;
    }
  }
  for (std::size_t size = 0; size < token->size(); ++size)
    EXPECT_FALSE(read_token(key, token->substr(0, size), noon())) << "cut to " << size;
  EXPECT_FALSE(read_token(key, *token + "A", noon()));
  EXPECT_FALSE(read_token(key, *token + "." + *token, noon()));
}

// Its time is over: whoever has it asks for another one.
TEST_F(TokensTest, AnotherKeyDoesNotTakeItAndKnowsThatItIsAnothers) {
  const auto token = make_token(key, claims);
  const auto other = TokenKey::random(random);
  const auto read = read_token(other, *token, noon());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), base::Code::kUnauthenticated);
  EXPECT_EQ(read.error().detail(), "expired");
  std::string changed = *token;
  changed[changed.size() - 2] = changed[changed.size() - 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(read_token(key, changed, noon()).error().detail(), "expired") << "nobody made it";
}

TEST_F(TokensTest, ADerivedKeyIsTheSameForTheSameSecretAndIsNotTheSecret) {
  const std::string secret(64, 'a');
  const auto first = TokenKey::derived_from(secret);
  const auto again = TokenKey::derived_from(secret);
  const auto other = TokenKey::derived_from(std::string(64, 'b'));
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->mac("x"), again->mac("x"));
  EXPECT_NE(first->mac("x"), other->mac("x"));
}

TEST_F(TokensTest, OneThatWouldBeTooLongIsNotMade) {
  claims.names.assign(64, std::string(200, 'n') + "@example.com");
  const auto token = make_token(key, claims);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code(), base::Code::kInvalidArgument);
}

struct TokenRouteTest : ApiTest {
  TokenRouteTest() {
    world.make_token = [this](const TokenClaims& claims) {
      made = claims;
      return base::Result<std::string>("pnt_made");
    };
  }
  TokenClaims made;
};

TEST_F(TokenRouteTest, ATokenIsBoundToTheTenantAndTheKeyOfTheCaller) {
  const Response response =
      post("/v1/tokens", R"({"names":["Alice@Example.com"],"types":["payment.*"],"expires_in":120})");
  ASSERT_EQ(response.status, 201) << response.body;
  const json::object body = object_of(response);
  EXPECT_EQ(text_of(body, "token"), "pnt_made");
  EXPECT_EQ(body.at("names"), json::array({"alice@example.com"}));
  EXPECT_EQ(body.at("types"), json::array({"payment.*"}));
  EXPECT_EQ(made.tenant, "default");
  EXPECT_NE(made.key_id, 0U);
  EXPECT_EQ(made.expires - world.clock.wall(), 120s);
  EXPECT_EQ(made.id, text_of(body, "id"));
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
}

TEST_F(TokenRouteTest, WithoutABodyItIsForAllOfTheTenantAndAnHour) {
  const Response response = post("/v1/tokens", "");
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_TRUE(made.names.empty() && made.types.empty());
  EXPECT_EQ(made.expires - world.clock.wall(), 1h);
}

TEST_F(TokenRouteTest, WhatIsNoTokenIsRefused) {
  for (const char* body : {R"({"names":"alice@example.com"})", R"({"names":["alice"]})",
                           R"({"types":["*.paid"]})", R"({"expires_in":59})", R"({"expires_in":86401})",
                           R"({"expires_in":"1h"})", R"({"tenant":"other"})", "[]"}) {
    made = {};
    const Response response = post("/v1/tokens", body);
    EXPECT_TRUE(response.status == 400 || response.status == 422) << body << ": " << response.status;
    EXPECT_TRUE(made.tenant.empty()) << body;
  }
}

}  // namespace
}  // namespace paynamed::api
