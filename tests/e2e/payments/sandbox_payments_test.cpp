// The sandbox's simulated payer pays a name again and again while the daemon is killed and begins anew.
#include <boost/json/parse.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/payments/payment_scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::SizeIs;

class SandboxPayments : public LabTest {
 protected:
  static std::size_t invoices_made(const Scene& scene) {
    std::size_t made = 0;
    std::istringstream ledger{read_file(scene.folder() / "sandbox.state")};
    for (std::string line; std::getline(ledger, line);) {
      if (json::parse(line).as_object().contains("invoice_made")) ++made;
    }
    return made;
  }
};

TEST_F(SandboxPayments, EveryPaymentOfTheLedgerIsToldExactlyOnce) {
  Parts parts;
  parts.node = "payer = { every = \"100ms\", amount_msat = 1000, note = \"tip\" }";
  Scene scene{lab(), parts};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("alice@example.test").status, 201);
  for (int i = 0; i < 4; ++i) {
    const std::size_t before = events_of(scene, "payment.received").size();
    ASSERT_TRUE(until([&] { return events_of(scene, "payment.received").size() > before + 2; }));
    scene.daemon().kill();
    scene.daemon().start();
  }
  // Nobody pays any more.
  ASSERT_EQ(scene.daemon().terminate(), 0);
  scene.write_config(Parts{});
  scene.daemon().start();
  std::size_t paid = 0;
  std::istringstream ledger{read_file(scene.folder() / "sandbox.state")};
  for (std::string line; std::getline(ledger, line);) {
    if (json::parse(line).as_object().contains("payment_made")) ++paid;
  }
  EXPECT_GE(paid, 12u);
  ASSERT_TRUE(until([&] { return events_of(scene, "payment.received").size() >= paid; }));
  const auto received = events_of(scene, "payment.received");
  EXPECT_THAT(received, SizeIs(paid));
  std::set<std::string> keys;
  for (const json::object& each : received) keys.insert(text(data_of(each), "pay_key"));
  EXPECT_THAT(keys, SizeIs(paid));
}

TEST_F(SandboxPayments, AnInvoiceIsMadeOnceAndPaidOnce) {
  Parts parts;
  parts.node = "faults = { CreateInvoice = { code = \"INTERNAL\", after_effect = true } }";
  Scene scene{lab(), parts};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("dora@example.test").status, 201);
  const std::string target = "/v1/names/dora@example.test/invoices";
  const std::string body = R"({"amount_msat":"250000","memo":"two coffees","reference":"order-1"})";
  const fakes::HttpClient::Headers key{{"Idempotency-Key", "order-1"}};
  auto reply = scene.send("POST", target, body, key);
  EXPECT_EQ(reply.status, 504) << "the node made it, and its answer was lost: " << reply.body;
  scene.daemon().kill();
  scene.write_config(Parts{});
  scene.daemon().start();
  reply = scene.send("POST", target, body, key);
  ASSERT_EQ(reply.status, 201) << reply.body;
  const json::object invoice = reply.json().as_object();
  EXPECT_EQ(text(invoice, "state"), "open");
  EXPECT_EQ(invoices_made(scene), 1u) << "however often it is asked for";

  ASSERT_EQ(scene.daemon().terminate(), 0);
  parts.node = "payer = { every = \"100ms\", amount_msat = 1000 }";
  scene.write_config(parts);
  scene.daemon().start();
  const std::string shown = "/v1/invoices/" + text(invoice, "id");
  ASSERT_TRUE(until([&] { return text(scene.get(shown), "state") == "paid"; }));
  EXPECT_EQ(text(scene.get(shown), "received_msat"), "250000");
  scene.daemon().kill();
  scene.daemon().start();
  const std::size_t before = events_of(scene, "payment.received").size();
  ASSERT_TRUE(until([&] { return events_of(scene, "payment.received").size() > before + 2; }));
  ASSERT_EQ(events_of(scene, "invoice.created").size(), 1u);
  ASSERT_EQ(events_of(scene, "invoice.paid").size(), 1u);
  const json::object paid = events_of(scene, "invoice.paid")[0];
  EXPECT_EQ(text(data_of(paid), "invoice"), text(invoice, "id"));
  EXPECT_EQ(text(data_of(paid), "reference"), "order-1");
  reply = scene.send("POST", target, body, key);
  EXPECT_EQ(text(reply.json().as_object(), "state"), "paid");
  EXPECT_EQ(scene.send("POST", target, R"({"amount_msat":"1"})", key).status, 422);
  EXPECT_THAT(scene.ctl({"invoices", "--state", "paid"}).output, testing::HasSubstr("order-1"));
}

}  // namespace
}  // namespace paynamed::e2e
