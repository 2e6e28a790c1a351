// Which wallets can pay a name, from its registration to paynamectl.
#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class Lint : public LabTest {};

TEST_F(Lint, OfANodeNameAllWalletsOfItsNetworkCanPay) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto reply = scene.register_name("alice@example.test");
  ASSERT_EQ(reply.status, 201) << reply.body;
  const json::object lint = scene.get("/v1/names/alice@example.test/lint");
  EXPECT_TRUE(lint.at("all_can_pay").as_bool()) << json::serialize(lint);
  EXPECT_EQ(lint.at("wallets").as_array().size(), 5U);
  EXPECT_EQ(lint.at("value"), scene.get("/v1/names/alice@example.test").at("value"));
  // The offers of the sandbox are for regtest.
  EXPECT_THAT(json::serialize(lint), HasSubstr(R"("code":"test_network")"));
  const json::object step = scene.step(text(reply.json().as_object(), "run"), "prove");
  EXPECT_THAT(text(step, "message"), Not(HasSubstr("pay it")));
  const fakes::Ended shown = scene.ctl({"lint", "alice@example.test"});
  EXPECT_EQ(shown.exit_code, 0) << shown.output << shown.errors;
}

TEST_F(Lint, WhoCannotPayIsSaidWhenTheNameBecomesLive) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto reply = scene.register_name("bob@example.test", "somebody",
                                         R"({"uri":"bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"})");
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(text(scene.get("/v1/names/bob@example.test"), "state"), "live");
  const json::object step = scene.step(text(reply.json().as_object(), "run"), "prove");
  EXPECT_THAT(text(step, "message"),
              HasSubstr("; CLN, Phoenix, Boltz cannot pay it: the record has no offer (lno=)"));
  const fakes::Ended shown = scene.ctl({"lint", "bob@example.test"});
  EXPECT_EQ(shown.exit_code, 1) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("the record has no offer (lno=)"));
  EXPECT_THAT(shown.output, HasSubstr("on_chain_address"));
}

}  // namespace
}  // namespace paynamed::e2e
