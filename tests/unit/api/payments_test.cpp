// Payments and invoices: who sees what, what is asked for, and what is answered.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using state::InvoiceState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Uuid id_of(int number) {
  return base::Uuid::v8(std::to_string(number));
}

// Rows by tenant, the newest first; only the reads that the API makes are answered.
class FakePayments final : public state::PaymentStore, public state::InvoiceStore {
 public:
  std::map<std::string, std::vector<state::PaymentRow>> payments;
  std::map<std::string, std::vector<state::InvoiceRow>> invoices;

  state::Result<std::optional<state::PaymentRow>> find_payment(std::string_view tenant,
                                                               base::Uuid id) override {
    return find(payments[std::string{tenant}], id);
  }
  state::Result<std::vector<state::PaymentRow>> list_payments(std::string_view tenant, std::string_view name,
                                                              base::Uuid before,
                                                              std::uint32_t limit) override {
    return list(payments[std::string{tenant}], name, before, limit,
                [](const state::PaymentRow&) { return true; });
  }
  state::Result<std::optional<state::InvoiceRow>> find_invoice(std::string_view tenant,
                                                               base::Uuid id) override {
    return find(invoices[std::string{tenant}], id);
  }
  state::Result<std::vector<state::InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                              std::optional<InvoiceState> state,
                                                              base::Uuid before,
                                                              std::uint32_t limit) override {
    return list(invoices[std::string{tenant}], name, before, limit,
                [&](const state::InvoiceRow& row) { return !state || row.state == *state; });
  }

  asio::awaitable<state::Result<state::TakenIn>> take_in(state::TakeIn) override { co_return unexpected(); }
  asio::awaitable<state::Result<void>> restart_cursor(state::PaymentSource, std::string,
                                                      std::optional<state::NewEvent>) override {
    co_return unexpected();
  }
  state::Result<std::optional<state::NodeCursor>> find_cursor(const state::PaymentSource&) override {
    return unexpected();
  }
  state::Result<std::vector<state::NodeCursor>> node_cursors(std::uint32_t) override { return unexpected(); }
  asio::awaitable<state::Result<state::InvoiceIntent>> intend_invoice(state::NewInvoice) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<state::InvoiceRow>> create_invoice(state::MadeInvoice) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<void>> give_up_invoice(base::Uuid) override { co_return unexpected(); }
  asio::awaitable<state::Result<void>> expire_invoices(std::vector<base::Uuid>, base::WallTime) override {
    co_return unexpected();
  }
  state::Result<std::vector<state::NodePlace>> places_of_open_invoices() override { return unexpected(); }
  state::Result<std::vector<base::Uuid>> invoices_due(const state::NodePlace&, base::WallTime,
                                                      std::uint32_t) override {
    return unexpected();
  }
  state::Result<std::vector<state::InvoiceIntent>> open_intents(base::WallTime, state::IntentPlace,
                                                                std::uint32_t) override {
    return unexpected();
  }

 private:
  static tl::unexpected<base::Status> unexpected() {
    ADD_FAILURE() << "the API must not call this";
    return base::fail(base::internal("not for the API"));
  }
  template <class Row>
  static std::optional<Row> find(const std::vector<Row>& rows, base::Uuid id) {
    for (const Row& row : rows) {
      if (row.id == id) return row;
    }
    return std::nullopt;
  }
  template <class Row, class Keep>
  static std::vector<Row> list(const std::vector<Row>& rows, std::string_view name, base::Uuid before,
                               std::uint32_t limit, Keep keep) {
    std::vector<Row> out;
    bool on = before == base::Uuid{};
    for (const Row& row : rows) {
      if (on && out.size() < limit && (name.empty() || row.name == name) && keep(row)) out.push_back(row);
      on = on || row.id == before;
    }
    return out;
  }
};

state::PaymentRow payment(int number, const std::string& name = "alice@example.com") {
  state::PaymentRow row;
  row.id = id_of(number);
  row.name = name;
  row.node_id = "02aa";
  row.pay_key = "key-" + std::to_string(number);
  row.received_msat = static_cast<std::uint64_t>(number) * 1'000;
  row.paid_at = row.taken_in = noon();
  row.offer_id = "0f0f";
  row.payer_note = "thanks";
  return row;
}

