// Orders: who sees what, what is asked for, and what is answered.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using state::OrderState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Uuid id_of(int number) {
  return base::Uuid::v8(std::to_string(number));
}

// Rows by tenant, the newest first; only the reads that the API makes are answered.
class FakeOrders final : public state::OrderStore {
 public:
  std::map<std::string, std::vector<state::OrderRow>> orders;

  state::Result<std::optional<state::OrderRow>> find_order(std::string_view tenant, base::Uuid id) override {
    for (const state::OrderRow& row : orders[std::string{tenant}]) {
      if (row.id == id) return row;
    }
    return std::nullopt;
  }
  state::Result<std::vector<state::OrderRow>> list_orders(std::string_view tenant,
                                                          const state::OrderFilter& filter, base::Uuid before,
                                                          std::uint32_t limit) override {
    std::vector<state::OrderRow> out;
    bool on = before == base::Uuid{};
    for (const state::OrderRow& row : orders[std::string{tenant}]) {
      const bool fits = (filter.name.empty() || row.name == filter.name) &&
                        (!filter.state || row.state == *filter.state) &&
                        (filter.reference.empty() || row.terms.reference == filter.reference);
      if (on && fits && out.size() < limit) out.push_back(row);
      on = on || row.id == before;
    }
    return out;
  }

  asio::awaitable<state::Result<state::OrderIntent>> intend_order(state::NewOrder) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<state::OrderRow>> create_order(state::MadeOrder) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<void>> give_up_order(base::Uuid, state::AtNode, base::WallTime) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<bool>> disable_late_offer(state::OfferToDisable) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<void>> expire_orders(std::vector<base::Uuid>, base::WallTime) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<void>> offer_disabled(state::OfferToDisable) override {
    co_return unexpected();
  }
  state::Result<std::vector<state::NodePlace>> places_of_open_orders() override { return unexpected(); }
  state::Result<std::vector<base::Uuid>> orders_due(const state::NodePlace&, base::WallTime,
                                                    std::uint32_t) override {
    return unexpected();
  }
  state::Result<std::vector<state::OrderIntent>> open_order_intents(base::WallTime, state::IntentPlace,
                                                                    std::uint32_t) override {
    return unexpected();
  }
  state::Result<std::vector<state::NodePlace>> places_of_offers_to_disable() override { return unexpected(); }
  state::Result<std::vector<state::OfferToDisable>> offers_to_disable(const state::NodePlace&, base::Uuid,
                                                                      std::uint32_t) override {
    return unexpected();
  }

 private:
  static tl::unexpected<base::Status> unexpected() {
    ADD_FAILURE() << "the API must not call this";
    return base::fail(base::internal("not for the API"));
  }
};

state::OrderRow order(int number, OrderState state = OrderState::kOpen,
                      const std::string& reference = "basket-1") {
  state::OrderRow row;
  row.id = id_of(number);
  row.name = "alice@example.com";
  row.terms.amount_msat = 25'000'000;
  row.terms.price = {"EUR", "12.50", "50000", "shop"};
  row.terms.memo = "coffee";
  row.terms.reference = reference;
  row.bolt11 = "lnbc1...";
  row.payment_hash = std::string(64, 'c');
  row.offer = "lno1...";
  row.offer_id = std::string(64, 'f');
  row.created = noon();
  row.expires = noon() + std::chrono::seconds{600};
  row.state = state;
  return row;
}

class OrdersTest : public ApiTest {
 protected:
  OrdersTest() {
    Dependencies needed = world.dependencies();
    needed.payments.orders = &fake;
    needed.payments.make_order =
        [this](state::NewOrder wish,
               std::string correlation_id) -> asio::awaitable<base::Result<payments::OrderMaker::Made>> {
      wishes.push_back(std::move(wish));
      correlations.push_back(std::move(correlation_id));
      co_return answer;
    };
    service_ = std::make_unique<Service>(std::move(needed), limits, rate);
  }
  static std::vector<std::string> ids(const json::object& page) {
    std::vector<std::string> all;
    for (const json::value& each : page.at("items").as_array())
      all.push_back(text_of(each.as_object(), "id"));
    return all;
  }

  FakeOrders fake;
  std::vector<state::NewOrder> wishes;
  std::vector<std::string> correlations;
  base::Result<payments::OrderMaker::Made> answer = payments::OrderMaker::Made{order(1), false};
};

constexpr const char* kOrders = "/v1/names/alice@example.com/orders";

