// LnNode: a Core Lightning node as the world sees it: offers, invoices and payments, with lightningd's rules.
// It is the same node as tests/fakes/cln/node.py, in the process of the play, so that ten thousand steps are
// quick and its database can be copied away and put back.
//
// Threads: one thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/model/world.hpp"

namespace paynamed::model {

// What lightningd answers in place of a result.
class RpcRefusal : public std::runtime_error {
 public:
  RpcRefusal(std::int64_t number, const std::string& text) : std::runtime_error(text), code(number) {}
  std::int64_t code;
};

struct OfferTerms {
  std::optional<std::uint64_t> amount_msat;
  std::optional<std::string> description;
  std::optional<std::string> issuer;
  std::optional<std::uint64_t> absolute_expiry;
};

struct NodeOffer {
  std::string offer_id;
  std::string bolt12;
  std::optional<std::string> label;
  OfferTerms terms;
  bool active = true;
  bool used = false;
  bool single_use = false;
};

enum class InvoiceStatus { kUnpaid, kPaid, kExpired };

struct NodeInvoice {
  std::string label;
  std::string description;
  std::string payment_hash;
  std::string preimage;
  std::string bolt11;    // empty: made for an offer
  std::string offer_id;  // empty: of none
  std::string payer_note;
  std::optional<std::uint64_t> amount_msat;
  InvoiceStatus status = InvoiceStatus::kUnpaid;
  std::uint64_t expires_at = 0;
  std::uint64_t created_at = 0;
  std::uint64_t expiry = 0;
  std::uint64_t created_index = 0;
  std::uint64_t updated_index = 0;  // 0: as it was made
  std::uint64_t pay_index = 0;
  std::uint64_t received_msat = 0;
  std::uint64_t paid_at = 0;
};

class LnNode {
 public:
  // `blinded`: it is unannounced, and each offer gets a path with fresh keys.
  LnNode(const World& world, std::uint64_t seed, bool blinded);

  static const std::string& id();
  std::uint64_t now() const { return static_cast<std::uint64_t>(world_.now_ms.load() / 1'000); }

  // As lightningd's commands. They throw RpcRefusal.
  boost::json::object create_offer(const OfferTerms& terms, const std::optional<std::string>& label,
                                   bool single_use);
  boost::json::object disable_offer(const std::string& offer_id);
  boost::json::object enable_offer(const std::string& offer_id);
  const NodeInvoice& create_invoice(const std::string& label, std::optional<std::uint64_t> amount_msat,
                                    const std::string& description, std::uint64_t expiry);
  // The paid invoice with the lowest pay_index after this one; nothing when a caller has to wait.
  const NodeInvoice* paid_after(std::uint64_t pay_index) const;

  const std::vector<NodeOffer>& offers() const { return db_.offers; }
  const std::vector<NodeInvoice>& invoices();  // with those expired whose time is over
  const NodeOffer* find_offer(const std::string& offer_id) const;
  const NodeInvoice* find_invoice(const std::string& payment_hash);
  std::uint64_t pay_index() const { return db_.pay_index; }
  static boost::json::object shown(const NodeOffer& offer);
  static boost::json::object shown(const NodeInvoice& invoice);

  // What payers do. Nothing when the node would not take it.
  std::optional<NodeInvoice> fetch_invoice(const std::string& offer_id, std::uint64_t amount_msat,
                                           const std::string& payer_note);
  std::optional<NodeInvoice> pay(const std::string& payment_hash, std::uint64_t amount_msat);

  // What its operator does.
  void delete_paid(std::uint64_t up_to_pay_index);
  std::uint64_t back_up();
  void restore(std::uint64_t backup);
  std::size_t backups() const { return backups_.size(); }

  // Called with each invoice that is paid.
  std::function<void(const NodeInvoice&)> on_paid;

 private:
  struct Database {
    std::vector<NodeOffer> offers;
    std::vector<NodeInvoice> invoices;
    std::uint64_t created_index = 0;
    std::uint64_t updated_index = 0;
    std::uint64_t pay_index = 0;
  };
  NodeOffer& offer(const std::string& offer_id);
  NodeInvoice& add_invoice(NodeInvoice invoice);
  void change(NodeInvoice& invoice, InvoiceStatus status);
  std::string bolt12_of(const OfferTerms& terms);
  std::string random_hex(std::size_t bytes);

  const World& world_;
  base::SeededRandom random_;
  const bool blinded_;
  Database db_;
  std::vector<Database> backups_;
};

}  // namespace paynamed::model
