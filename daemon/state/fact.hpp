// Fact: what an event says to the read models, read from its JSON once. docs/events.md is its table.
//
// Threads: a value type; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::state {

// What only events about payments say.
struct PaymentFact {
  std::string node_id;
  std::string pay_key;
  std::string payment_hash;  // empty when the node gave none
  base::WallTime paid_at;
  std::string payer_note;
  std::string claimed_name;
  bool late = false;
};

// What order.created says of the amount in another currency; all empty when nothing.
struct OrderFact {
  std::string currency;
  std::string amount;
  std::string rate;
  std::string rate_source;
};

struct Fact {
  // kOther: an event that the read models do not look at.
  enum class Kind {
    kOther,
    kRunAccepted,
    kRunPaused,
    kRunResumed,
    kRunCompensating,
    kRunCompleted,
    kRunCompensated,
    kOfferCreated,
    kOfferRetired,
    kOfferDisabled,
    kOfferExpiring,
    kNamePublished,
    kNameLive,
    kNameDegraded,
    kNameRecovered,
    kNameReverted,
    kNameRemoved,
    kNameMoved,
    kDomainDegraded,
    kDomainRecovered,
    kDomainChanged,
    kDomainExpiring,
    kPaymentReceived,
    kInvoiceCreated,
    kInvoicePaid,
    kInvoiceExpired,
    kOrderCreated,
    kOrderPaid,
    kOrderUnderpaid,
    kOrderOverpaid,
    kOrderLate,
    kOrderExpired,
    kNodeAdded,
    kNodeRemoved,
    kNodeCredentialsChanged,
    kNodeReachable,
    kNodeUnreachable,
  };
  Kind kind = Kind::kOther;
  base::Uuid run;         // zero when the event names none
  std::string name;       // empty for events about a domain
  std::string domain;     // only of events about one
  base::Uuid added_node;  // node.added, node.removed, node.credentials_changed
  Verb verb = Verb::kRegister;
  std::optional<std::string> owner;
  std::string reference;
  SourceKind source = SourceKind::kNode;
  bool livemode = true;
  bool compensating = false;
  std::string correlation_id;
  std::string reason;
  std::string code;
  bool of_registration = false;  // domain.expiring: not of the signatures
  std::string offer_id;
  std::string offer;
  std::string offer_key;
  std::string node_instance;
  std::string node;
  std::string dns_instance;
  std::string label;                 // node.added
  std::string node_id;               // node.added
  std::vector<std::string> secrets;  // node.added, node.credentials_changed: their names
  std::string value;
  std::uint32_t ttl = 0;
  NameState name_state = NameState::kPublished;
  // offer.retired, name.removed; offer.created, offer.expiring, domain.expiring, invoice.*, order.*: when it
  // expires
  std::optional<base::WallTime> until;
  std::uint64_t amount_msat = 0;  // that arrived, or that an invoice (0: any) or an order asks for
  base::Uuid invoice;             // zero when the event names none
  base::Uuid order;               // zero when the event names none
  OrderFact order_price;
  std::string bolt11;
  std::string memo;
  PaymentFact payment;
};

// INTERNAL, naming the type and the field, when `data` does not keep the table: a field is missing, of
// another type, out of range, or the version is not known. Every event is checked so before it is stored.
base::Result<Fact> read_fact(std::string_view type, std::uint32_t version, std::string_view data);

}  // namespace paynamed::state
