// What the sandbox module makes, read by the daemon's own parsers: two implementations of BOLT 11 and 12 that
// share no code must agree.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <paynamed/node_backend.hpp>

#include <filesystem>
#include <paynamed/testing/test_host.hpp>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"

namespace paynamed::sandbox {
namespace {

namespace proto = paynamed::plugin::v1;
using paynamed::testing::Instance;
using paynamed::testing::TestHost;

class SandboxNames : public ::testing::Test {
 protected:
  SandboxNames() {
    auto pattern = (std::filesystem::temp_directory_path() / "paynamed-sandbox-names-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~SandboxNames() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void SetUp() override {
    // Never closed, as in the daemon.
    void* library = ::dlopen(SANDBOX_MODULE, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    const auto entry = reinterpret_cast<const pn_module* (*)()>(::dlsym(library, PN_SYMBOL));
    ASSERT_NE(entry, nullptr) << ::dlerror();
    const auto made =
        host_.create(*entry(), R"({"key_file": ")" + (folder_ / "key").string() + R"(", "state_file": ")" +
                                   (folder_ / "state").string() + R"(", "nodes": ["alpha", "beta"]})");
    ASSERT_TRUE(made.ok()) << made.error().message();
    instance_ = *made;
  }

  std::filesystem::path folder_;
  TestHost host_;
  Instance* instance_ = nullptr;
};

TEST_F(SandboxNames, every_offer_is_what_was_asked_for) {
  const struct {
    const char* node;
    const char* description;
    const char* issuer;
    std::uint64_t amount_msat;
    std::uint64_t absolute_expiry;
  } kCases[] = {
      {"", "", "", 0, 0},
      {"alpha", "Pay alice", "alice@example.test", 0, 0},
      {"beta", "Pay alice", "alice@example.test", 1, 4'000'000'000},
      {"beta", "Käse für ₿ 🧀", "example.test", 2'100'000'000'000'000'000, 4'294'967'296},
  };
  int number = 0;
  for (const auto& wanted : kCases) {
    proto::CreateOfferRequest request;
    request.mutable_node()->set_node(wanted.node);
    request.set_offer_key("key " + std::to_string(++number));
    request.set_description(wanted.description);
    request.set_issuer(wanted.issuer);
    request.set_amount_msat(wanted.amount_msat);
    request.set_absolute_expiry(wanted.absolute_expiry);
    const auto reply = host_.call<proto::CreateOfferReply>(instance_, "CreateOffer", request);
    ASSERT_TRUE(reply.ok()) << reply.error().message();

    const auto offer = names::parse_offer(reply->offer());
    ASSERT_TRUE(offer.has_value()) << offer.error().message() << " " << reply->offer();
    EXPECT_EQ(offer->text, reply->offer());
    EXPECT_EQ(names::to_hex(offer->offer_id), reply->offer_id());
    EXPECT_EQ(offer->networks(), names::NetworkSet(names::Network::kRegtest));
    EXPECT_EQ(offer->description.value_or(""), wanted.description);
    EXPECT_EQ(offer->issuer.value_or(""), wanted.issuer);
    EXPECT_EQ(offer->amount.value_or(0), wanted.amount_msat);
    EXPECT_EQ(offer->absolute_expiry.value_or(0), wanted.absolute_expiry);
    EXPECT_FALSE(offer->currency.has_value());
    ASSERT_TRUE(offer->issuer_id.has_value());
    EXPECT_EQ(names::to_hex(*offer->issuer_id), reply->node_id());
  }
}

TEST_F(SandboxNames, every_invoice_is_what_was_asked_for) {
  const struct {
    const char* description;
    std::uint64_t amount_msat;
    std::uint32_t expiry_seconds;
  } kCases[] = {{"", 0, 0},
                {"coffee", 1, 1},
                {"Käse", 123'456'789, 600},
                {"much", 2'100'000'000'000'000'000, 4'294'967'295}};
  int number = 0;
  for (const auto& wanted : kCases) {
    proto::CreateInvoiceRequest request;
    request.set_invoice_key("key " + std::to_string(++number));
    request.set_description(wanted.description);
    request.set_amount_msat(wanted.amount_msat);
    request.set_expiry_seconds(wanted.expiry_seconds);
    const auto reply = host_.call<proto::CreateInvoiceReply>(instance_, "CreateInvoice", request);
    ASSERT_TRUE(reply.ok()) << reply.error().message();

    const auto invoice = names::parse_invoice(reply->bolt11());
    ASSERT_TRUE(invoice.has_value()) << invoice.error().message() << " " << reply->bolt11();
    EXPECT_EQ(invoice->networks, names::NetworkSet(names::Network::kRegtest));
    EXPECT_EQ(invoice->amount_msat.value_or(0), wanted.amount_msat);
    EXPECT_EQ(invoice->expires_at(), reply->expires_at());
    EXPECT_EQ(invoice->expiry, wanted.expiry_seconds == 0 ? 3600 : wanted.expiry_seconds);
  }
}

}  // namespace
}  // namespace paynamed::sandbox
