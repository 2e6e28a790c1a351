#include "payments/invoice_check.hpp"

#include <fmt/format.h>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"

namespace paynamed::payments {
namespace {

// The end of what RFC 3339 can write.
constexpr std::uint64_t kYear10000 = 253'402'300'800;

bool describes(const names::Invoice& invoice, const std::string& memo) {
  if (invoice.description) return *invoice.description == memo;
  const names::Bytes bytes{reinterpret_cast<const std::uint8_t*>(memo.data()), memo.size()};
  return invoice.description_hash && *invoice.description_hash == names::sha256(bytes);
}

bool is_for(const names::Invoice& invoice, std::string_view network) {
  using names::Network;
  for (const Network each : {Network::kBitcoin, Network::kTestnet, Network::kSignet, Network::kRegtest}) {
    if (names::to_string(each) == network) return invoice.networks.contains(each);
  }
  return false;
}

}  // namespace

base::Result<state::MadeInvoice> checked(const plugin::v1::CreateInvoiceReply& reply,
                                         const state::InvoiceIntent& intent, std::string_view network,
                                         base::WallTime now) {
  const auto wrong = [&](std::string_view what) {
    return base::fail(base::internal(
        fmt::format("instance '{}' answered CreateInvoice with an invoice that {}; tell its author",
                    intent.node_instance, what)));
  };
  const auto invoice = names::parse_invoice(reply.bolt11());
  if (!invoice) return wrong("wallets would refuse: " + invoice.error().message());
  if (invoice->amount_msat.value_or(0) != intent.terms.amount_msat)
    return wrong("is of another amount than asked for");
  if (!describes(*invoice, intent.terms.memo)) return wrong("has another description than asked for");
  if (!is_for(*invoice, network)) return wrong("is for another network than that of its node");
  if (names::to_hex(invoice->payment_hash) != reply.payment_hash())
    return wrong("is paid by another hash than it says");
  const std::uint64_t ends = invoice->expires_at();
  if (ends >= kYear10000) return wrong("never ends");
  state::MadeInvoice made;
  made.id = intent.id;
  made.bolt11 = invoice->text;
  made.payment_hash = reply.payment_hash();
  made.expires = base::WallTime{std::chrono::seconds{ends}};
  made.livemode = invoice->networks.contains(names::Network::kBitcoin);
  made.time = now;
  if (made.expires <= now) return wrong("has expired already");
  return made;
}

}  // namespace paynamed::payments
