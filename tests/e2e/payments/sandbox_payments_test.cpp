// The sandbox's simulated payer pays a name again and again while the daemon is killed and begins anew.
#include <boost/json/parse.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/payments/payment_scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::SizeIs;

class SandboxPayments : public LabTest {};

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

}  // namespace
}  // namespace paynamed::e2e
