#include "plugin.hpp"

#include <gmock/gmock.h>
#include <paynamed/testing/test_host.hpp>

#include "config_schema.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
using paynamed::testing::Instance;
using paynamed::testing::TestHost;
using testing::TemporaryFolder;

class PluginTest : public ::testing::Test {
 protected:
  // `more` is added to the table: R"(, "nodes": ["a"])".
  std::string table(const std::string& more = "") const {
    return R"({"key_file": ")" + (folder_ / "seed").string() + R"(", "state_file": ")" +
           (folder_ / "state").string() + "\"" + more + "}";
  }

  Instance* start(const std::string& more = "") {
    auto made = host_.create<SandboxPlugin>(table(more));
    EXPECT_TRUE(made.ok()) << made.error().message();
    return *made;
  }

  static proto::CreateOfferRequest offer_request(const std::string& key) {
    proto::CreateOfferRequest request;
    request.set_offer_key(key);
    request.set_description("Pay alice");
    return request;
  }

  Result<proto::CreateOfferReply> create_offer(Instance* instance, const std::string& key) {
    return host_.call<proto::CreateOfferReply>(instance, "CreateOffer", offer_request(key));
  }

  Result<proto::LookupOfferReply> lookup(Instance* instance, const std::string& key) {
    proto::LookupOfferRequest request;
    request.set_offer_key(key);
    return host_.call<proto::LookupOfferReply>(instance, "LookupOffer", request);
  }

  // Makes an invoice and pays it, from the node to itself.
  void receive(Instance* instance, const std::string& key) {
    proto::CreateInvoiceRequest request;
    request.set_invoice_key(key);
    request.set_amount_msat(1000);
    request.set_description("coffee");
    const auto invoice = host_.call<proto::CreateInvoiceReply>(instance, "CreateInvoice", request);
    ASSERT_TRUE(invoice.ok()) << invoice.error().message();
    proto::PayRequest payment;
    payment.set_payment_key(key);
    payment.set_invoice(invoice->bolt11());
    const auto paid = host_.call<proto::PayReply>(instance, "Pay", payment);
    ASSERT_TRUE(paid.ok()) << paid.error().message();
  }

  static proto::WatchPaymentsRequest watch_request(const std::string& cursor, std::uint32_t wait_ms) {
    proto::WatchPaymentsRequest request;
    request.set_cursor(cursor);
    request.set_wait_ms(wait_ms);
    return request;
  }

  std::string refusal(const std::string& more) {
    auto made = host_.create<SandboxPlugin>(table(more));
    if (made.ok()) return "made";
    EXPECT_EQ(made.error().code(), Code::kInvalidArgument);
    return made.error().message();
  }

  TemporaryFolder folder_;
  TestHost host_;
};

TEST_F(PluginTest, says_what_it_is_without_touching_a_file) {
  auto* instance = start();
  const auto reply =
      host_.call<proto::DescribeNodesReply>(instance, "Describe", proto::DescribeNodesRequest());
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->moves_money());
  EXPECT_TRUE(reply->offers());
  EXPECT_EQ(reply->network(), "regtest");
  EXPECT_EQ(reply->custody(), proto::CUSTODY_FULL);
  EXPECT_THAT(reply->summary(), HasSubstr("moves no money"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "files are made at first use";
  EXPECT_FALSE(host_.logged("moves no money"));
}

TEST_F(PluginTest, says_once_in_the_log_that_it_moves_no_money) {
  auto* instance = start();
  ASSERT_TRUE(create_offer(instance, "a").ok());
  ASSERT_TRUE(create_offer(instance, "b").ok());
  int lines = 0;
  for (const auto& line : host_.logs())
    lines += line.message.find("moves no money") != std::string::npos ? 1 : 0;
  EXPECT_EQ(lines, 1);
}

TEST_F(PluginTest, keeps_its_offers_over_a_restart) {
  auto* before = start();
  const auto offer = create_offer(before, "k");
  ASSERT_TRUE(offer.ok());
  proto::DisableOfferRequest disable;
  disable.set_offer_key("k");
  ASSERT_TRUE(host_.call<proto::DisableOfferReply>(before, "DisableOffer", disable)->changed());
  host_.stop(before);
  auto* after = start();
  EXPECT_EQ(create_offer(after, "k")->offer(), offer->offer());
  EXPECT_FALSE(lookup(after, "k")->active());
}

TEST_F(PluginTest, a_second_instance_on_the_same_files_is_refused_in_words) {
  auto* first = start();
  ASSERT_TRUE(create_offer(first, "k").ok());
  auto* second = start();
  const auto reply = create_offer(second, "k");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), Code::kFailedPrecondition);
  EXPECT_THAT(reply.error().message(), HasSubstr("in use by another sandbox"));
  host_.stop(first);
  EXPECT_TRUE(create_offer(second, "k").ok()) << "free again";
}

