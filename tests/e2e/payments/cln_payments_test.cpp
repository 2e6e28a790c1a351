// A daemon and a fake of a Core Lightning node over its socket: what arrives there is told once, whatever
// ends and begins again meanwhile.
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/payments/payment_scene.hpp"
#include "tests/fakes/cln/fake_cln.hpp"

namespace paynamed::e2e {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ClnPayments : public LabTest {
 protected:
  ClnPayments() {
    std::string config = read_file(scene.config_file());
    const std::size_t from = config.find("module = \"sandbox\"");
    const std::size_t to = config.find('\n', config.find("state_file", from));
    config.replace(
        from, to - from,
        fmt::format("module = \"cln\"\ntransport = \"socket\"\nsocket = \"{}\"\nnetwork = \"regtest\"",
                    node.socket()));
    write_file(scene.config_file(), config);
  }

  // What another program at the node's socket does.
  json::object at_node(const std::string& method, const json::object& params) const {
    asio::io_context io;
    asio::local::stream_protocol::socket socket{io};
    socket.connect(asio::local::stream_protocol::endpoint{node.socket()});
    const json::object request{{"jsonrpc", "2.0"}, {"id", "test"}, {"method", method}, {"params", params}};
    asio::write(socket, asio::buffer(json::serialize(request)));
    std::string reply;
    asio::read_until(socket, asio::dynamic_buffer(reply), "\n\n");
    return json::parse(reply).at("result").as_object();
  }
  void pay_somebody_else(int number) const {
    const auto made = at_node(
        "invoice",
        {{"amount_msat", 1'000}, {"label", fmt::format("shop order {}", number)}, {"description", "a hat"}});
    ASSERT_TRUE(node.control("pay_invoice", {{"bolt11", made.at("bolt11")}}).at("paid").as_bool());
  }
  std::string offer_of_alice() const {
    const json::object name = scene.get("/v1/names/" + alice);
    return text(name.at("offers").at(0).as_object(), "offer");
  }
  bool pay(const std::string& offer, std::uint64_t msat, const std::string& note = {},
           const std::string& name = {}) const {
    json::object body{{"offer", offer}, {"amount_msat", msat}, {"payer_note", note}};
    if (!name.empty()) body["name"] = name;
    return node.control("pay_offer", body).at("paid").as_bool();
  }
  std::vector<json::object> received() const { return events_of(scene, "payment.received"); }
  json::object received_one() const {
    const auto all = received();
    EXPECT_THAT(all, SizeIs(1));
    return all.empty() ? json::object{} : all.front();
  }
  // The daemon has read all that the node has: it asks and waits.
  bool has_read_all() const {
    const auto before = node.count("waitanyinvoice");
    return until([&] { return node.count("waitanyinvoice") > before + 2; });
  }
  std::string metrics() const { return scene.send("GET", "/metrics").body; }

  // The tests share a zone, so each has a name of its own.
  static inline int number_ = 0;
  const std::string alice = fmt::format("alice{}@example.test", ++number_);
  fakes::FakeCln node;
  Scene scene{lab()};
};

TEST_F(ClnPayments, EachPaymentIsToldOnceOverKillsOfTheDaemon) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice, "owner-1").status, 201);
  const std::string offer = offer_of_alice();
  ASSERT_TRUE(pay(offer, 5'000, "thank you"));
  ASSERT_TRUE(until([&] { return received().size() == 1; }));
  const json::object data = data_of(received()[0]);
  EXPECT_EQ(text(data, "name"), alice);
  EXPECT_EQ(text(data, "amount_msat"), "5000");
  EXPECT_EQ(text(data, "method"), "bolt12");
  EXPECT_EQ(text(data, "offer_state"), "active");
  EXPECT_EQ(text(data, "owner"), "owner-1");
  EXPECT_EQ(text(data, "network"), "regtest");
  EXPECT_EQ(text(data, "node_id"), node.id());
  EXPECT_FALSE(data.at("livemode").as_bool());
  EXPECT_EQ(data.at("claims").at("payer_note").as_string(), "thank you");
  EXPECT_THAT(json::serialize(data), Not(HasSubstr("preimage")));
  for (int i = 0; i < 5; ++i) {
    if (i % 2 == 0) scene.daemon().kill();
    ASSERT_TRUE(pay(offer, 1'000 + static_cast<std::uint64_t>(i)));
    if (i % 2 == 1) scene.daemon().kill();
    scene.daemon().start();
    ASSERT_TRUE(until([&] { return received().size() == static_cast<std::size_t>(i) + 2; }));
  }
  has_read_all();
  EXPECT_THAT(received(), SizeIs(6));
  const auto payments = items_of(scene, "/v1/payments");
  ASSERT_THAT(payments, SizeIs(6));
  EXPECT_EQ(text(payments.back(), "id"), text(received()[0], "id"));
  EXPECT_EQ(text(scene.get("/v1/payments/" + text(payments[0], "id")), "amount_msat"), "1004");
  EXPECT_THAT(scene.ctl({"payments", "--name", alice}).output, HasSubstr("5000"));
}

TEST_F(ClnPayments, TheHistoryOfANodeIsPassedBySilently) {
  for (int i = 0; i < 30; ++i) pay_somebody_else(i);
  scene.daemon().start();
  ASSERT_TRUE(until([&] {
    return metrics().find("paynamed_stray_payments_total{instance=\"node\"} 30") != std::string::npos;
  }));
  EXPECT_THAT(scene.events(), SizeIs(0));
  pay_somebody_else(30);
  ASSERT_TRUE(until([&] {
    return metrics().find("paynamed_stray_payments_total{instance=\"node\"} 31") != std::string::npos;
  }));
  EXPECT_THAT(scene.events(), SizeIs(0));
  EXPECT_THAT(items_of(scene, "/v1/payments"), SizeIs(0));
  EXPECT_THAT(scene.daemon().log(), Not(HasSubstr("shop order")));
}

TEST_F(ClnPayments, AnOfferThatWasRotatedAwayAndThatOfARemovedNameAreStillPaid) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice).status, 201);
  const std::string first = offer_of_alice();
  const std::string target = "/v1/names/" + alice;
  ASSERT_EQ(scene.send("POST", target + "/rotate", {}, {{"Prefer", "wait=30"}}).status, 200);
  const std::string second = offer_of_alice();
  ASSERT_NE(first, second);
  ASSERT_TRUE(pay(first, 1'000));
  ASSERT_TRUE(until([&] { return received().size() == 1; }));
  EXPECT_EQ(text(data_of(received()[0]), "offer_state"), "retired");
  ASSERT_EQ(scene.send("DELETE", target, {}, {{"Prefer", "wait=30"}}).status, 200);
  ASSERT_TRUE(pay(second, 2'000));
  ASSERT_TRUE(until([&] { return received().size() == 2; }));
  EXPECT_EQ(text(data_of(received()[1]), "name"), alice);
}

TEST_F(ClnPayments, ANodeThatWasRestoredIsReadAgainAndNothingIsToldTwice) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice).status, 201);
  const std::string offer = offer_of_alice();
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(pay(offer, i * 1'000));
  ASSERT_TRUE(until([&] { return received().size() == 3; }));
  node.control("rewind", {{"pay_index", 1}});
  ASSERT_TRUE(pay(offer, 4'000));
  ASSERT_TRUE(until([&] { return received().size() == 4; }));
  EXPECT_EQ(text(data_of(received()[3]), "amount_msat"), "4000");
  EXPECT_THAT(events_of(scene, "node.resynced"), SizeIs(1));
  ASSERT_TRUE(pay(offer, 5'000));
  ASSERT_TRUE(until([&] { return received().size() == 5; }));
}

TEST_F(ClnPayments, AnExternalNameHasNoInvoices) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice).status, 201);
  const std::string offer = offer_of_alice();
  const auto bob = scene.register_name("bob@example.test", "o", fmt::format(R"({{"offer":"{}"}})", offer));
  ASSERT_EQ(bob.status, 201) << bob.body;
  const auto reply = scene.send("POST", "/v1/names/bob@example.test/invoices", "{}");
  EXPECT_EQ(reply.status, 409) << reply.body;
  ASSERT_TRUE(pay(offer, 1'000));
  ASSERT_TRUE(until([&] { return received().size() == 1; }));
  EXPECT_EQ(text(data_of(received()[0]), "name"), alice) << "it was made for her";
}

// Core Lightning takes no less than an offer asks for, and up to five times as much.
TEST_F(ClnPayments, AnOrderIsPaidByASingleUseOfferThatIsNotInDns) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice, "owner-1").status, 201);
  const std::string target = "/v1/names/" + alice + "/orders";
  const std::string body =
      R"({"currency":"EUR","amount":"10","rate":"30000","reference":"basket-1","methods":["bolt12"]})";
  const fakes::HttpClient::Headers key{{"Idempotency-Key", alice + " basket-1"}};
  // The node makes the offer, and its answer is lost.
  node.order({{"method", "offer"}, {"kind", "lose_reply"}});
  EXPECT_EQ(scene.send("POST", target, body, key).status, 504);
  EXPECT_THAT(items_of(scene, "/v1/orders"), SizeIs(0)) << "nobody sees half of one";
  scene.daemon().kill();
  scene.daemon().start();
  const auto made = scene.send("POST", target, body, key);
  ASSERT_EQ(made.status, 201) << made.body;
  const json::object order = made.json().as_object();
  EXPECT_EQ(text(order, "amount_msat"), "33333334");
  EXPECT_EQ(node.control("state").at("offers").as_int64(), 2) << "that of the name, and one for the order";
  EXPECT_NE(text(order, "offer"), offer_of_alice());
  EXPECT_THAT(scene.get("/v1/names/" + alice).at("offers").as_array(), SizeIs(1));

  EXPECT_FALSE(pay(text(order, "offer"), 33'333'333));
  ASSERT_TRUE(pay(text(order, "offer"), 33'333'334, "basket-2 is paid", "Alice@Example.test"));
  const std::string shown = "/v1/orders/" + text(order, "id");
  ASSERT_TRUE(until([&] { return text(scene.get(shown), "state") == "paid"; }));
  EXPECT_FALSE(pay(text(order, "offer"), 33'333'334)) << "it is for one payment";
  const json::object received = data_of(received_one());
  EXPECT_EQ(text(received, "order"), text(order, "id"));
  EXPECT_EQ(text(received, "reference"), "basket-1");
  EXPECT_EQ(received.at("claims").at("claimed_name").as_string(), "alice@example.test");
  const auto paid = events_of(scene, "order.paid");
  ASSERT_THAT(paid, SizeIs(1));
  EXPECT_EQ(text(data_of(paid[0]), "payment"), text(received_one(), "id"));
  EXPECT_EQ(text(data_of(paid[0]), "received_msat"), "33333334");
  EXPECT_THAT(items_of(scene, "/v1/orders?state=paid&reference=basket-1"), SizeIs(1));
  EXPECT_THAT(items_of(scene, "/v1/orders?state=open"), SizeIs(0));
  EXPECT_THAT(scene.ctl({"orders", "list", "--name", alice}).output, HasSubstr("basket-1"));
  EXPECT_THAT(scene.ctl({"orders", "show", text(order, "id")}).output, HasSubstr("10 EUR at 30000"));

  // More than asked for, by another one.
  const auto second =
      scene.ctl({"orders", "create", alice, "--amount-msat", "1000", "--method", "bolt12", "--json"});
  ASSERT_EQ(second.exit_code, 0) << second.output;
  const json::object more = json::parse(second.output).as_object();
  ASSERT_TRUE(pay(text(more, "offer"), 1'500));
  ASSERT_TRUE(
      until([&] { return text(scene.get("/v1/orders/" + text(more, "id")), "state") == "overpaid"; }));
}

TEST_F(ClnPayments, WhenTheInvoiceOfAnOrderIsRefusedItsOfferIsDisabled) {
  scene.daemon().start();
  ASSERT_EQ(scene.register_name(alice).status, 201);
  node.order({{"method", "invoice"}, {"kind", "error"}, {"code", -32602}, {"message", "no such invoice"}});
  const auto refused = scene.send("POST", "/v1/names/" + alice + "/orders", R"({"amount_msat":"1000"})");
  EXPECT_EQ(refused.status, 422) << refused.body;
  const auto is_disabled = [&] {
    const auto offers = at_node("listoffers", {}).at("offers").as_array();
    for (const auto& each : offers) {
      const json::object& offer = each.as_object();
      if (text(offer, "label").starts_with("order/")) return !offer.at("active").as_bool();
    }
    return false;
  };
  ASSERT_TRUE(until(is_disabled));
  EXPECT_THAT(items_of(scene, "/v1/orders"), SizeIs(0));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(ClnPayments, StopsWhileItWaitsForPayments) {
  scene.daemon().start();
  has_read_all();
  EXPECT_EQ(scene.daemon().terminate(std::chrono::seconds{10}), 0);
}

}  // namespace
}  // namespace paynamed::e2e
