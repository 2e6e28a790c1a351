// What the store keeps of BOLT 11 invoices. An invoice begins as an intent, which is durable before the node
// is asked, so that a lost answer is asked for again under the same key and a payment always finds whom it is
// for.
//
// Threads: value types; InvoiceStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"
#include "state/nodes.hpp"

namespace paynamed::state {

// kPaid: all that it asks for has arrived. kExpired: its time is over, and less has. An expired invoice can
// still become a paid one, for the node decides what it takes.
enum class InvoiceState { kOpen, kPaid, kExpired };
std::string_view to_string(InvoiceState state);  // "open", "paid", "expired"
std::optional<InvoiceState> invoice_state_from(std::string_view text);

// The key under which the node knows the invoice, and back; nothing for a key that is not one of these.
std::string invoice_key_of(base::Uuid invoice);
std::optional<base::Uuid> invoice_from_key(std::string_view key);

struct InvoiceTerms {
  std::uint64_t amount_msat = 0;  // 0: any
  std::string memo;               // what the payer sees
  std::string reference;          // the caller's own, which nobody else sees
  std::uint32_t expiry_seconds = 3600;
};

// A caller's wish.
struct NewInvoice {
  std::string tenant;
  base::Uuid id;
  std::string name;
  InvoiceTerms terms;
  // The API's Idempotency-Key with a hash of the request; empty for none.
  std::string idempotency_key;
  std::string request_hash;
  base::WallTime time;
};

struct InvoiceIntent {
  base::Uuid id;
  std::string tenant;
  std::string name;
  std::string node_instance;
  std::string node;
  InvoiceTerms terms;
  base::WallTime created;
  bool made = false;      // there is an invoice
  bool replayed = false;  // the same idempotency key was given before; nothing was written
};

// What the node answered, checked against the intent.
struct MadeInvoice {
  base::Uuid id;
  std::string bolt11;
  std::string payment_hash;  // hex
  base::WallTime expires;
  bool livemode = true;
  base::WallTime time;
};

struct InvoiceRow {
  base::Uuid id;
  std::string name;
  std::string node_instance;
  std::string node;
  std::string bolt11;
  std::string payment_hash;
  InvoiceTerms terms;  // without expiry_seconds
  base::WallTime created;
  base::WallTime expires;
  InvoiceState state = InvoiceState::kOpen;
  std::uint64_t received_msat = 0;
  std::optional<base::WallTime> paid_at;
  bool livemode = true;
};

// Where a list of open intents goes on: after this one.
struct IntentPlace {
  base::WallTime created;
  base::Uuid id;
};

class InvoiceStore {
 public:
  virtual ~InvoiceStore() = default;

  // Writes the intent down, checked inside the transaction:
  //   NOT_FOUND            the tenant has no such name
  //   FAILED_PRECONDITION  the name is removed, external, or has no node yet
  //   INVALID_ARGUMENT     the idempotency key was used for another request
  // The key of an intent that was given up is free again.
  virtual boost::asio::awaitable<base::Result<InvoiceIntent>> intend_invoice(NewInvoice wish) = 0;
  // The intent became an invoice: invoice.created, and invoice.paid when that arrived before. The row, also
  // when it was there before.
  //   NOT_FOUND  there is no such intent
  //   ABORTED    it was given up meanwhile
  //   INTERNAL   something else has its payment hash
  virtual boost::asio::awaitable<base::Result<InvoiceRow>> create_invoice(MadeInvoice made) = 0;
  // The node said no: open_intents() does not have it any more. A payment for it would still be known.
  virtual boost::asio::awaitable<base::Result<void>> give_up_invoice(base::Uuid intent) = 0;
  // Says invoice.expired of those that are still open.
  virtual boost::asio::awaitable<base::Result<void>> expire_invoices(std::vector<base::Uuid> invoices,
                                                                     base::WallTime time) = 0;

  virtual base::Result<std::optional<InvoiceRow>> find_invoice(std::string_view tenant, base::Uuid id) = 0;
  // The newest first, before `before` (zero: from the newest); `name` and `state` narrow it.
  virtual base::Result<std::vector<InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                              std::optional<InvoiceState> state,
                                                              base::Uuid before, std::uint32_t limit) = 0;
  // Nodes with open invoices, of all tenants.
  virtual base::Result<std::vector<NodePlace>> places_of_open_invoices() = 0;
  // Those of such a node whose time was over at `until`; the longest over first.
  virtual base::Result<std::vector<base::Uuid>> invoices_due(const NodePlace& place, base::WallTime until,
                                                             std::uint32_t limit) = 0;
  // Intents that are neither made nor given up and were written before `before`; the oldest first, after the
  // given one.
  virtual base::Result<std::vector<InvoiceIntent>> open_intents(base::WallTime before, IntentPlace after,
                                                                std::uint32_t limit) = 0;
};

}  // namespace paynamed::state
