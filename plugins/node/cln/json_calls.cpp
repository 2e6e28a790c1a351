#include "json_calls.hpp"

#include "claimed_name.hpp"
#include "json_fields.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace json = boost::json;

namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kKeyBytes = 33;

OfferRow offer_row(const Fields& fields) {
  OfferRow row;
  row.offer_id = fields.hex("offer_id", kHashBytes);
  row.bolt12 = fields.text("bolt12");
  row.label = fields.text_or_empty("label");
  row.active = fields.boolean("active");
  row.used = fields.boolean("used");
  row.single_use = fields.boolean("single_use");
  row.created = fields.has("created") && fields.boolean("created");
  return row;
}

InvoiceStatus status_of(const Fields& fields) {
  const auto text = fields.text("status");
  if (text == "unpaid") return InvoiceStatus::kUnpaid;
  if (text == "expired") return InvoiceStatus::kExpired;
  // What is not surely paid is an error and never money.
  if (text != "paid") fields.wrong("status");
  if (fields.number("pay_index") == 0) fields.wrong("pay_index");
  fields.hex("payment_preimage", kHashBytes);
  return InvoiceStatus::kPaid;
}

InvoiceRow invoice_row(const Fields& fields) {
  InvoiceRow row;
  row.label = fields.text("label");
  row.status = status_of(fields);
  row.bolt11 = fields.text_or_empty("bolt11");
  row.payment_hash = fields.hex("payment_hash", kHashBytes);
  row.expires_at = fields.number("expires_at");
  if (fields.has("local_offer_id")) row.offer_id = fields.hex("local_offer_id", kHashBytes);
  row.payer_note = fields.text_or_empty("invreq_payer_note");
  row.claimed_name = claimed_name(fields.text_or_empty("bolt12"));
  row.updated_index = fields.number_or_zero("updated_index");
  if (row.status != InvoiceStatus::kPaid) return row;
  row.pay_index = fields.number("pay_index");
  row.received_msat = fields.number("amount_received_msat");
  row.paid_at = fields.number("paid_at");
  return row;
}

std::uint32_t seconds_of(const Fields& fields, std::string_view key) {
  const auto value = fields.number(key);
  if (value > UINT32_MAX) fields.wrong(key);
  return static_cast<std::uint32_t>(value);
}

}  // namespace

NodeFacts JsonCalls::facts(const Call& call) {
  const JsonCall asked{"getinfo"};
  const auto answer = transport_->call(asked, call);
  const Fields fields(answer, asked);
  NodeFacts facts{fields.hex("id", kKeyBytes), fields.text("version"), fields.text("network"), {}};
  for (const char* key : {"warning_bitcoind_sync", "warning_lightningd_sync"}) {
    if (facts.warning.empty()) facts.warning = RpcError(0, fields.text_or_empty(key)).text();
  }
  return facts;
}

std::vector<Channel> JsonCalls::channels(const Call& call) {
  const JsonCall asked{"listfunds"};
  const auto answer = transport_->call(asked, call);
  std::vector<Channel> channels;
  for (const auto& each : Fields(answer, asked).list("channels")) {
    const Fields fields(each, asked);
    channels.push_back({fields.boolean("connected") && fields.text("state") == "CHANNELD_NORMAL",
                        fields.number("our_amount_msat"), fields.number("amount_msat")});
  }
  return channels;
}

OfferRow JsonCalls::make_offer(const OfferTerms& terms, const std::string& label, const Call& call) {
  JsonCall asked{"offer", {}, true};
  asked.params["amount"] = terms.amount_msat == 0 ? "any" : std::to_string(terms.amount_msat) + "msat";
  if (!terms.description.empty()) asked.params["description"] = terms.description;
  if (!terms.issuer.empty()) asked.params["issuer"] = terms.issuer;
  if (terms.absolute_expiry != 0) asked.params["absolute_expiry"] = terms.absolute_expiry;
  if (terms.single_use) asked.params["single_use"] = true;
  if (!terms.fronting_nodes.empty()) {
    asked.params["fronting_nodes"] = json::array(terms.fronting_nodes.begin(), terms.fronting_nodes.end());
  }
  asked.params["label"] = label;
  const auto answer = transport_->call(asked, call);
  const Fields fields(answer, asked);
  fields.boolean("created");
  return offer_row(fields);
}

std::vector<OfferRow> JsonCalls::offers(const Call& call) {
  const JsonCall asked{"listoffers"};
  const auto answer = transport_->call(asked, call);
  std::vector<OfferRow> rows;
  for (const auto& each : Fields(answer, asked).list("offers"))
    rows.push_back(offer_row(Fields(each, asked)));
  return rows;
}

