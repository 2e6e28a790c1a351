#include "tests/unit/payments/order_node.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "tests/unit/names/offer_text.hpp"
#include "tests/unit/payments/made_invoice.hpp"

namespace paynamed::payments {
namespace {

// An integer without leading zero bytes (BOLT 1, tu64).
std::string truncated_hex(std::uint64_t value) {
  std::string hex = fmt::format("{:016x}", value);
  while (hex.starts_with("00")) hex.erase(0, 2);
  return hex;
}

std::string offer_of(const v1::CreateOfferRequest& request) {
  return names::offer_text({{2, names::kRegtestHex},
                            {4, names::hex_of_text(request.offer_key())},
                            {8, truncated_hex(request.amount_msat())},
                            {10, names::hex_of_text(request.description())},
                            {14, truncated_hex(request.absolute_expiry())},
                            {18, names::hex_of_text(request.issuer())},
                            {22, names::kPointHex}});
}

}  // namespace

boost::asio::awaitable<pipeline::PluginAnswer> OrderNode::call(pipeline::PluginCall call) {
  if (call.method == "Describe" && failures["Describe"].empty()) {
    pipeline::PluginAnswer answer{description.SerializeAsString(), false};
    co_return answer;
  }
  if (call.method != "Describe") {
    asked.push_back(call.method);
    keys.push_back(call.key);
  }
  if (meanwhile) co_await meanwhile(call.method);
  auto& queue = failures[call.method];
  if (queue.empty()) {
    pipeline::PluginAnswer answer{perform(call), false};
    co_return answer;
  }
  const Failure failure = queue.front();
  queue.pop_front();
  if (failure.lost) perform(call);
  pipeline::PluginAnswer failed{base::fail(failure.status), false};
  co_return failed;
}

base::Result<std::string> OrderNode::perform(const pipeline::PluginCall& call) {
  if (call.method == "CreateOffer") {
    v1::CreateOfferRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    EXPECT_TRUE(request.single_use());
    const auto [made, is_new] = offers.try_emplace(request.offer_key());
    if (is_new) {
      made->second = {request, offer_of(request), {}, true};
      made->second.id = names::to_hex(names::parse_offer(made->second.text)->offer_id);
    }
    EXPECT_EQ(made->second.terms.SerializeAsString(), request.SerializeAsString())
        << "the same key with other terms";
    v1::CreateOfferReply reply;
    reply.set_offer(made->second.text);
    reply.set_offer_id(made->second.id);
    if (lie_of_offer) lie_of_offer(reply);
    return reply.SerializeAsString();
  }
  if (call.method == "CreateInvoice") {
    v1::CreateInvoiceRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    EXPECT_EQ(request.amount_msat(), 5'000U) << "what the prefix below says";
    const auto [made, is_new] = invoices.try_emplace(request.invoice_key());
    if (is_new) made->second = bolt11_of(request, clock_.wall(), "lnbcrt50n", ++made_);
    v1::CreateInvoiceReply reply;
    reply.set_bolt11(made->second);
    reply.set_payment_hash(names::to_hex(names::parse_invoice(reply.bolt11())->payment_hash));
    if (lie_of_invoice) lie_of_invoice(reply);
    return reply.SerializeAsString();
  }
  EXPECT_EQ(call.method, "DisableOffer");
  v1::DisableOfferRequest request;
  EXPECT_TRUE(request.ParseFromString(call.request));
  v1::DisableOfferReply reply;
  if (refuses_to_disable.contains(request.offer_key())) {
    return base::fail(base::Status{base::Code::kFailedPrecondition, "the node cannot disable this one"});
  }
  const auto found = offers.find(request.offer_key());
  if (found != offers.end()) {
    // Only of an order that was given up nobody knows the id.
    EXPECT_THAT(request.offer_id(), testing::AnyOf("", found->second.id));
    reply.set_changed(found->second.active);
    found->second.active = false;
  }
  return reply.SerializeAsString();
}

}  // namespace paynamed::payments