state::InvoiceRow invoice(int number, InvoiceState state = InvoiceState::kOpen) {
  state::InvoiceRow row;
  row.id = id_of(number);
  row.name = "alice@example.com";
  row.bolt11 = "lnbc1...";
  row.payment_hash = std::string(64, 'c');
  row.terms = {250'000, "coffee", "order-1", 600};
  row.created = noon();
  row.expires = noon() + std::chrono::seconds{600};
  row.state = state;
  return row;
}

class PaymentsTest : public ApiTest {
 protected:
  PaymentsTest() {
    Dependencies needed = world.dependencies();
    needed.payments.payments = &fake;
    needed.payments.invoices = &fake;
    needed.payments.make_invoice =
        [this](state::NewInvoice wish,
               std::string correlation_id) -> asio::awaitable<base::Result<payments::InvoiceMaker::Made>> {
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

  FakePayments fake;
  std::vector<state::NewInvoice> wishes;
  std::vector<std::string> correlations;
  base::Result<payments::InvoiceMaker::Made> answer = payments::InvoiceMaker::Made{invoice(1), false};
};

constexpr const char* kInvoices = "/v1/names/alice@example.com/invoices";

TEST_F(PaymentsTest, AreListedNewestFirstInPagesAndOfOneName) {
  fake.payments["default"] = {payment(3), payment(2, "bob@example.com"), payment(1)};
  const json::object first = object_of(get("/v1/payments?limit=2"));
  EXPECT_THAT(ids(first), ElementsAre(id_of(3).to_string(), id_of(2).to_string()));
  const std::string next = text_of(first, "next");
  const json::object second = object_of(get("/v1/payments?limit=2&cursor=" + next));
  EXPECT_THAT(ids(second), ElementsAre(id_of(1).to_string()));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_THAT(ids(object_of(get("/v1/payments?name=Alice@example.com"))),
              ElementsAre(id_of(3).to_string(), id_of(1).to_string()));
  EXPECT_EQ(get("/v1/payments?cursor=" + next + "x").status, 400);
  EXPECT_EQ(get("/v1/invoices?cursor=" + next).status, 400) << "the cursor of another list";
  EXPECT_EQ(get("/v1/payments?limit=0").status, 400);
}

TEST_F(PaymentsTest, APaymentSaysWhatItIsAndClaimsApart) {
  fake.payments["default"] = {payment(1)};
  const json::object shown = object_of(get("/v1/payments/" + id_of(1).to_string()));
  EXPECT_EQ(text_of(shown, "amount_msat"), "1000");
  EXPECT_EQ(text_of(shown, "method"), "bolt12");
  EXPECT_EQ(text_of(shown, "offer_id"), "0f0f");
  EXPECT_EQ(shown.at("claims").at("payer_note").as_string(), "thanks");
  EXPECT_TRUE(shown.at("invoice").is_null());
  EXPECT_TRUE(shown.at("order").is_null());
  EXPECT_FALSE(shown.at("claims").as_object().contains("claimed_name"));
  EXPECT_FALSE(shown.contains("payment_preimage"));
}

TEST_F(PaymentsTest, APaymentOfAnOrderNamesItAndAClaimedNameIsAClaim) {
  state::PaymentRow row = payment(1);
  row.order = id_of(9);
  row.claimed_name = "bob@example.org";
  fake.payments["default"] = {row};
  const json::object shown = object_of(get("/v1/payments/" + id_of(1).to_string()));
  EXPECT_EQ(text_of(shown, "order"), id_of(9).to_string());
  EXPECT_EQ(shown.at("links").at("order").as_string(), "/v1/orders/" + id_of(9).to_string());
  EXPECT_EQ(shown.at("claims").at("claimed_name").as_string(), "bob@example.org");
  fake.payments["default"][0].offer_id.clear();
  EXPECT_EQ(text_of(object_of(get("/v1/payments/" + id_of(1).to_string())), "method"), "bolt11");
}

TEST_F(PaymentsTest, AreNobodysButTheTenants) {
  fake.payments["default"] = {payment(1)};
  fake.invoices["default"] = {invoice(1)};
  for (const std::string& target :
       {"/v1/payments/" + id_of(1).to_string(), "/v1/invoices/" + id_of(1).to_string()}) {
    Call wanted{"GET", target, {}, {}};
    EXPECT_EQ(call(wanted).status, 200);
    wanted.key = "other-secret";
    EXPECT_EQ(call(wanted).status, 404);
    wanted.key = "";
    EXPECT_EQ(call(wanted).status, 401);
    EXPECT_EQ(get(target + "x").status, 404);
  }
  Call list{"GET", "/v1/payments", {}, {}};
  list.key = "other-secret";
  EXPECT_THAT(ids(object_of(call(list))), IsEmpty());
}

TEST_F(PaymentsTest, InvoicesAreListedByNameAndState) {
  fake.invoices["default"] = {invoice(2), invoice(1, InvoiceState::kPaid)};
  EXPECT_THAT(ids(object_of(get("/v1/invoices"))), ElementsAre(id_of(2).to_string(), id_of(1).to_string()));
  EXPECT_THAT(ids(object_of(get("/v1/invoices?state=paid&name=alice@example.com"))),
              ElementsAre(id_of(1).to_string()));
  EXPECT_THAT(ids(object_of(get(std::string{kInvoices} + "?state=open"))), ElementsAre(id_of(2).to_string()));
  EXPECT_EQ(get("/v1/invoices?state=done").status, 400);
  EXPECT_EQ(get("/v1/names/nonsense/invoices").status, 422);
}

TEST_F(PaymentsTest, AnInvoiceIsMadeAsAskedFor) {
  const Response response =
      call(Call{"POST",
                kInvoices,
                R"({"amount_msat":"250000","memo":"coffee","reference":"order-1","expiry":600})",
                {{"X-Correlation-Id", "corr-1"}}});
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(header_of(response, "Location"), "/v1/invoices/" + id_of(1).to_string());
  const json::object made = object_of(response);
  EXPECT_EQ(text_of(made, "bolt11"), "lnbc1...");
  EXPECT_EQ(text_of(made, "amount_msat"), "250000");
  EXPECT_EQ(text_of(made, "state"), "open");
  ASSERT_EQ(wishes.size(), 1u);
  EXPECT_EQ(wishes[0].tenant, "default");
  EXPECT_EQ(wishes[0].name, "alice@example.com");
  EXPECT_EQ(wishes[0].terms.amount_msat, 250'000u);
  EXPECT_EQ(wishes[0].terms.memo, "coffee");
  EXPECT_EQ(wishes[0].terms.reference, "order-1");
  EXPECT_EQ(wishes[0].terms.expiry_seconds, 600u);
  EXPECT_EQ(wishes[0].idempotency_key, "");
  EXPECT_THAT(correlations, ElementsAre("corr-1"));
}

TEST_F(PaymentsTest, WithoutTermsAnyAmountIsAskedFor) {
  for (const std::string& body : {std::string{}, std::string{"{}"}, std::string{R"({"amount_msat":null})"}}) {
    wishes.clear();
    EXPECT_EQ(post(kInvoices, body).status, 201) << body;
    EXPECT_EQ(wishes.at(0).terms.amount_msat, 0u);
    EXPECT_EQ(wishes.at(0).terms.expiry_seconds, 3'600u);
  }
  EXPECT_EQ(post(kInvoices, R"({"amount_msat":5000})").status, 201);
  EXPECT_EQ(wishes.back().terms.amount_msat, 5'000u);
}

TEST_F(PaymentsTest, WrongTermsAreRefusedBeforeAnybodyIsAsked) {
  for (const std::string body :
       {R"({"amount_msat":"0"})", R"({"amount_msat":0})", R"({"amount_msat":-5})", R"({"amount_msat":1.5})",
        R"({"amount_msat":"1e3"})", R"({"amount_msat":" 5"})", R"({"amount_msat":"2100000000000000001"})",
        R"({"amount_msat":"99999999999999999999"})", R"({"amount_msat":true})", R"({"memo":5})",
        R"({"memo":"two\nlines"})", R"({"expiry":59})", R"({"expiry":31622401})", R"({"expiry":"600"})",
        R"({"amount":"5"})", "[]"}) {
    EXPECT_EQ(post(kInvoices, body).status, 400) << body;
  }
  EXPECT_EQ(post(kInvoices, R"({"memo":")" + std::string(640, 'x') + "\"}").status, 400);
  EXPECT_EQ(post("/v1/names/nonsense/invoices", "{}").status, 422);
  Call call_with_key{"POST", kInvoices, "{}", {{"Idempotency-Key", ""}}};
  EXPECT_EQ(call(call_with_key).status, 400);
  EXPECT_THAT(wishes, IsEmpty());
}

TEST_F(PaymentsTest, AnIdempotencyKeyTravelsWithTheRequestsHash) {
  const auto with_key = [&](const std::string& body) {
    return call(Call{"POST", kInvoices, body, {{"Idempotency-Key", "order-1"}}});
  };
  with_key(R"({"memo":"a"})");
  answer->replayed = true;
  EXPECT_EQ(header_of(with_key(R"({"memo":"a"})"), "Idempotency-Replayed"), "true");
  with_key(R"({"memo":"b"})");
  ASSERT_EQ(wishes.size(), 3u);
  EXPECT_EQ(wishes[0].idempotency_key, "order-1");
  EXPECT_EQ(wishes[0].request_hash, wishes[1].request_hash);
  EXPECT_NE(wishes[0].request_hash, wishes[2].request_hash);
}

TEST_F(PaymentsTest, WhatTheNodeSaysBecomesAProblem) {
  const std::pair<base::Status, unsigned> cases[] = {
      {base::not_found("there is no name"), 404},
      {base::failed_precondition("the name is external"), 409},
      {base::invalid_argument("the key was used for another request"), 422},
      {base::unimplemented("no invoices"), 501},
      {base::unavailable("none was made"), 503},
      {base::deadline_exceeded("it is asked again"), 504},
      {base::internal("not what was asked for"), 500},
  };
  for (const auto& [status, code] : cases) {
    answer = base::fail(status);
    const Response response = post(kInvoices, "{}");
    EXPECT_EQ(response.status, code) << status.to_string();
    if (code == 500) continue;
    EXPECT_THAT(response.body, HasSubstr(status.message()));
  }
}

}  // namespace
}  // namespace paynamed::api
