// What the store keeps of incoming payments: each once, with the cursor of the node that told of it. A
// payment that is somebody's (it paid an offer or an invoice that we made) is an event and a row; all others
// are strays, which are counted and shown to nobody.
//
// Threads: value types; PaymentStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::state {

// 21 million bitcoin: no payment has more, and it fits into 63 bits.
inline constexpr std::uint64_t kMostMsat = 2'100'000'000'000'000'000;

// Which node told of payments, and what its money is worth.
struct PaymentSource {
  std::string node_id;   // hex of the node's 33-byte key
  std::string instance;  // the NodeBackend through which it is reached
  std::string node;      // the backend's own reference; empty: its default node
  std::string network;   // "bitcoin", "regtest"
  bool livemode = false;
};

// A payment as the node tells of it, checked: every field has a bounded size, texts are UTF-8.
struct IncomingPayment {
  std::string pay_key;       // unique at the node for ever
  std::string payment_hash;  // hex; empty when the node has none
  std::uint64_t received_msat = 0;
  base::WallTime paid_at;
  std::string offer_id;               // empty: no offer was paid
  std::optional<base::Uuid> invoice;  // when its key is one of ours (state/invoices.hpp)
  std::optional<base::Uuid> order;    // the same (state/orders.hpp)
  // Claims of the payer, nothing more.
  std::string payer_note;
  std::string claimed_name;  // user@domain
};

// A payment that cannot be one as the node tells of it, and what it paid.
struct BrokenPayment {
  std::string offer_id;                    // empty: no offer
  std::optional<base::Uuid> invoice = {};  // as IncomingPayment's
  std::optional<base::Uuid> order = {};
};

struct TakeIn {
  PaymentSource source;
  std::string expected_cursor;
  std::string next_cursor;  // the same as expected_cursor: more is to be read there, so no strays are counted
  std::vector<IncomingPayment> payments;
  base::WallTime time;
  // While one of these is somebody's the cursor stays, so that it is told again; the others are strays.
  std::vector<BrokenPayment> broken = {};
};

// How many of each there were.
struct TakenIn {
  std::uint32_t taken_in = 0;
  std::uint32_t known = 0;
  std::uint32_t strays = 0;
  std::vector<std::size_t> held = {};  // which of the broken ones are somebody's: the cursor stayed
};

// Where the payments of a node were read to, by one instance and reference.
struct NodeCursor {
  PaymentSource source;  // without network and livemode
  std::string cursor;
  std::optional<base::WallTime> last_payment;  // when the newest that was taken in was paid
  std::uint64_t taken_in = 0;
  std::uint64_t strays = 0;  // since the cursor was empty
  std::uint64_t resyncs = 0;
};

struct PaymentRow {
  base::Uuid id;
  std::string name;
  std::string node_id;
  std::string pay_key;
  std::string payment_hash;
  std::uint64_t received_msat = 0;
  base::WallTime paid_at;   // as the node says
  base::WallTime taken_in;  // when it was written down here
  std::string offer_id;
  std::optional<base::Uuid> invoice;
  std::optional<base::Uuid> order;
  std::string payer_note;
  std::string claimed_name;
  bool late = false;  // paid an invoice or an order that had expired
  bool livemode = true;
};

class PaymentStore {
 public:
  virtual ~PaymentStore() = default;

  // All in one transaction: the cursor is still the expected one, each payment that is not known yet becomes
  // what decide() (state/payment_decision.hpp) makes of it, and the cursor moves on. ABORTED when another
  // cursor stands: read it again. INTERNAL when a field breaks its bounds.
  virtual boost::asio::awaitable<base::Result<TakenIn>> take_in(TakeIn batch) = 0;
  // The cursor is of no use any more (the node was restored from a backup, say) and becomes empty; `news`,
  // if there are some, go to the tenant `default`. ABORTED as above.
  virtual boost::asio::awaitable<base::Result<void>> restart_cursor(PaymentSource source,
                                                                    std::string expected_cursor,
                                                                    std::optional<NewEvent> news) = 0;

  // Nothing when no payments were read there yet.
  virtual base::Result<std::optional<NodeCursor>> find_cursor(const PaymentSource& source) = 0;
  virtual base::Result<std::vector<NodeCursor>> node_cursors(std::uint32_t limit) = 0;

  virtual base::Result<std::optional<PaymentRow>> find_payment(std::string_view tenant, base::Uuid id) = 0;
  // The newest first, before `before` (zero: from the newest); `name` narrows it.
  virtual base::Result<std::vector<PaymentRow>> list_payments(std::string_view tenant, std::string_view name,
                                                              base::Uuid before, std::uint32_t limit) = 0;
};

}  // namespace paynamed::state