std::optional<OfferRow> JsonCalls::offer(const std::string& offer_id, const Call& call) {
  JsonCall asked{"listoffers"};
  asked.params["offer_id"] = offer_id;
  const auto answer = transport_->call(asked, call);
  const auto& rows = Fields(answer, asked).list("offers");
  if (rows.empty()) return std::nullopt;
  return offer_row(Fields(rows.front(), asked));
}

void JsonCalls::disable_offer(const std::string& offer_id, const Call& call) {
  JsonCall asked{"disableoffer", {}, true};
  asked.params["offer_id"] = offer_id;
  transport_->call(asked, call);
}

void JsonCalls::enable_offer(const std::string& offer_id, const Call& call) {
  JsonCall asked{"enableoffer", {}, true};
  asked.params["offer_id"] = offer_id;
  transport_->call(asked, call);
}

OfferTerms JsonCalls::decode_offer(const std::string& bolt12, const Call& call) {
  JsonCall asked{"decode"};
  asked.params["string"] = bolt12;
  const auto answer = transport_->call(asked, call);
  const Fields fields(answer, asked);
  if (!fields.boolean("valid")) fields.wrong("valid");
  OfferTerms terms;
  terms.amount_msat = fields.number_or_zero("offer_amount_msat");
  terms.description = fields.text_or_empty("offer_description");
  terms.issuer = fields.text_or_empty("offer_issuer");
  terms.absolute_expiry = fields.number_or_zero("offer_absolute_expiry");
  return terms;
}

InvoiceMade JsonCalls::make_invoice(const InvoiceTerms& terms, const std::string& label, const Call& call) {
  JsonCall asked{"invoice", {}, true};
  if (terms.amount_msat == 0) {
    asked.params["amount_msat"] = "any";
  } else {
    asked.params["amount_msat"] = terms.amount_msat;
  }
  asked.params["label"] = label;
  asked.params["description"] = terms.description;
  asked.params["expiry"] = terms.expiry_seconds;
  const auto answer = transport_->call(asked, call);
  const Fields fields(answer, asked);
  return {fields.text("bolt11"), fields.hex("payment_hash", kHashBytes), fields.number("expires_at")};
}

std::optional<InvoiceRow> JsonCalls::invoice_by_label(const std::string& label, const Call& call) {
  json::object params;
  params["label"] = label;
  return only_invoice(std::move(params), call);
}

std::optional<InvoiceRow> JsonCalls::invoice_by_hash(const std::string& payment_hash, const Call& call) {
  json::object params;
  params["payment_hash"] = payment_hash;
  return only_invoice(std::move(params), call);
}

std::optional<InvoiceRow> JsonCalls::only_invoice(json::object params, const Call& call) {
  const JsonCall asked{"listinvoices", std::move(params)};
  const auto answer = transport_->call(asked, call);
  const auto& rows = Fields(answer, asked).list("invoices");
  if (rows.empty()) return std::nullopt;
  return invoice_row(Fields(rows.front(), asked));
}

InvoiceTerms JsonCalls::decode_invoice(const std::string& bolt11, const Call& call) {
  JsonCall asked{"decode"};
  asked.params["string"] = bolt11;
  const auto answer = transport_->call(asked, call);
  const Fields fields(answer, asked);
  if (!fields.boolean("valid")) fields.wrong("valid");
  InvoiceTerms terms;
  terms.amount_msat = fields.number_or_zero("amount_msat");
  terms.description = fields.text_or_empty("description");
  terms.expiry_seconds = seconds_of(fields, "expiry");
  return terms;
}

std::optional<InvoiceRow> JsonCalls::paid_after(std::uint64_t pay_index, std::chrono::seconds wait,
                                                const Call& call) {
  JsonCall asked{"waitanyinvoice", {}, false, wait};
  asked.params["lastpay_index"] = pay_index;
  asked.params["timeout"] = wait.count();
  try {
    const auto answer = transport_->call(asked, call);
    const Fields fields(answer, asked);
    auto row = invoice_row(fields);
    if (row.status != InvoiceStatus::kPaid) fields.wrong("status");
    return row;
  } catch (const RpcError& refusal) {
    if (refusal.code() == kWaitTimedOut) return std::nullopt;
    throw;
  }
}

std::vector<InvoiceRow> JsonCalls::changed_from(std::uint64_t updated_index, std::uint32_t most,
                                                const Call& call) {
  JsonCall asked{"listinvoices"};
  asked.params["index"] = "updated";
  asked.params["start"] = updated_index;
  asked.params["limit"] = most;
  const auto answer = transport_->call(asked, call);
  std::vector<InvoiceRow> rows;
  for (const auto& each : Fields(answer, asked).list("invoices"))
    rows.push_back(invoice_row(Fields(each, asked)));
  return rows;
}

}  // namespace paynamed::cln
