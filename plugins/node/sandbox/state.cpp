#include "state.hpp"

#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

// The element's address, or nullptr; also for maps of pointers.
template <class Map, class Key>
auto find(const Map& map, const Key& key) -> const std::remove_pointer_t<typename Map::mapped_type>* {
  const auto found = map.find(key);
  if (found == map.end()) return nullptr;
  if constexpr (std::is_pointer_v<typename Map::mapped_type>) {
    return found->second;
  } else {
    return &found->second;
  }
}

// A change that refers to something must come after it; else the ledger was edited.
template <class T>
T& require(T* found, const std::string& what) {
  if (found == nullptr) throw Error(Code::kDataLoss, "It refers to " + what + ", which was never made.");
  return *found;
}

}  // namespace

void State::apply(Change&& change) {
  std::visit([this]<class T>(T&& known) { on(std::forward<T>(known)); }, std::move(change));
}

void State::on(LedgerOpened&& change) {
  if (opened_) throw Error(Code::kDataLoss, "It opens the ledger a second time.");
  opened_ = std::move(change);
}

void State::on(OfferMade&& change) {
  const NodeAndKey key{change.node, change.offer_key};
  const auto [at, fresh] = offers_.try_emplace(key);
  if (!fresh) throw Error(Code::kDataLoss, "It makes the offer " + key.second + " a second time.");
  auto& offer = at->second;
  offer.made = std::move(change);
  offers_by_id_[{offer.made.node, offer.made.offer_id}] = &offer;
  offers_by_string_[offer.made.offer] = &offer;
  payables_.emplace_back(&offer);
}

void State::on(OfferSwitched&& change) {
  const auto found = offers_by_id_.find({change.node, change.offer_id});
  require(found == offers_by_id_.end() ? nullptr : found->second, "the offer " + change.offer_id).active =
      change.active;
}

void State::on(InvoiceMade&& change) {
  const NodeAndKey key{change.node, change.invoice_key};
  const auto [at, fresh] = invoices_.try_emplace(key);
  if (!fresh) throw Error(Code::kDataLoss, "It makes the invoice " + key.second + " a second time.");
  auto& invoice = at->second;
  invoice.made = std::move(change);
  invoices_by_hash_[{invoice.made.node, invoice.made.payment_hash}] = &invoice;
  invoices_by_string_[invoice.made.bolt11] = &invoice;
  payables_.emplace_back(&invoice);
}

void State::on(InvoiceFetched&& change) {
  require(offer_by_id(change.node, change.offer_id), "the offer " + change.offer_id);
  auto text = change.invoice;
  const auto [at, fresh] = fetched_.try_emplace(std::move(text));
  if (!fresh) throw Error(Code::kDataLoss, "It gives the same BOLT 12 invoice a second time.");
  auto& fetched = at->second;
  fetched.made = std::move(change);
  if (!fetched.made.fetch_key.empty())
    fetched_by_key_[{fetched.made.payer_node, fetched.made.fetch_key}] = &fetched;
}

void State::on(PaymentMade&& change) {
  if (!change.offer_id.empty()) {
    const auto found = offers_by_id_.find({change.node, change.offer_id});
    auto& offer =
        require(found == offers_by_id_.end() ? nullptr : found->second, "the offer " + change.offer_id);
    offer.used = true;
    if (offer.made.single_use) offer.active = false;
  }
  if (!change.invoice_key.empty()) {
    const auto found = invoices_.find({change.node, change.invoice_key});
    auto& invoice =
        require(found == invoices_.end() ? nullptr : &found->second, "the invoice " + change.invoice_key);
    invoice.received_msat = change.amount_msat;
    invoice.paid_at = change.paid_at;
  }
  if (const auto found = fetched_.find(change.invoice); found != fetched_.end()) found->second.paid = true;
  auto& received = payments_[change.node];
  if (!change.payer_node.empty()) {
    const std::pair<std::string, std::size_t> place{change.node, received.size()};
    sent_by_key_[{change.payer_node, change.payment_key}] = place;
    sent_by_hash_[{change.payer_node, change.payment_hash}] = place;
  }
  received.push_back(std::move(change));
}

void State::on(AddressMade&& change) {
  ++addresses_[change.node];
}

const Offer* State::offer_by_key(const std::string& node, const std::string& offer_key) const {
  return find(offers_, NodeAndKey{node, offer_key});
}

const Offer* State::offer_by_id(const std::string& node, const std::string& offer_id) const {
  return find(offers_by_id_, NodeAndKey{node, offer_id});
}

const Offer* State::offer_by_string(const std::string& offer) const {
  return find(offers_by_string_, offer);
}

const Invoice* State::invoice_by_key(const std::string& node, const std::string& invoice_key) const {
  return find(invoices_, NodeAndKey{node, invoice_key});
}

const Invoice* State::invoice_by_hash(const std::string& node, const std::string& payment_hash) const {
  return find(invoices_by_hash_, NodeAndKey{node, payment_hash});
}

const Invoice* State::invoice_by_string(const std::string& bolt11) const {
  return find(invoices_by_string_, bolt11);
}

const FetchedInvoice* State::fetched_by_string(const std::string& invoice) const {
  return find(fetched_, invoice);
}

const FetchedInvoice* State::fetched_by_key(const std::string& payer_node,
                                            const std::string& fetch_key) const {
  return find(fetched_by_key_, NodeAndKey{payer_node, fetch_key});
}

const PaymentMade* State::payment_by_key(const std::string& payer_node,
                                         const std::string& payment_key) const {
  const auto* place = find(sent_by_key_, NodeAndKey{payer_node, payment_key});
  return place == nullptr ? nullptr : &payments(place->first)[place->second];
}

const PaymentMade* State::payment_by_hash(const std::string& payer_node,
                                          const std::string& payment_hash) const {
  const auto* place = find(sent_by_hash_, NodeAndKey{payer_node, payment_hash});
  return place == nullptr ? nullptr : &payments(place->first)[place->second];
}

const Payments& State::payments(const std::string& node) const {
  static const Payments kNone;
  const auto* found = find(payments_, node);
  return found == nullptr ? kNone : *found;
}

std::size_t State::address_count(const std::string& node) const {
  const auto* found = find(addresses_, node);
  return found == nullptr ? 0 : *found;
}

}  // namespace paynamed::sandbox