TEST_F(PluginTest, watching_answers_at_once_when_something_is_there) {
  auto* instance = start();
  receive(instance, "i1");
  const auto seen =
      host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments", watch_request("", 30'000));
  ASSERT_TRUE(seen.ok()) << seen.error().message();
  ASSERT_EQ(seen->payments_size(), 1);
  EXPECT_EQ(seen->next_cursor(), "1");
  const auto none = host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments", watch_request("1", 0));
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->payments_size(), 0);
}

TEST_F(PluginTest, watching_wakes_when_a_payment_arrives) {
  auto* instance = start();
  const auto poll = host_.start(instance, "WatchPayments", watch_request("", 20'000), {.timeout = 30s});
  const auto other = host_.start(instance, "WatchPayments", watch_request("", 20'000), {.timeout = 30s});
  receive(instance, "i1");
  for (const auto& waiting : {poll, other}) {
    const auto seen = host_.wait<proto::WatchPaymentsReply>(waiting);
    ASSERT_TRUE(seen.ok()) << seen.error().message();
    ASSERT_EQ(seen->payments_size(), 1);
    EXPECT_EQ(seen->payments(0).invoice_key(), "i1");
  }
}

TEST_F(PluginTest, watching_ends_empty_after_its_time) {
  auto* instance = start();
  const auto before = host_.wall();
  const auto seen = host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments", watch_request("", 5'000),
                                                          {.timeout = 30s});
  ASSERT_TRUE(seen.ok()) << seen.error().message();
  EXPECT_EQ(seen->payments_size(), 0);
  EXPECT_EQ(seen->next_cursor(), "0");
  EXPECT_EQ(host_.wall() - before, 5s);
}

TEST_F(PluginTest, watching_ends_before_the_deadline_of_its_call) {
  auto* instance = start();
  const auto seen = host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments",
                                                          watch_request("", 60'000), {.timeout = 10s});
  ASSERT_TRUE(seen.ok()) << seen.error().message();
  EXPECT_EQ(seen->payments_size(), 0);
}

TEST_F(PluginTest, watching_ends_when_nobody_waits_and_when_the_plugin_stops) {
  auto* instance = start();
  ASSERT_TRUE(create_offer(instance, "k").ok());
  const auto given_up = host_.start(instance, "WatchPayments", watch_request("", 20'000), {.timeout = 30s});
  host_.run();
  host_.cancel(instance, given_up);
  EXPECT_EQ(host_.wait<proto::WatchPaymentsReply>(given_up).code(), Code::kCancelled);
  const auto open = host_.start(instance, "WatchPayments", watch_request("", 20'000), {.timeout = 30s});
  host_.stop(instance);
  ASSERT_TRUE(open.done());
  EXPECT_EQ(open.bytes().code(), Code::kCancelled);
}

TEST_F(PluginTest, the_simulated_payer_pays_by_the_clock) {
  auto* instance = start(R"(, "payer": {"every": "5s", "amount_msat": 1234, "note": "tip"})");
  const auto offer = create_offer(instance, "k");
  ASSERT_TRUE(offer.ok());
  const auto seen = host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments", watch_request("", 8'000),
                                                          {.timeout = 30s});
  ASSERT_TRUE(seen.ok()) << seen.error().message();
  ASSERT_EQ(seen->payments_size(), 1);
  EXPECT_EQ(seen->payments(0).offer_id(), offer->offer_id());
  EXPECT_EQ(seen->payments(0).received_msat(), 1234U);
  EXPECT_EQ(seen->payments(0).payer_note(), "tip");
  const auto next = host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments",
                                                          watch_request("1", 8'000), {.timeout = 30s});
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->payments_size(), 1) << "every 5 seconds another one";
}

TEST_F(PluginTest, without_a_payer_nothing_is_paid) {
  auto* instance = start();
  ASSERT_TRUE(create_offer(instance, "k").ok());
  host_.advance(1h);
  EXPECT_EQ(
      host_.call<proto::WatchPaymentsReply>(instance, "WatchPayments", watch_request("", 0))->payments_size(),
      0);
}

TEST_F(PluginTest, a_fault_before_the_effect_leaves_nothing_and_ends_after_its_times) {
  auto* instance = start(R"(, "faults": {"CreateOffer": {"code": "UNAVAILABLE", "times": 2}})");
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(create_offer(instance, "k").code(), Code::kUnavailable);
    EXPECT_EQ(lookup(instance, "k").code(), Code::kNotFound);
  }
  EXPECT_TRUE(create_offer(instance, "k").ok());
}

TEST_F(PluginTest, a_fault_after_the_effect_leaves_the_effect) {
  auto* instance = start(R"(, "faults": {"CreateOffer": {"code": "UNKNOWN", "after_effect": true}})");
  EXPECT_EQ(create_offer(instance, "k").code(), Code::kUnknown);
  const auto made = lookup(instance, "k");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(create_offer(instance, "k")->offer(), made->offer());
}

TEST_F(PluginTest, a_delayed_call_comes_later_and_works) {
  auto* instance = start(R"(, "faults": {"CreateOffer": {"delay": "3s"}})");
  const auto before = host_.wall();
  EXPECT_TRUE(create_offer(instance, "k").ok());
  EXPECT_EQ(host_.wall() - before, 3s);
}

TEST_F(PluginTest, a_call_without_an_answer_stays_open_until_the_plugin_stops) {
  for (const bool after_effect : {false, true}) {
    const auto key = after_effect ? std::string("after") : std::string("before");
    auto* instance =
        start(std::string(R"(, "faults": {"CreateOffer": {"no_answer": true, "after_effect": )") +
              (after_effect ? "true" : "false") + "}}");
    const auto call = host_.start(instance, "CreateOffer", offer_request(key));
    EXPECT_EQ(lookup(instance, key).ok(), after_effect);
    host_.cancel(instance, call);
    host_.advance(1h);
    EXPECT_FALSE(call.done());
    host_.stop(instance);
    EXPECT_TRUE(call.done());
    EXPECT_FALSE(call.bytes().ok());
  }
}

TEST(ConfigSchema, is_json_and_closed_at_every_level) {
  const auto schema = Json::parse(kConfigSchema);
  int tables = 0;
  const std::function<void(const Json&)> walk = [&](const Json& part) {
    const auto* object = part.as<Json::Object>();
    if (object == nullptr) return;
    if (const auto type = object->find("type"); type != object->end() &&
                                                type->second.as<std::string>() != nullptr &&
                                                *type->second.as<std::string>() == "object") {
      ++tables;
      const auto closed = object->find("additionalProperties");
      ASSERT_NE(closed, object->end());
      EXPECT_FALSE(*closed->second.as<bool>());
    }
    for (const auto& [key, value] : *object) walk(value);
  };
  walk(schema);
  EXPECT_EQ(tables, 3 + 15) << "the table, payer, faults and one fault a method";
}

TEST_F(PluginTest, a_wrong_configuration_is_refused_with_its_key) {
  const struct {
    const char* more;
    const char* words;
  } kCases[] = {
      {R"(, "nodes": ["a", "b", "a"])", "\"nodes\" names a node twice"},
      {R"(, "payer": {"every": "0s"})", "\"payer.every\" must be at least"},
      {R"(, "payer": {"every": "soon"})", "\"payer.every\" must be a time"},
      {R"(, "payer": {"every": "5s", "amount_msat": 0})", "\"payer.amount_msat\""},
      {R"(, "faults": {"Pay": {"code": "BROKEN"}})", "\"faults.Pay.code\""},
      {R"(, "faults": {"Pay": {"code": "OK"}})", "\"faults.Pay.code\""},
      {R"(, "faults": {"Pay": {"code": "UNKNOWN", "no_answer": true}})", "\"faults.Pay.no_answer\""},
      {R"(, "faults": {"Pay": {"code": "UNKNOWN", "times": 0}})", "\"faults.Pay.times\""},
  };
  for (const auto& [more, words] : kCases) EXPECT_THAT(refusal(more), HasSubstr(words)) << more;
}

}  // namespace
}  // namespace paynamed::sandbox
