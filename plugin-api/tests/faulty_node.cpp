#include "faulty_node.hpp"

#include <algorithm>
#include <charconv>

namespace paynamed::testing {
namespace {

constexpr char kNodeId[] = "02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr std::uint64_t kMostMsat = 2'100'000'000'000'000'000;

MemoryNode* connected = nullptr;
NodeFault planned = NodeFault::kNone;

std::string hex64(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(64 - digits.size(), '0') + digits;
}

template <class Message>
std::string terms_of(Message message) {
  message.clear_node();
  return message.SerializeAsString();
}

std::string terms_without_key(plugin::v1::CreateOfferRequest request) {
  request.clear_offer_key();
  return terms_of(request);
}

}  // namespace

bool MemoryNode::pay_invoice(const std::string& bolt11) {
  for (Invoice& each : invoices_) {
    if (each.bolt11 != bolt11) continue;
    if (each.received_msat != 0 || each.expires_at <= now_) return false;
    each.received_msat = each.terms.amount_msat();
    each.paid_at = now_;
    plugin::v1::Payment paid;
    paid.set_pay_key(std::to_string(payments_.size() + 1));
    paid.set_payment_hash(each.payment_hash);
    paid.set_received_msat(each.received_msat);
    paid.set_paid_at(now_);
    paid.set_invoice_key(each.terms.invoice_key());
    payments_.push_back(paid);
    return true;
  }
  return false;
}

bool MemoryNode::pay_offer(const std::string& offer, std::uint64_t amount_msat,
                           const std::string& payer_note) {
  for (Offer& each : offers_) {
    if (each.offer != offer) continue;
    const auto end = each.terms.absolute_expiry();
    if (!each.active || (end != 0 && end <= now_) || amount_msat < each.terms.amount_msat()) return false;
    each.used = true;
    if (each.terms.single_use()) each.active = false;
    plugin::v1::Payment paid;
    paid.set_pay_key(std::to_string(payments_.size() + 1));
    paid.set_payment_hash(hex64(1'000'000 + payments_.size()));
    paid.set_received_msat(amount_msat);
    paid.set_paid_at(now_);
    paid.set_offer_id(each.offer_id);
    paid.set_payer_note(payer_note);
    payments_.push_back(paid);
    return true;
  }
  return false;
}

FaultyNode::FaultyNode(Host host, const Config& /*config*/)
    : Blocking<NodeBackend>(std::move(host)),
      node_(*connected),
      fault_(planned),
      paid_before_(node_.payments_.size()) {
  if (has(NodeFault::kLogsItsToken))
    this->host().log(Level::kInfo, std::string("connected with ") + kNodeToken);
}

void FaultyNode::connect(MemoryNode* node, NodeFault fault) {
  connected = node;
  planned = fault;
}

const std::vector<plugin::v1::Payment>& FaultyNode::payments_of(const NodeRef& node) const {
  static const std::vector<plugin::v1::Payment> kNone;
  return node.node() == "other" ? kNone : node_.payments_;
}

void FaultyNode::check_node(const NodeRef& node) const {
  if (node.node().empty() || node.node() == "other" || has(NodeFault::kTakesAnyNode)) return;
  if (node.node() == "gone") throw Error(Code::kUnavailable, "The node does not answer; nothing was sent.");
  if (node.node() == "refuses") {
    throw Error(Code::kUnauthenticated, std::string("The node refuses ") +
                                            (has(NodeFault::kShowsItsToken) ? kNodeToken : "the token."));
  }
  throw Error(Code::kNotFound, "There is no such node.");
}

void FaultyNode::check_amount(std::uint64_t amount_msat) const {
  if (amount_msat > kMostMsat && !has(NodeFault::kTakesAnyAmount)) {
    throw Error(Code::kInvalidArgument, "The amount is more than all bitcoin.");
  }
}

MemoryNode::Offer* FaultyNode::find_offer(const std::string& id, const std::string& key) {
  if (id.empty() && key.empty()) throw Error(Code::kInvalidArgument, "Say which offer.");
  for (auto& each : node_.offers_) {
    if (id.empty() ? each.key == key : each.offer_id == id) return &each;
  }
  return nullptr;
}

void FaultyNode::answer_write() {
  if (!std::exchange(node_.loses_, false)) return;
  throw Error(has(NodeFault::kSaysNothingWasSent) ? Code::kUnavailable : Code::kUnknown, "No answer came.");
}

FaultyNode::DescribeNodesReply FaultyNode::describe(DescribeNodesRequest /*request*/, Call& /*call*/) {
  DescribeNodesReply reply;
  reply.set_offers(true);
  reply.set_invoices(true);
  reply.set_watch_payments(true);
  reply.set_payments_out(has(NodeFault::kPromisesToPay));
  reply.set_custody(plugin::v1::CUSTODY_NONE);
  reply.set_network("regtest");
  reply.set_summary("A node in memory.");
  return reply;
}

FaultyNode::NodeInfoReply FaultyNode::info(NodeInfoRequest request, Call& /*call*/) {
  NodeInfoReply reply;
  reply.set_network("regtest");
  reply.set_custody(plugin::v1::CUSTODY_NONE);
  if (request.node().node() == "gone") {
    reply.set_reachable(plugin::v1::TERNARY_NO);
    reply.set_explanation("The node does not answer.");
    return reply;
  }
  check_node(request.node());
  reply.set_reachable(plugin::v1::TERNARY_YES);
  reply.set_receivable(plugin::v1::TERNARY_YES);
  reply.set_node_id(kNodeId);
  reply.set_version("1");
  return reply;
}

FaultyNode::ProvisionReply FaultyNode::provision(ProvisionRequest request, Call& /*call*/) {
  check_node(request.node());
  ProvisionReply reply;
  *reply.mutable_node() = request.node();
  reply.set_node_id(kNodeId);
  return reply;
}

FaultyNode::ReleaseReply FaultyNode::release(ReleaseRequest request, Call& /*call*/) {
  check_node(request.node());
  return {};
}

FaultyNode::CreateOfferReply FaultyNode::create_offer(CreateOfferRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  check_node(request.node());
  if (request.offer_key().empty()) throw Error(Code::kInvalidArgument, "The offer_key is missing.");
  check_amount(request.amount_msat());
  if (request.amount_msat() != 0 && request.description().empty()) {
    throw Error(Code::kInvalidArgument, "An amount needs a description.");
  }
  if (request.description().size() > 1'024)
    throw Error(Code::kInvalidArgument, "The description is too long.");
  if (request.absolute_expiry() != 0 && request.absolute_expiry() <= node_.now_) {
    throw Error(Code::kInvalidArgument, "The offer has ended already.");
  }
  const auto reply_of = [](const MemoryNode::Offer& made) {
    CreateOfferReply reply;
    reply.set_offer(made.offer);
    reply.set_offer_id(made.offer_id);
    reply.set_node_id(kNodeId);
    reply.set_absolute_expiry(made.terms.absolute_expiry());
    return reply;
  };
  auto* before = has(NodeFault::kForgetsOfferKeys) ? nullptr : find_offer("", request.offer_key());
  if (before != nullptr) {
    if (terms_of(before->terms) != terms_of(request) && !has(NodeFault::kIgnoresOfferTerms)) {
      throw Error(Code::kAlreadyExists, "The key was used with other terms.");
    }
    return reply_of(*before);
  }
  if (has(NodeFault::kSharesOffers)) {
    for (const auto& each : node_.offers_) {
      if (terms_without_key(each.terms) == terms_without_key(request)) return reply_of(each);
    }
  }
  const auto number = node_.offers_.size() + 1;
  node_.offers_.push_back({request.offer_key(), request, "lno1" + std::to_string(number), hex64(number)});
  answer_write();
  return reply_of(node_.offers_.back());
}

FaultyNode::EnableOfferReply FaultyNode::enable_offer(EnableOfferRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  auto* found = find_offer(request.offer_id(), "");
  if (found == nullptr) throw Error(Code::kNotFound, "There is no such offer.");
  if (found->used && found->terms.single_use() && !has(NodeFault::kEnablesTheUsed)) {
    throw Error(Code::kFailedPrecondition, "The offer was used up.");
  }
  found->active = true;
  return {};
}

FaultyNode::DisableOfferReply FaultyNode::disable_offer(DisableOfferRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  DisableOfferReply reply;
  auto* found = find_offer(request.offer_id(), request.offer_key());
  if (found == nullptr && has(NodeFault::kUndoNeedsAnOffer)) throw Error(Code::kNotFound, "No such offer.");
  if (found != nullptr && request.offer_id().empty() && has(NodeFault::kDisablesOnlyById)) return reply;
  reply.set_changed(found != nullptr && std::exchange(found->active, false));
  if (reply.changed()) answer_write();
  return reply;
}

FaultyNode::LookupOfferReply FaultyNode::lookup_offer(LookupOfferRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  const auto* found = find_offer(request.offer_id(), request.offer_key());
  if (found == nullptr) throw Error(Code::kNotFound, "There is no such offer.");
  LookupOfferReply reply;
  reply.set_offer(found->offer);
  reply.set_offer_id(found->offer_id);
  reply.set_active(found->active);
  reply.set_used(found->used);
  return reply;
}

FaultyNode::CreateInvoiceReply FaultyNode::create_invoice(CreateInvoiceRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  check_node(request.node());
  if (request.invoice_key().empty()) throw Error(Code::kInvalidArgument, "The invoice_key is missing.");
  check_amount(request.amount_msat());
  const auto reply_of = [](const MemoryNode::Invoice& made) {
    CreateInvoiceReply reply;
    reply.set_bolt11(made.bolt11);
    reply.set_payment_hash(made.payment_hash);
    reply.set_expires_at(made.expires_at);
    return reply;
  };
  for (const auto& each : node_.invoices_) {
    if (each.terms.invoice_key() != request.invoice_key() || has(NodeFault::kForgetsInvoiceKeys)) continue;
    if (terms_of(each.terms) != terms_of(request) && !has(NodeFault::kIgnoresInvoiceTerms)) {
      throw Error(Code::kAlreadyExists, "The key was used with other terms.");
    }
    return reply_of(each);
  }
  const auto number = node_.invoices_.size() + 1;
  node_.invoices_.push_back({request, "lnbcrt" + std::to_string(number), hex64(number),
                             node_.now_ + request.expiry_seconds(), 0, 0});
  answer_write();
  return reply_of(node_.invoices_.back());
}

FaultyNode::LookupInvoiceReply FaultyNode::lookup_invoice(LookupInvoiceRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  if (request.invoice_key().empty() && request.payment_hash().empty()) {
    throw Error(Code::kInvalidArgument, "Say which invoice.");
  }
  for (const auto& each : node_.invoices_) {
    if (request.invoice_key().empty() ? each.payment_hash != request.payment_hash()
                                      : each.terms.invoice_key() != request.invoice_key()) {
      continue;
    }
    LookupInvoiceReply reply;
    reply.set_bolt11(each.bolt11);
    reply.set_payment_hash(each.payment_hash);
    reply.set_received_msat(each.received_msat);
    reply.set_paid_at(each.paid_at);
    const bool expired = each.expires_at <= node_.now_ && !has(NodeFault::kNeverExpires);
    const bool paid = each.received_msat != 0 || has(NodeFault::kPaidByDefault);
    reply.set_state(paid      ? LookupInvoiceReply::PAID
                    : expired ? LookupInvoiceReply::EXPIRED
                              : LookupInvoiceReply::UNPAID);
    return reply;
  }
  throw Error(Code::kNotFound, "There is no such invoice.");
}

FaultyNode::WatchPaymentsReply FaultyNode::watch_payments(WatchPaymentsRequest request, Call& /*call*/) {
  const std::lock_guard lock(node_.mutex);
  check_node(request.node());
  const auto& payments = payments_of(request.node());
  std::size_t at = 0;
  const auto* end = request.cursor().data() + request.cursor().size();
  const auto read = std::from_chars(request.cursor().data(), end, at);
  if (!request.cursor().empty() && !has(NodeFault::kReadsCursorsLoosely) &&
      (read.ec != std::errc() || read.ptr != end)) {
    throw Error(Code::kInvalidArgument, "That is no cursor.");
  }
  if (has(NodeFault::kCountsFromItsStart) && !request.cursor().empty()) at += paid_before_;
  WatchPaymentsReply reply;
  reply.set_node_id(kNodeId);
  if (at > payments.size()) {
    if (!has(NodeFault::kTakesAnyCursor)) throw Error(Code::kOutOfRange, "The cursor is ahead of the node.");
    reply.set_next_cursor(request.cursor());
    return reply;
  }
  const auto until = std::min<std::size_t>(payments.size(), at + request.max());
  for (auto index = at; index < until; ++index) {
    auto& paid = *reply.add_payments();
    paid = payments[index];
    if (has(NodeFault::kPayKeysOfThePage)) paid.set_pay_key(std::to_string(index - at));
    if (has(NodeFault::kDropsTheNote)) paid.clear_payer_note();
  }
  const bool full = until - at == request.max() && until > at;
  auto next = until;
  if (full && has(NodeFault::kSkipsAtPages) && next < payments.size()) ++next;
  if (full && has(NodeFault::kRepeatsAtPages) && until - at > 1) --next;
  if (until == at && has(NodeFault::kAdvancesWithoutPayment)) ++next;
  reply.set_next_cursor(std::to_string(next));
  return reply;
}

}  // namespace paynamed::testing
