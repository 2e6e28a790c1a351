#include "grpc_rows.hpp"

#include <charconv>
#include <paynamed/error.hpp>
#include <string_view>

#include "claimed_name.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kKeyBytes = 33;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void GrpcRows::wrong(const char* what) const {
  throw Error(changes_ ? Code::kUnknown : Code::kUnavailable,
              std::string("The node's answer to ") + method_ + " has no usable \"" + what +
                  "\"; this version of Core Lightning may be too new or too old.");
}

std::string GrpcRows::hex(const std::string& bytes, std::size_t size, const char* what) const {
  constexpr char kDigits[] = "0123456789abcdef";
  if (bytes.size() != size) wrong(what);
  std::string digits;
  for (const char each : bytes) {
    digits += kDigits[static_cast<unsigned char>(each) >> 4];
    digits += kDigits[static_cast<unsigned char>(each) & 15];
  }
  return digits;
}

std::string GrpcRows::text(const std::string& value, const char* what) const {
  if (value.empty()) wrong(what);
  return value;
}

NodeFacts GrpcRows::facts(const ::cln::GetinfoResponse& message) const {
  const auto& lags = message.has_warning_bitcoind_sync() ? message.warning_bitcoind_sync()
                                                         : message.warning_lightningd_sync();
  return {hex(message.id(), kKeyBytes, "id"), text(message.version(), "version"),
          text(message.network(), "network"), RpcError(0, lags).text()};
}

Channel GrpcRows::channel(const ::cln::ListfundsChannels& message) const {
  if (!message.has_our_amount_msat()) wrong("our_amount_msat");
  if (!message.has_amount_msat()) wrong("amount_msat");
  return {message.connected() && message.state() == ::cln::ChanneldNormal, message.our_amount_msat().msat(),
          message.amount_msat().msat()};
}

template <class Message>
OfferRow GrpcRows::offer_of(const Message& message) const {
  OfferRow row;
  row.offer_id = hex(message.offer_id(), kHashBytes, "offer_id");
  row.bolt12 = text(message.bolt12(), "bolt12");
  row.label = message.label();
  row.active = message.active();
  row.used = message.used();
  row.single_use = message.single_use();
  return row;
}

OfferRow GrpcRows::offer(const ::cln::OfferResponse& message) const {
  auto row = offer_of(message);
  row.created = message.created();
  return row;
}

OfferRow GrpcRows::offer(const ::cln::ListoffersOffers& message) const {
  return offer_of(message);
}

OfferTerms GrpcRows::offer_terms(const ::cln::DecodeResponse& message) const {
  if (!message.valid()) wrong("valid");
  OfferTerms terms;
  terms.amount_msat = message.offer_amount_msat().msat();
  terms.description = message.offer_description();
  terms.issuer = message.offer_issuer();
  terms.absolute_expiry = message.offer_absolute_expiry();
  return terms;
}

InvoiceMade GrpcRows::invoice_made(const ::cln::InvoiceResponse& message) const {
  return {text(message.bolt11(), "bolt11"), hex(message.payment_hash(), kHashBytes, "payment_hash"),
          message.expires_at()};
}

InvoiceTerms GrpcRows::invoice_terms(const ::cln::DecodeResponse& message) const {
  if (!message.valid()) wrong("valid");
  if (!message.has_expiry() || message.expiry() > UINT32_MAX) wrong("expiry");
  return {message.amount_msat().msat(), message.description(), static_cast<std::uint32_t>(message.expiry())};
}

template <class Message>
void GrpcRows::fill_paid(InvoiceRow& row, const Message& message) const {
  if (message.pay_index() == 0) wrong("pay_index");
  hex(message.payment_preimage(), kHashBytes, "payment_preimage");
  if (!message.has_amount_received_msat()) wrong("amount_received_msat");
  if (!message.has_paid_at()) wrong("paid_at");
  row.status = InvoiceStatus::kPaid;
  row.pay_index = message.pay_index();
  row.received_msat = message.amount_received_msat().msat();
  row.paid_at = message.paid_at();
}

InvoiceRow GrpcRows::invoice(const ::cln::ListinvoicesInvoices& message) const {
  using Message = ::cln::ListinvoicesInvoices;
  InvoiceRow row;
  row.label = message.label();
  row.bolt11 = message.bolt11();
  row.payment_hash = hex(message.payment_hash(), kHashBytes, "payment_hash");
  row.expires_at = message.expires_at();
  if (message.has_local_offer_id()) {
    row.offer_id = hex(message.local_offer_id(), kHashBytes, "local_offer_id");
  }
  row.payer_note = message.invreq_payer_note();
  row.claimed_name = claimed_name(message.bolt12());
  row.updated_index = message.updated_index();
  switch (message.status()) {
    case Message::UNPAID:
      row.status = InvoiceStatus::kUnpaid;
      break;
    case Message::EXPIRED:
      row.status = InvoiceStatus::kExpired;
      break;
    case Message::PAID:
      fill_paid(row, message);
      break;
    default:
      wrong("status");
  }
  return row;
}

InvoiceRow GrpcRows::paid(const ::cln::WaitanyinvoiceResponse& message) const {
  if (message.status() != ::cln::WaitanyinvoiceResponse::PAID) wrong("status");
  InvoiceRow row;
  row.label = text(message.label(), "label");
  row.bolt11 = message.bolt11();
  row.payment_hash = hex(message.payment_hash(), kHashBytes, "payment_hash");
  row.expires_at = message.expires_at();
  row.updated_index = message.updated_index();
  fill_paid(row, message);
  return row;
}

std::string bytes_of_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t at = 0; at + 2 <= text.size(); at += 2) {
    std::uint8_t byte = 0;
    const auto* end = text.data() + at + 2;
    if (std::from_chars(text.data() + at, end, byte, 16).ptr == end) bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string offer_id_in_label(const std::string& label) {
  constexpr std::size_t kIdDigits = 2 * kHashBytes;
  constexpr std::size_t kPayerDigits = 2 * kKeyBytes;
  constexpr std::size_t kCounterAt = kIdDigits + kPayerDigits + 2;
  const std::string_view whole = label;
  const bool is_one = whole.size() > kCounterAt && whole[kIdDigits] == '-' && whole[kCounterAt - 1] == '-' &&
                      is_hex(whole.substr(0, kIdDigits)) &&
                      is_hex(whole.substr(kIdDigits + 1, kPayerDigits)) &&
                      whole.find_first_not_of("0123456789", kCounterAt) == std::string_view::npos;
  return is_one ? label.substr(0, kIdDigits) : std::string();
}

}  // namespace paynamed::cln
