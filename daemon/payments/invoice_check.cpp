#include "payments/invoice_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "payments/networks.hpp"

namespace paynamed::payments {
namespace {

// The end of what RFC 3339 can write.
constexpr std::uint64_t kYear10000 = 253'402'300'800;
// By how much the node's clock may be ahead.
constexpr std::chrono::hours kClocksDiffer{1};
// As an offer may, see offer_check.cpp.
constexpr std::uint64_t kMostSecondsEarlier = 60;

bool describes(const names::Invoice& invoice, const std::string& memo) {
  if (invoice.description) return *invoice.description == memo;
  const names::Bytes bytes{reinterpret_cast<const std::uint8_t*>(memo.data()), memo.size()};
  return invoice.description_hash && *invoice.description_hash == names::sha256(bytes);
}

}  // namespace

base::Result<CheckedInvoice> checked(const plugin::v1::CreateInvoiceReply& reply, const AskedInvoice& asked,
                                     base::WallTime now) {
  const auto wrong = [&](std::string_view what) {
    return base::fail(base::internal(
        fmt::format("instance '{}' answered CreateInvoice with an invoice that {}; tell its author",
                    asked.instance, what)));
  };
  const auto invoice = names::parse_invoice(reply.bolt11());
  if (!invoice) return wrong("wallets would refuse: " + invoice.error().message());
  if (invoice->amount_msat.value_or(0) != asked.amount_msat)
    return wrong("is of another amount than asked for");
  if (!describes(*invoice, asked.description)) return wrong("has another description than asked for");
  if (!are_for(invoice->networks, asked.network))
    return wrong("is for another network than that of its node");
  if (!asked.node_id.empty() && names::to_hex(invoice->payee) != asked.node_id)
    return wrong("pays another node than its own");
  if (names::to_hex(invoice->payment_hash) != reply.payment_hash())
    return wrong("is paid by another hash than it says");
  const std::uint64_t ends = invoice->expires_at();
  if (ends >= kYear10000) return wrong("never ends");
  const CheckedInvoice made{invoice->text, reply.payment_hash(), base::WallTime{std::chrono::seconds{ends}},
                            invoice->networks.contains(names::Network::kBitcoin)};
  if (made.expires <= now) return wrong("has expired already");
  if (made.expires > now + std::chrono::seconds{asked.expiry_seconds} + kClocksDiffer)
    return wrong("ends later than it was asked to");
  // Counted from when the node made it, for clocks differ.
  if (asked.ends_as_asked && invoice->expiry + kMostSecondsEarlier < asked.expiry_seconds)
    return wrong("ends much earlier than it was asked to");
  return made;
}

}  // namespace paynamed::payments