TEST_F(OrdersTest, AnOrderIsMadeAsAskedFor) {
  const Response response = call(Call{
      "POST",
      kOrders,
      R"({"amount_msat":"25000000","currency":"EUR","amount":"12.50","rate":"50000","rate_source":"shop",)"
      R"("memo":"coffee","reference":"basket-1","expires_in":600,"methods":["bolt12"]})",
      {{"X-Correlation-Id", "corr-1"}}});
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(header_of(response, "Location"), "/v1/orders/" + id_of(1).to_string());
  const json::object made = object_of(response);
  EXPECT_EQ(text_of(made, "state"), "open");
  EXPECT_EQ(text_of(made, "amount_msat"), "25000000");
  EXPECT_EQ(text_of(made, "received_msat"), "0");
  EXPECT_EQ(text_of(made, "amount"), "12.50");
  EXPECT_EQ(text_of(made, "bolt11"), "lnbc1...");
  EXPECT_EQ(text_of(made, "offer"), "lno1...");
  ASSERT_EQ(wishes.size(), 1u);
  const state::OrderTerms& terms = wishes[0].terms;
  EXPECT_EQ(wishes[0].tenant, "default");
  EXPECT_EQ(wishes[0].name, "alice@example.com");
  EXPECT_EQ(terms.amount_msat, 25'000'000u);
  EXPECT_EQ(terms.price.currency, "EUR");
  EXPECT_EQ(terms.price.amount, "12.50");
  EXPECT_EQ(terms.price.rate, "50000");
  EXPECT_EQ(terms.price.rate_source, "shop");
  EXPECT_EQ(terms.reference, "basket-1");
  EXPECT_EQ(terms.expires_in_seconds, 600u);
  EXPECT_FALSE(terms.bolt11);
  EXPECT_TRUE(terms.bolt12);
  EXPECT_THAT(correlations, ElementsAre("corr-1"));
}

TEST_F(OrdersTest, TheAmountIsTheOneGivenOrThatOfThePriceAtItsRate) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {R"({"amount_msat":"7"})", 7},
      {R"({"amount_msat":7})", 7},
      {R"({"currency":"EUR","amount":"12.50","rate":"50000"})", 25'000'000},
      {R"({"currency":"USD","amount":"10","rate":"30000"})", 33'333'334},
      // What the caller agreed with its customer counts.
      {R"({"amount_msat":"7","currency":"USD","amount":"10","rate":"30000"})", 7},
      {R"({"amount_msat":"7","currency":"USD","amount":"10"})", 7},
  };
  for (const auto& [body, msat] : cases) {
    wishes.clear();
    EXPECT_EQ(post(kOrders, body).status, 201) << body;
    ASSERT_EQ(wishes.size(), 1u) << body;
    EXPECT_EQ(wishes[0].terms.amount_msat, msat) << body;
    EXPECT_EQ(wishes[0].terms.expires_in_seconds, 3'600u);
    EXPECT_TRUE(wishes[0].terms.bolt11 && wishes[0].terms.bolt12);
  }
}

TEST_F(OrdersTest, WrongTermsAreRefusedBeforeAnybodyIsAsked) {
  for (const std::string body : {R"({})",
                                 R"([])",
                                 R"({"amount_msat":"0"})",
                                 R"({"amount_msat":"2100000000000000001"})",
                                 R"({"amount":"5","rate":"1"})",
                                 R"({"currency":"EUR","rate":"1"})",
                                 R"({"currency":"EUR","amount":"5"})",
                                 R"({"currency":"eur","amount":"5","rate":"1"})",
                                 R"({"currency":"EURO","amount":"5","rate":"1"})",
                                 R"({"currency":"EUR","amount":5,"rate":"1"})",
                                 R"({"currency":"EUR","amount":"5e3","rate":"1"})",
                                 R"({"currency":"EUR","amount":"0","rate":"1"})",
                                 R"({"currency":"EUR","amount":"5","rate":"0"})",
                                 R"({"currency":"EUR","amount":"-5","rate":"1"})",
                                 R"({"currency":"EUR","amount":"21000001","rate":"1"})",
                                 R"({"amount_msat":"7","currency":"EUR","amount":"five"})",
                                 R"({"amount_msat":"7","currency":"EUR","amount":"5","rate_source":"x"})",
                                 R"({"amount_msat":"7","rate_source":"x"})",
                                 R"({"amount_msat":"7","methods":[]})",
                                 R"({"amount_msat":"7","methods":["cash"]})",
                                 R"({"amount_msat":"7","methods":["bolt11","bolt11"]})",
                                 R"({"amount_msat":"7","methods":"bolt11"})",
                                 R"({"amount_msat":"7","expires_in":59})",
                                 R"({"amount_msat":"7","expires_in":31622401})",
                                 R"({"amount_msat":"7","expiry":600})",
                                 R"({"amount_msat":"7","memo":"two\nlines"})"}) {
    EXPECT_EQ(post(kOrders, body).status, 400) << body;
  }
  EXPECT_EQ(post(kOrders, R"({"amount_msat":"7","memo":")" + std::string(640, 'x') + "\"}").status, 400);
  EXPECT_EQ(post(kOrders, "").status, 400);
  EXPECT_EQ(post("/v1/names/nonsense/orders", R"({"amount_msat":"7"})").status, 422);
  EXPECT_THAT(wishes, IsEmpty());
}

