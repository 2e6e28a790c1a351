#include "tests/model/node/ln_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "names/bolt12.hpp"
#include "names/hash.hpp"
#include "tests/model/node/bolt11_of.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr std::uint64_t kOfferInvoiceExpiry = 7'200;

// BOLT 1's tu64.
std::string truncated_hex(std::uint64_t value) {
  std::string text;
  for (int at = 56; at >= 0; at -= 8) {
    const auto byte = static_cast<std::uint8_t>(value >> at);
    if (!text.empty() || byte != 0) text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::string_view text_of(InvoiceStatus status) {
  switch (status) {
    case InvoiceStatus::kPaid:
      return "paid";
    case InvoiceStatus::kExpired:
      return "expired";
    case InvoiceStatus::kUnpaid:
      break;
  }
  return "unpaid";
}

}  // namespace

LnNode::LnNode(const World& world, std::uint64_t seed, bool blinded)
    : world_(world), random_(seed), blinded_(blinded) {}

const std::string& LnNode::id() {
  return names::kPointHex;
}

std::string LnNode::random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> drawn(bytes);
  random_.fill(std::as_writable_bytes(std::span{drawn}));
  return names::to_hex(drawn);
}

// The fields' numbers are BOLT 12's.
std::string LnNode::bolt12_of(const OfferTerms& terms) {
  std::vector<names::Field> fields{{2, names::kRegtestHex}};
  if (terms.amount_msat) fields.push_back({8, truncated_hex(*terms.amount_msat)});
  if (terms.description) fields.push_back({10, names::hex_of_text(*terms.description)});
  if (terms.absolute_expiry) fields.push_back({14, truncated_hex(*terms.absolute_expiry)});
  // One hop to the node itself; the recipient's data is what is fresh.
  if (blinded_) {
    fields.push_back(
        {16, names::kOtherPointHex + names::kPointHex + "01" + names::kPointHex + "0010" + random_hex(16)});
  }
  if (terms.issuer) fields.push_back({18, names::hex_of_text(*terms.issuer)});
  fields.push_back({22, id()});
  return names::offer_text(fields);
}

json::object LnNode::create_offer(const OfferTerms& terms, const std::optional<std::string>& label,
                                  bool single_use) {
  const std::string text = bolt12_of(terms);
  const auto parsed = names::parse_offer(text);
  if (!parsed) throw std::logic_error("the node made an offer that is none: " + parsed.error().to_string());
  const std::string offer_id = names::to_hex(parsed->offer_id);
  if (const NodeOffer* known = find_offer(offer_id)) {
    if (!known->active) throw RpcRefusal(1000, "Offer already exists, but isn't active");
    json::object answer = shown(*known);
    answer["created"] = false;
    return answer;
  }
  db_.offers.push_back({offer_id, text, label, terms, true, false, single_use});
  json::object answer = shown(db_.offers.back());
  answer["created"] = true;
  return answer;
}

const NodeOffer* LnNode::find_offer(const std::string& offer_id) const {
  const auto found = std::ranges::find(db_.offers, offer_id, &NodeOffer::offer_id);
  return found == db_.offers.end() ? nullptr : &*found;
}

NodeOffer& LnNode::offer(const std::string& offer_id) {
  const auto found = std::ranges::find(db_.offers, offer_id, &NodeOffer::offer_id);
  if (found == db_.offers.end()) throw RpcRefusal(-1, "Unknown offer");
  return *found;
}

json::object LnNode::disable_offer(const std::string& offer_id) {
  NodeOffer& found = offer(offer_id);
  if (!found.active) throw RpcRefusal(1001, "offer is not active");
  found.active = false;
  return shown(found);
}

json::object LnNode::enable_offer(const std::string& offer_id) {
  NodeOffer& found = offer(offer_id);
  if (found.active) throw RpcRefusal(1006, "offer already active");
  if (found.single_use && found.used) throw RpcRefusal(1007, "cannot activate a used single_use offer");
  found.active = true;
  return shown(found);
}

NodeInvoice& LnNode::add_invoice(NodeInvoice invoice) {
  std::array<std::uint8_t, 32> preimage{};
  random_.fill(std::as_writable_bytes(std::span{preimage}));
  invoice.preimage = names::to_hex(preimage);
  invoice.payment_hash = names::to_hex(names::sha256(preimage));
  invoice.created_at = now();
  invoice.expires_at = now() + invoice.expiry;
  invoice.created_index = ++db_.created_index;
  db_.invoices.push_back(std::move(invoice));
  return db_.invoices.back();
}

const NodeInvoice& LnNode::create_invoice(const std::string& label, std::optional<std::uint64_t> amount_msat,
                                          const std::string& description, std::uint64_t expiry) {
  if (std::ranges::find(db_.invoices, label, &NodeInvoice::label) != db_.invoices.end())
    throw RpcRefusal(900, fmt::format("Duplicate label '{}'", label));
  NodeInvoice wanted;
  wanted.label = label;
  wanted.description = description;
  wanted.amount_msat = amount_msat;
  wanted.expiry = expiry;
  NodeInvoice& made = add_invoice(std::move(wanted));
  made.bolt11 = bolt11_of({made.amount_msat, made.description, made.payment_hash, made.created_at, expiry});
  return made;
}

