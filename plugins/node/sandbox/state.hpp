// What a sandbox's nodes know: a pure function of the changes in the ledger.
//
// Threads: one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "changes.hpp"

namespace paynamed::sandbox {

struct Offer {
  OfferMade made;
  bool active = true;
  bool used = false;
};

struct Invoice {
  InvoiceMade made;
  std::uint64_t received_msat = 0;  // 0: unpaid
  std::uint64_t paid_at = 0;
};

struct FetchedInvoice {
  InvoiceFetched made;
  bool paid = false;
};

// The payments of one node in the order of their arrival; the position counted from 1 is the pay index.
using Payments = std::vector<PaymentMade>;

class State {
 public:
  void apply(Change&& change);

  // nullptr if there is none. Pointers are valid until the next apply().
  const LedgerOpened* opened() const { return opened_ ? &*opened_ : nullptr; }
  const Offer* offer_by_key(const std::string& node, const std::string& offer_key) const;
  const Offer* offer_by_id(const std::string& node, const std::string& offer_id) const;
  // Of whichever node.
  const Offer* offer_by_string(const std::string& offer) const;
  const Invoice* invoice_by_key(const std::string& node, const std::string& invoice_key) const;
  const Invoice* invoice_by_hash(const std::string& node, const std::string& payment_hash) const;
  // Of whichever node, by its bolt11 string.
  const Invoice* invoice_by_string(const std::string& bolt11) const;
  const FetchedInvoice* fetched_by_string(const std::string& invoice) const;
  const FetchedInvoice* fetched_by_key(const std::string& payer_node, const std::string& fetch_key) const;
  const PaymentMade* payment_by_key(const std::string& payer_node, const std::string& payment_key) const;
  const PaymentMade* payment_by_hash(const std::string& payer_node, const std::string& payment_hash) const;

  const Payments& payments(const std::string& node) const;
  std::size_t fetched_count() const { return fetched_.size(); }
  std::size_t address_count(const std::string& node) const;
  // All offers and invoices of all nodes in the order of their making; for the simulated payer.
  const std::vector<std::variant<const Offer*, const Invoice*>>& payables() const { return payables_; }

 private:
  // (node, key). std::map: references to its elements stay valid.
  using NodeAndKey = std::pair<std::string, std::string>;

  void on(LedgerOpened&& change);
  void on(OfferMade&& change);
  void on(OfferSwitched&& change);
  void on(InvoiceMade&& change);
  void on(InvoiceFetched&& change);
  void on(PaymentMade&& change);
  void on(AddressMade&& change);

  std::optional<LedgerOpened> opened_;
  std::map<NodeAndKey, Offer> offers_;
  std::map<NodeAndKey, Offer*> offers_by_id_;
  std::unordered_map<std::string, Offer*> offers_by_string_;
  std::map<NodeAndKey, Invoice> invoices_;
  std::map<NodeAndKey, Invoice*> invoices_by_hash_;
  std::unordered_map<std::string, Invoice*> invoices_by_string_;
  std::unordered_map<std::string, FetchedInvoice> fetched_;  // by its string
  std::map<NodeAndKey, FetchedInvoice*> fetched_by_key_;
  std::map<std::string, Payments> payments_;
  // By payer; (payee, position) for the vectors of payments_ move their elements.
  std::map<NodeAndKey, std::pair<std::string, std::size_t>> sent_by_key_;
  std::map<NodeAndKey, std::pair<std::string, std::size_t>> sent_by_hash_;
  std::map<std::string, std::size_t> addresses_;
  std::vector<std::variant<const Offer*, const Invoice*>> payables_;
};

}  // namespace paynamed::sandbox
