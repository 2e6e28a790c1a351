// What can change in a sandbox. Each change is one line of the ledger, and the state is what all of them
// together make.
//
// Threads: value types; distinct objects are independent.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace paynamed::sandbox {

// The first line of a ledger.
struct LedgerOpened {
  std::uint64_t format = 1;
  std::string key_fingerprint;  // tells a ledger of other keys
};
BOOST_DESCRIBE_STRUCT(LedgerOpened, (), (format, key_fingerprint))

struct OfferMade {
  std::string node;
  std::string offer_key;
  std::string description;
  std::string issuer;
  std::uint64_t amount_msat = 0;
  std::uint64_t absolute_expiry = 0;
  bool single_use = false;
  std::string offer;
  std::string offer_id;
};
BOOST_DESCRIBE_STRUCT(OfferMade, (),
                      (node, offer_key, description, issuer, amount_msat, absolute_expiry, single_use, offer,
                       offer_id))

struct OfferSwitched {
  std::string node;
  std::string offer_id;
  bool active = false;
};
BOOST_DESCRIBE_STRUCT(OfferSwitched, (), (node, offer_id, active))

struct InvoiceMade {
  std::string node;
  std::string invoice_key;
  std::uint64_t amount_msat = 0;
  std::string description;
  std::uint32_t expiry_seconds = 0;  // as asked
  std::string bolt11;
  std::string payment_hash;
  std::uint64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(InvoiceMade, (),
                      (node, invoice_key, amount_msat, description, expiry_seconds, bolt11, payment_hash,
                       expires_at))

// An invoice that a node gave for one of its offers.
struct InvoiceFetched {
  std::string node;  // the payee
  std::string offer_id;
  std::string payer_node;
  std::string fetch_key;  // the idempotency key of the call; may be empty
  std::uint64_t asked_msat = 0;
  std::uint64_t amount_msat = 0;
  std::string payer_note;
  std::string invoice;
  std::string payment_hash;
  std::uint64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(InvoiceFetched, (),
                      (node, offer_id, payer_node, fetch_key, asked_msat, amount_msat, payer_note, invoice,
                       payment_hash, expires_at))

// A payment, seen from both ends at once so that a crash never shows one without the other.
struct PaymentMade {
  std::string node;  // the payee
  std::string payment_hash;
  std::uint64_t amount_msat = 0;
  std::uint64_t paid_at = 0;
  std::string offer_id;     // when an offer was paid
  std::string invoice_key;  // when an invoice of CreateInvoice was paid
  std::string payer_note;
  std::string payer_node;   // empty: the simulated payer
  std::string payment_key;  // Pay's; empty for the simulated payer
  std::string invoice;      // what Pay was given; empty for the simulated payer
};
BOOST_DESCRIBE_STRUCT(PaymentMade, (),
                      (node, payment_hash, amount_msat, paid_at, offer_id, invoice_key, payer_note,
                       payer_node, payment_key, invoice))

struct AddressMade {
  std::string node;
  std::string address;
};
BOOST_DESCRIBE_STRUCT(AddressMade, (), (node, address))

using Change = std::variant<LedgerOpened, OfferMade, OfferSwitched, InvoiceMade, InvoiceFetched, PaymentMade,
                            AddressMade>;

// {"offer_made":{...}} without a line end.
std::string to_line(const Change& change);
// Throws Error(kDataLoss) saying what is wrong with the line.
Change from_line(std::string_view line);

}  // namespace paynamed::sandbox