TEST_F(OrdersTest, AnIdempotencyKeyTravelsWithTheRequestsHash) {
  const auto with_key = [&](const std::string& body) {
    return call(Call{"POST", kOrders, body, {{"Idempotency-Key", "basket-1"}}});
  };
  with_key(R"({"amount_msat":"1"})");
  answer->replayed = true;
  EXPECT_EQ(header_of(with_key(R"({"amount_msat":"1"})"), "Idempotency-Replayed"), "true");
  with_key(R"({"amount_msat":"2"})");
  ASSERT_EQ(wishes.size(), 3u);
  EXPECT_EQ(wishes[0].idempotency_key, "basket-1");
  EXPECT_EQ(wishes[0].request_hash, wishes[1].request_hash);
  EXPECT_NE(wishes[0].request_hash, wishes[2].request_hash);
}

TEST_F(OrdersTest, AreListedInPagesAndNarrowed) {
  fake.orders["default"] = {order(3), order(2, OrderState::kUnderpaid, "basket-2"),
                            order(1, OrderState::kPaid)};
  const json::object first = object_of(get("/v1/orders?limit=2"));
  EXPECT_THAT(ids(first), ElementsAre(id_of(3).to_string(), id_of(2).to_string()));
  const std::string next = text_of(first, "next");
  const json::object second = object_of(get("/v1/orders?limit=2&cursor=" + next));
  EXPECT_THAT(ids(second), ElementsAre(id_of(1).to_string()));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_THAT(ids(object_of(get("/v1/orders?state=underpaid"))), ElementsAre(id_of(2).to_string()));
  EXPECT_THAT(ids(object_of(get("/v1/orders?reference=basket-2&name=Alice@example.com"))),
              ElementsAre(id_of(2).to_string()));
  EXPECT_THAT(ids(object_of(get("/v1/orders?name=bob@example.com"))), IsEmpty());
  EXPECT_EQ(get("/v1/orders?state=done").status, 400);
  EXPECT_EQ(get("/v1/orders?reference=").status, 400);
  EXPECT_EQ(get("/v1/orders?cursor=" + next + "x").status, 400);
  EXPECT_EQ(get("/v1/invoices?cursor=" + next).status, 400) << "the cursor of another list";
  EXPECT_EQ(get("/v1/orders?name=nonsense").status, 422);
}

TEST_F(OrdersTest, AreNobodysButTheTenants) {
  fake.orders["default"] = {order(1)};
  const std::string target = "/v1/orders/" + id_of(1).to_string();
  Call wanted{"GET", target, {}, {}};
  EXPECT_EQ(call(wanted).status, 200);
  wanted.key = "other-secret";
  EXPECT_EQ(call(wanted).status, 404);
  wanted.key = "";
  EXPECT_EQ(call(wanted).status, 401);
  EXPECT_EQ(get(target + "x").status, 404);
  Call list{"GET", "/v1/orders", {}, {}};
  list.key = "other-secret";
  EXPECT_THAT(ids(object_of(call(list))), IsEmpty());
}

TEST_F(OrdersTest, WhatTheNodeSaysBecomesAProblem) {
  const std::pair<base::Status, unsigned> cases[] = {
      {base::not_found("there is no name"), 404},
      {base::failed_precondition("the name is external"), 409},
      {base::invalid_argument("the key was used for another request"), 422},
      {base::unimplemented("no offers"), 501},
      {base::unavailable("none was made"), 503},
      {base::deadline_exceeded("it is asked again"), 504},
      {base::internal("not what was asked for"), 500},
  };
  for (const auto& [status, code] : cases) {
    answer = base::fail(status);
    const Response response = post(kOrders, R"({"amount_msat":"7"})");
    EXPECT_EQ(response.status, code) << status.to_string();
    if (code == 500) continue;
    EXPECT_THAT(response.body, HasSubstr(status.message()));
  }
}

}  // namespace
}  // namespace paynamed::api