void LnNode::change(NodeInvoice& invoice, InvoiceStatus status) {
  invoice.status = status;
  invoice.updated_index = ++db_.updated_index;
}

const std::vector<NodeInvoice>& LnNode::invoices() {
  for (NodeInvoice& each : db_.invoices) {
    if (each.status == InvoiceStatus::kUnpaid && each.expires_at <= now())
      change(each, InvoiceStatus::kExpired);
  }
  return db_.invoices;
}

const NodeInvoice* LnNode::find_invoice(const std::string& payment_hash) {
  invoices();
  const auto found = std::ranges::find(db_.invoices, payment_hash, &NodeInvoice::payment_hash);
  return found == db_.invoices.end() ? nullptr : &*found;
}

const NodeInvoice* LnNode::paid_after(std::uint64_t pay_index) const {
  const NodeInvoice* lowest = nullptr;
  for (const NodeInvoice& each : db_.invoices) {
    if (each.status != InvoiceStatus::kPaid || each.pay_index <= pay_index) continue;
    if (lowest == nullptr || each.pay_index < lowest->pay_index) lowest = &each;
  }
  return lowest;
}

std::optional<NodeInvoice> LnNode::fetch_invoice(const std::string& offer_id, std::uint64_t amount_msat,
                                                 const std::string& payer_note) {
  const NodeOffer* found = find_offer(offer_id);
  if (found == nullptr || !found->active) return std::nullopt;
  if (found->terms.absolute_expiry.value_or(UINT64_MAX) <= now()) return std::nullopt;
  const std::uint64_t least = found->terms.amount_msat.value_or(0);
  if (amount_msat < least || (least > 0 && amount_msat > 5 * least)) return std::nullopt;
  NodeInvoice wanted;
  wanted.label = fmt::format("{}-02{}-0", offer_id, random_hex(32));
  wanted.description = found->terms.description.value_or("");
  wanted.amount_msat = amount_msat;
  wanted.offer_id = offer_id;
  wanted.payer_note = payer_note;
  wanted.expiry = kOfferInvoiceExpiry;
  return add_invoice(std::move(wanted));
}

std::optional<NodeInvoice> LnNode::pay(const std::string& payment_hash, std::uint64_t amount_msat) {
  if (find_invoice(payment_hash) == nullptr) return std::nullopt;
  NodeInvoice& invoice = *std::ranges::find(db_.invoices, payment_hash, &NodeInvoice::payment_hash);
  if (invoice.status != InvoiceStatus::kUnpaid || amount_msat < invoice.amount_msat.value_or(1))
    return std::nullopt;
  if (!invoice.offer_id.empty()) {
    NodeOffer& of = offer(invoice.offer_id);
    if (of.single_use && of.used) return std::nullopt;
    of.used = true;
    if (of.single_use) of.active = false;
  }
  change(invoice, InvoiceStatus::kPaid);
  invoice.pay_index = ++db_.pay_index;
  invoice.received_msat = amount_msat;
  invoice.paid_at = now();
  const NodeInvoice paid = invoice;
  if (on_paid) on_paid(paid);
  return paid;
}

void LnNode::delete_paid(std::uint64_t up_to_pay_index) {
  std::erase_if(db_.invoices, [&](const NodeInvoice& each) {
    return each.status == InvoiceStatus::kPaid && each.pay_index <= up_to_pay_index;
  });
}

std::uint64_t LnNode::back_up() {
  backups_.push_back(db_);
  return backups_.size() - 1;
}

void LnNode::restore(std::uint64_t backup) {
  db_ = backups_.at(backup);
}

json::object LnNode::shown(const NodeOffer& offer) {
  json::object out;
  out["offer_id"] = offer.offer_id;
  out["active"] = offer.active;
  out["single_use"] = offer.single_use;
  out["bolt12"] = offer.bolt12;
  out["used"] = offer.used;
  if (offer.label) out["label"] = *offer.label;
  return out;
}

json::object LnNode::shown(const NodeInvoice& invoice) {
  json::object out;
  out["label"] = invoice.label;
  out["description"] = invoice.description;
  out["payment_hash"] = invoice.payment_hash;
  out["status"] = text_of(invoice.status);
  out["expires_at"] = invoice.expires_at;
  out["created_index"] = invoice.created_index;
  if (invoice.updated_index != 0) out["updated_index"] = invoice.updated_index;
  if (invoice.amount_msat) out["amount_msat"] = *invoice.amount_msat;
  if (!invoice.bolt11.empty()) out["bolt11"] = invoice.bolt11;
  if (!invoice.offer_id.empty()) {
    out["bolt12"] = "lni1" + invoice.payment_hash;
    out["local_offer_id"] = invoice.offer_id;
  }
  if (!invoice.payer_note.empty()) out["invreq_payer_note"] = invoice.payer_note;
  if (invoice.status != InvoiceStatus::kPaid) return out;
  out["pay_index"] = invoice.pay_index;
  out["amount_received_msat"] = invoice.received_msat;
  out["paid_at"] = invoice.paid_at;
  out["payment_preimage"] = invoice.preimage;
  return out;
}

}  // namespace paynamed::model
