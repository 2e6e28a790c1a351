// Payments between a sandbox's nodes, and those of the simulated payer: entries in the ledger, no money.
#include <charconv>

#include "hash.hpp"
#include "paynamed/error.hpp"
#include "sandbox.hpp"

namespace paynamed::sandbox {
namespace {

// The cursor is the index of the last payment seen; empty is before the first.
std::size_t position_of(const std::string& cursor, std::size_t count) {
  std::size_t position = 0;
  if (cursor.empty()) return position;
  const auto* end = cursor.data() + cursor.size();
  const auto read = std::from_chars(cursor.data(), end, position);
  if (read.ec != std::errc() || read.ptr != end) {
    throw Error(Code::kInvalidArgument, "\"" + cursor +
                                            "\" is not a cursor of the sandbox; use next_cursor, or an "
                                            "empty one to start from the first payment.");
  }
  if (position > count) {
    throw Error(Code::kOutOfRange,
                "The cursor " + cursor + " is after the last payment " + std::to_string(count) +
                    ": the state file is not the one that it was made from; restore the file, "
                    "or start with an empty cursor.");
  }
  return position;
}

}  // namespace

proto::PayReply Sandbox::pay(const proto::PayRequest& request) {
  const auto& payer = node(request.node());
  check_key("payment_key", request.payment_key());
  const auto invoice = canonical(request.invoice());
  const auto reply_of = [](const PaymentMade& made) {
    proto::PayReply reply;
    reply.set_payment_hash(made.payment_hash);
    reply.set_sent_msat(made.amount_msat);
    return reply;
  };
  if (const auto* before = state().payment_by_key(payer.name, request.payment_key())) {
    if (before->invoice != invoice) throw_key_reused("payment key", request.payment_key());
    return reply_of(*before);
  }
  auto made = payment_for(invoice);
  made.payer_node = payer.name;
  made.payment_key = request.payment_key();
  commit(made);
  return reply_of(made);
}

PaymentMade Sandbox::payment_for(const std::string& invoice) const {
  PaymentMade made;
  made.paid_at = surroundings_.now();
  made.invoice = invoice;
  std::uint64_t expires_at = 0;
  bool paid = false;
  if (const auto* own = state().invoice_by_string(invoice)) {
    made.node = own->made.node;
    made.payment_hash = own->made.payment_hash;
    made.amount_msat = own->made.amount_msat;
    made.invoice_key = own->made.invoice_key;
    expires_at = own->made.expires_at;
    paid = own->received_msat != 0;
  } else if (const auto* fetched = state().fetched_by_string(invoice)) {
    made.node = fetched->made.node;
    made.payment_hash = fetched->made.payment_hash;
    made.amount_msat = fetched->made.amount_msat;
    made.offer_id = fetched->made.offer_id;
    made.payer_note = fetched->made.payer_note;
    expires_at = fetched->made.expires_at;
    paid = fetched->paid;
    const auto* offer = state().offer_by_id(made.node, made.offer_id);
    if (!paid && offer->made.single_use && offer->used) {
      throw Error(Code::kFailedPrecondition, "The invoice's offer was for one payment and has been paid.");
    }
  } else {
    throw Error(Code::kInvalidArgument,
                "The invoice is not of a node of this sandbox, which reaches no other.");
  }
  if (paid) throw Error(Code::kFailedPrecondition, "The invoice has been paid already.");
  if (expires_at <= made.paid_at) throw Error(Code::kFailedPrecondition, "The invoice has expired.");
  if (made.amount_msat == 0) {
    throw Error(Code::kInvalidArgument, "The invoice leaves the amount open, and Pay has no amount to give.");
  }
  return made;
}

proto::LookupPaymentReply Sandbox::lookup_payment(const proto::LookupPaymentRequest& request) const {
  const auto& payer = node(request.node());
  if (request.payment_key().empty() == request.payment_hash().empty()) {
    throw Error(Code::kInvalidArgument, "Give either the payment_key or the payment_hash.");
  }
  const auto* made = request.payment_key().empty()
                         ? state().payment_by_hash(payer.name, request.payment_hash())
                         : state().payment_by_key(payer.name, request.payment_key());
  if (made == nullptr) {
    throw Error(Code::kNotFound, "The node \"" + payer.name + "\" has never sent such a payment.");
  }
  proto::LookupPaymentReply reply;
  reply.set_state(proto::LookupPaymentReply::COMPLETE);
  reply.set_sent_msat(made->amount_msat);
  reply.set_explanation("Entered in the sandbox's ledger; no money moved.");
  return reply;
}

proto::WatchPaymentsReply Sandbox::payments_after(const proto::WatchPaymentsRequest& request) const {
  constexpr std::size_t kDefaultMost = 100;
  constexpr std::size_t kMost = 1000;
  const auto& owner = node(request.node());
  const auto& payments = state().payments(owner.name);
  const auto start = position_of(request.cursor(), payments.size());
  const auto most = request.max() == 0 ? kDefaultMost : std::min<std::size_t>(request.max(), kMost);
  const auto end = start + std::min(most, payments.size() - start);
  proto::WatchPaymentsReply reply;
  for (auto index = start; index < end; ++index) {
    const auto& made = payments[index];
    auto& payment = *reply.add_payments();
    payment.set_pay_key(std::to_string(index + 1));
    payment.set_payment_hash(made.payment_hash);
    payment.set_received_msat(made.amount_msat);
    payment.set_paid_at(made.paid_at);
    payment.set_offer_id(made.offer_id);
    payment.set_invoice_key(made.invoice_key);
    payment.set_payer_note(made.payer_note);
    // The simulated payer pays names as wallets do, and says so (BOLT 12: invreq_bip_353_name).
    if (made.payer_node.empty() && !made.offer_id.empty()) {
      if (const auto* offer = state().offer_by_id(made.node, made.offer_id))
        payment.set_claimed_name(offer->made.issuer);
    }
  }
  reply.set_next_cursor(std::to_string(end));
  reply.set_node_id(owner.id);
  return reply;
}

bool Sandbox::simulate_payment(std::uint64_t amount_msat, const std::string& note) {
  const auto& payables = state().payables();
  for (std::size_t tried = 0; tried < payables.size(); ++tried) {
    const auto& payable = payables[next_payable_++ % payables.size()];
    auto made = std::visit([&](const auto* known) { return simulated(*known, amount_msat); }, payable);
    if (!made) continue;
    made->paid_at = surroundings_.now();
    if (made->invoice_key.empty()) made->payer_note = note;
    commit(*std::move(made));
    return true;
  }
  return false;
}

std::optional<PaymentMade> Sandbox::simulated(const Offer& offer, std::uint64_t amount_msat) const {
  const auto expiry = offer.made.absolute_expiry;
  if (!offer.active || (expiry != 0 && expiry <= surroundings_.now())) return std::nullopt;
  PaymentMade made;
  made.node = offer.made.node;
  made.amount_msat = offer.made.amount_msat != 0 ? offer.made.amount_msat : amount_msat;
  made.offer_id = offer.made.offer_id;
  // No invoice was made, so the hash stands for one: distinct, and of no known preimage.
  const auto serial = std::to_string(state().payments(offer.made.node).size());
  made.payment_hash =
      to_hex(tagged_hash("paynamed sandbox simulated payment", {view(offer.made.offer), view(serial)}));
  return made;
}

std::optional<PaymentMade> Sandbox::simulated(const Invoice& invoice, std::uint64_t amount_msat) const {
  if (invoice.received_msat != 0 || invoice.made.expires_at <= surroundings_.now()) return std::nullopt;
  PaymentMade made;
  made.node = invoice.made.node;
  made.amount_msat = invoice.made.amount_msat != 0 ? invoice.made.amount_msat : amount_msat;
  made.invoice_key = invoice.made.invoice_key;
  made.payment_hash = invoice.made.payment_hash;
  return made;
}

}  // namespace paynamed::sandbox
