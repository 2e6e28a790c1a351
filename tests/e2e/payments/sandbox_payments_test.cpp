// The sandbox's simulated payer pays a name again and again while the daemon is killed and begins anew.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdlib>
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
  // Those that nobody disabled, but for single-use ones that were paid; the first is the name's.
  static std::vector<std::string> payable_offers(const Scene& scene) {
    std::set<std::string> paid;
    std::istringstream ledger{read_file(scene.folder() / "sandbox.state")};
    for (std::string line; std::getline(ledger, line);) {
      const json::object change = json::parse(line).as_object();
      if (const auto* made = change.if_contains("payment_made"))
        paid.insert(text(made->as_object(), "offer_id"));
    }
    std::vector<std::string> payable;
    for (const auto& [id, active] : scene.sandbox_offers()) {
      if (payable.empty() || (active && !paid.contains(id))) payable.push_back(id);
    }
    return payable;
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

// Both ways of an order may be paid before the other is disabled; after that neither can.
TEST_F(SandboxPayments, AnOrderIsMadeWholeWhereverTheDaemonDiesAndEndsWhenItIsPaid) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("erin@example.test").status, 201);
  const std::string target = "/v1/names/erin@example.test/orders";
  const std::string body = R"({"amount_msat":"250000","memo":"two coffees","reference":"basket-1"})";
  std::vector<std::string> orders;
  for (const std::string place : {"order.intent.after", "order.offer.after", "order.node.after"}) {
    SCOPED_TRACE(place);
    ASSERT_EQ(scene.daemon().terminate(), 0);
    ASSERT_EQ(setenv("PAYNAMED_FAILPOINT", (place + ":1").c_str(), 1), 0);
    scene.daemon().start();
    unsetenv("PAYNAMED_FAILPOINT");
    const fakes::HttpClient::Headers key{{"Idempotency-Key", place}};
    EXPECT_ANY_THROW(scene.send("POST", target, body, key)) << "the daemon died";
    scene.daemon().kill();
    scene.daemon().start();
    EXPECT_EQ(items_of(scene, "/v1/orders").size(), orders.size()) << "nobody sees half of one";
    const auto made = scene.send("POST", target, body, key);
    ASSERT_EQ(made.status, 201) << made.body;
    orders.push_back(text(made.json().as_object(), "id"));
    EXPECT_EQ(invoices_made(scene), orders.size());
    EXPECT_THAT(scene.sandbox_offers(), SizeIs(orders.size() + 1)) << "one each, and that of the name";
  }
  ASSERT_EQ(scene.daemon().terminate(), 0);
  Parts parts;
  parts.node = "payer = { every = \"100ms\", amount_msat = 1000 }";
  scene.write_config(parts);
  scene.daemon().start();
  for (const std::string& id : orders) {
    ASSERT_TRUE(until([&] {
      const std::string state = text(scene.get("/v1/orders/" + id), "state");
      return state == "paid" || state == "overpaid";
    }));
  }
  ASSERT_TRUE(until([&] { return payable_offers(scene).size() == 1; }))
      << "only the name's offer can be paid any more";
  const auto payments = items_of(scene, "/v1/payments?limit=500");
  for (const std::string& id : orders) {
    const json::object order = scene.get("/v1/orders/" + id);
    std::uint64_t received = 0;
    for (const json::object& each : payments) {
      if (text(each, "order") == id) received += std::stoull(text(each, "amount_msat"));
    }
    EXPECT_EQ(text(order, "received_msat"), std::to_string(received));
    EXPECT_EQ(text(order, "state"), received == 250'000 ? "paid" : "overpaid");
    EXPECT_EQ(text(order, "reference"), "basket-1");
  }
  EXPECT_EQ(events_of(scene, "order.created").size(), orders.size());
}

}  // namespace
}  // namespace paynamed::e2e
