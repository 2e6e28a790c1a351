// paynamectl payments and invoices.
#include "tests/unit/ctl/command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPayments =
    R"({"items":[{"id":"p1","name":"alice@example.test","amount_msat":"5000","method":"bolt11","late":true,)"
    R"("paid_at":"2026-11-23T11:00:00.000Z","claims":{"payer_note":"hi\u001b[31m"}}],"next":null})";
const std::string kInvoice =
    R"({"id":"i1","name":"alice@example.test","state":"open","amount_msat":null,"received_msat":"0",)"
    R"("bolt11":"lnbc1xyz","memo":"coffee","reference":null,"created":"c","expires":"e","paid_at":null})";

TEST_F(CommandTest, PaymentsAreATableAndWhatPayersSayCannotSteerTheTerminal) {
  script.reply(200, kPayments);
  EXPECT_EQ(run({"payments", "--name", "alice@example.test"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/payments?&name=alice@example.test&limit=100"));
  EXPECT_THAT(out, HasSubstr("PAYER SAYS"));
  EXPECT_THAT(out, HasSubstr("bolt11, late"));
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  script.reply(200, kPayments);
  EXPECT_EQ(run({"payments", "--json"}), 0);
  EXPECT_THAT(out, HasSubstr(R"("amount_msat":"5000")"));
  script.reply(200, R"({"items":[],"next":null})");
  EXPECT_EQ(run({"payments"}), 0);
  EXPECT_THAT(out + err, HasSubstr("no payments"));
}

TEST_F(CommandTest, AnInvoiceIsMadeShownAndListed) {
  script.reply(201, kInvoice);
  EXPECT_EQ(run({"invoices", "create", "alice@example.test", "--amount-msat", "5000", "--memo", "coffee",
                 "--reference", "r1", "--expiry", "600", "--idempotency-key", "k1"}),
            0)
      << err;
  ASSERT_EQ(script.calls.size(), 1U);
  EXPECT_EQ(script.calls[0].target, "/v1/names/alice@example.test/invoices");
  EXPECT_EQ(script.calls[0].body, R"({"amount_msat":"5000","memo":"coffee","reference":"r1","expiry":600})");
  EXPECT_THAT(script.calls[0].headers,
              ElementsAre(std::pair<std::string, std::string>{"Idempotency-Key", "k1"}));
  EXPECT_THAT(out, HasSubstr("bolt11      lnbc1xyz"));
  script.reply(200, kInvoice);
  EXPECT_EQ(run({"invoices", "show", "i1"}), 0);
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/invoices/i1"));
  script.reply(200, R"({"items":[)" + kInvoice + R"(],"next":null})");
  EXPECT_EQ(run({"invoices", "--state", "open"}), 0);
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/invoices?&state=open&limit=100"));
  EXPECT_THAT(out, HasSubstr("any"));
  EXPECT_EQ(run({"invoices", "create", "alice@example.test", "--expiry", "5"}), 2);
}

const std::string kOrder =
    R"({"id":"o1","name":"alice@example.test","state":"underpaid","amount_msat":"25000000","received_msat":"7",)"
    R"("currency":"EUR","amount":"12.50","rate":"50000","rate_source":"shop","bolt11":"lnbc1xyz",)"
    R"("offer":"lno1xyz","memo":"coffee","reference":"b\u001b1","created":"c","expires":"e","paid_at":null})";

TEST_F(CommandTest, AnOrderIsMadeShownAndListed) {
  script.reply(201, kOrder);
  EXPECT_EQ(run({"orders",
                 "create",
                 "alice@example.test",
                 "--currency",
                 "EUR",
                 "--amount",
                 "12.50",
                 "--rate",
                 "50000",
                 "--rate-source",
                 "shop",
                 "--memo",
                 "coffee",
                 "--reference",
                 "b1",
                 "--expires-in",
                 "600",
                 "--method",
                 "bolt11",
                 "--method",
                 "bolt12",
                 "--idempotency-key",
                 "k1"}),
            0)
      << err;
  ASSERT_EQ(script.calls.size(), 1U);
  EXPECT_EQ(script.calls[0].target, "/v1/names/alice@example.test/orders");
  EXPECT_EQ(script.calls[0].body,
            R"({"currency":"EUR","amount":"12.50","rate":"50000","rate_source":"shop","memo":"coffee",)"
            R"("reference":"b1","expires_in":600,"methods":["bolt11","bolt12"]})");
  EXPECT_THAT(script.calls[0].headers,
              ElementsAre(std::pair<std::string, std::string>{"Idempotency-Key", "k1"}));
  EXPECT_THAT(out, HasSubstr("12.50 EUR at 50000 (shop)"));
  EXPECT_THAT(out, HasSubstr("offer       lno1xyz"));
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  script.reply(200, kOrder);
  EXPECT_EQ(run({"orders", "show", "o1", "--json"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/orders/o1"));
  EXPECT_THAT(out, HasSubstr(R"("state":"underpaid")"));
  for (const std::vector<std::string>& list :
       {std::vector<std::string>{"orders"}, std::vector<std::string>{"orders", "list"}}) {
    std::vector<std::string> words = list;
    for (const char* each : {"--name", "alice@example.test", "--state", "underpaid", "--reference", "b 1"})
      words.emplace_back(each);
    script.reply(200, R"({"items":[)" + kOrder + R"(],"next":null})");
    EXPECT_EQ(run(words), 0) << err;
    EXPECT_THAT(
        script.lines(),
        ElementsAre("GET /v1/orders?&name=alice@example.test&state=underpaid&reference=b%201&limit=100"));
    EXPECT_THAT(out, HasSubstr("RECEIVED"));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  }
  EXPECT_EQ(run({"orders", "create", "alice@example.test", "--method", "cash"}), 2);
}

}  // namespace
}  // namespace paynamed::ctl
