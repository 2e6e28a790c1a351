// What happens before a handler runs: limits, routing, keys, rates, and what every answer carries.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiTest, SoftLimitsAreAnswered) {
  struct Case {
    Call call;
    unsigned status;
  };
  std::vector<Case> cases{
      {{"GET", "/v1/names?cursor=" + std::string(9000, 'a'), {}, {}}, 414},
      {{"GET", "/v1/names", {}, {{"X-Long", std::string(9000, 'a')}}}, 431},
      {{"GET", "/v1/names", {}, {{std::string(300, 'a'), "x"}}}, 431},
      {{"POST", "/v1/names", std::string(70'000, ' '), {}}, 413},
  };
  Call many{"GET", "/v1/names", {}, {}};
  for (int i = 0; i < 70; ++i) many.headers.emplace_back("X-Many", "x");
  cases.push_back({many, 431});
  for (const Case& c : cases) {
    const Response response = call(c.call);
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(header_of(response, "content-type"), "application/problem+json");
  }
}

TEST_F(ApiTest, UnknownPathsAndMethodsAreToldApart) {
  EXPECT_EQ(get("/v2/names").status, 404);
  EXPECT_EQ(get("/v1/names/").status, 404);
  EXPECT_EQ(get("/v1/names/%").status, 404);
  const Response response = call({"PATCH", "/v1/names/alice@example.com", {}, {}});
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header_of(response, "Allow"), "GET, DELETE");
}

TEST_F(ApiTest, KeysAreAskedForWhereTheyMustBe) {
  struct Case {
    std::string target;
    std::string key;
    std::string peer;
    unsigned status;
  };
  for (const Case& c : std::vector<Case>{{"/v1/names", "", "127.0.0.1", 401},
                                         {"/v1/names", "wrong", "127.0.0.1", 401},
                                         {"/v1/names", "secret", "192.0.2.1", 200},
                                         {"/v1/plugins", "", "127.0.0.1", 401},
                                         {"/healthz", "", "192.0.2.1", 200},
                                         {"/readyz", "", "192.0.2.1", 200},
                                         {"/openapi.yaml", "", "192.0.2.1", 200},
                                         {"/metrics", "", "192.0.2.1", 401},
                                         {"/metrics", "secret", "192.0.2.1", 200},
                                         {"/metrics", "", "127.0.0.1", 200},
                                         {"/metrics", "", "::1", 200}}) {
    Call with{"GET", c.target, {}, {}};
    with.key = c.key;
    with.peer = c.peer;
    const Response response = call(with);
    EXPECT_EQ(response.status, c.status) << c.target << " with '" << c.key << "' from " << c.peer;
    if (c.status == 401) {
      EXPECT_THAT(header_of(response, "WWW-Authenticate"), HasSubstr("Bearer"));
    }
  }
}

TEST_F(ApiTest, BodiesAreJson) {
  Call form{"POST", "/v1/names", {}, {{"Content-Type", "application/x-www-form-urlencoded"}}};
  Request request;
  fill(form, request);
  request.body = "name=alice";
  std::optional<Response> out;
  asio::co_spawn(
      context,
      [](Service& on, Request& with, std::optional<Response>& to) -> asio::awaitable<void> {
        Response response = co_await on.handle(with);
        to = std::move(response);
      }(service(), request, out),
      asio::detached);
  turn();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->status, 415);
  EXPECT_TRUE(world.engine.commands.empty());

  EXPECT_EQ(call({"GET", "/v1/names", {}, {{"Accept", "text/html"}}}).status, 406);
  EXPECT_EQ(call({"GET", "/v1/names", {}, {{"Accept", "text/html, application/*;q=0.5"}}}).status, 200);
}

TEST_F(ApiTest, TheCorrelationIdIsTheCallersWhenItIsFit) {
  Call with{"GET", "/v1/nothing", {}, {{"X-Correlation-Id", "order-17"}}};
  Response response = call(with);
  EXPECT_EQ(header_of(response, "X-Correlation-Id"), "order-17");
  EXPECT_EQ(text_of(object_of(response), "correlation_id"), "order-17");
  for (const std::string& bad :
       {std::string{"a b"}, std::string{"\"x\""}, std::string(129, 'a'), std::string{}}) {
    with.headers = {{"X-Correlation-Id", bad}};
    response = call(with);
    EXPECT_TRUE(base::Uuid::parse(header_of(response, "X-Correlation-Id"))) << bad;
  }
}

TEST_F(ApiTest, EachKeyHasItsRate) {
  rate = RateLimit{1, 2};
  EXPECT_EQ(header_of(get("/v1/names"), "RateLimit"), R"("default";r=1;t=1)");
  EXPECT_EQ(get("/v1/names").status, 200);
  const Response refused = get("/v1/names");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(header_of(refused, "RateLimit-Policy"), R"("default";q=2;w=2)");
  Call other{"GET", "/v1/names", {}, {}};
  other.key = "other-secret";
  EXPECT_EQ(call(other).status, 200);
  world.clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(get("/v1/names").status, 200);
}

TEST_F(ApiTest, EveryStatusHasItsHttpStatus) {
  struct Case {
    base::Status status;
    unsigned http;
    std::string type;
  };
  const std::string open = run_id(9).to_string();
  for (const Case& c : std::vector<Case>{
           {base::invalid_argument("the rule", "inside"), 422, "/problems/rule-broken"},
           {base::not_found("x"), 404, "/problems/not-found"},
           {base::already_exists("x"), 409, "/problems/already-exists"},
           {base::failed_precondition("x", "inside"), 409, "/problems/not-in-this-state"},
           {base::aborted("x", open), 409, "/problems/run-open"},
           {base::aborted("x", "inside"), 412, "/problems/revision-mismatch"},
           {base::permission_denied("x", "inside"), 403, "/problems/not-allowed"},
           {base::resource_exhausted("x"), 503, "/problems/too-busy"},
           {base::unavailable("x", "inside").with_retry_after(2500), 503, "/problems/unavailable"},
           {base::deadline_exceeded("x", "inside"), 504, "/problems/too-late"},
           {base::internal("x", "inside"), 500, "/problems/internal"},
           {base::data_loss("x", "inside"), 500, "/problems/internal"},
           {base::unknown("x", "inside"), 500, "/problems/internal"}}) {
    world.engine.answer = base::fail(c.status);
    const Response response = post("/v1/names", R"({"name":"alice@example.com"})");
    const json::object body = object_of(response);
    EXPECT_EQ(response.status, c.http) << c.status.to_string();
    EXPECT_EQ(text_of(body, "type"), c.type);
    EXPECT_EQ(body.at("status").as_int64(), c.http);
    EXPECT_EQ(text_of(body, "instance"), "/v1/names");
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("inside"))) << "the detail is for operators";
    EXPECT_EQ(text_of(body, "rule"), c.http == 422 ? "the rule" : "(none)");
    EXPECT_EQ(text_of(body, "run"), c.type == "/problems/run-open" ? open : "(none)");
    if (c.http == 503) {
      EXPECT_EQ(header_of(response, "Retry-After"), c.status.retry_after_ms() == 0 ? "1" : "3");
    }
  }
}

TEST_F(ApiTest, AHandlerThatThrowsIsAnInternalError) {
  world.engine.on_submit = [] { throw std::runtime_error("secret inside"); };
  const Response response = post("/v1/names", R"({"name":"alice@example.com"})");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("secret inside")));
}

}  // namespace
}  // namespace paynamed::api
