// The sandbox: several Lightning nodes on regtest that hold their own keys and move no money. Offers,
// invoices and signatures are real; payments are entries in a ledger.
//
// Threads: one thread at a time; functions wait for the disk. All functions throw Error with the codes of the
// contract (paynamed/plugin/v1/node_backend.proto); what has not been answered has not happened unless the
// code leaves it open.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bolt12.hpp"
#include "keys.hpp"
#include "ledger.hpp"
#include "seed_file.hpp"
#include "state.hpp"

namespace paynamed::sandbox {

namespace proto = paynamed::plugin::v1;

struct Settings {
  std::filesystem::path key_file;
  std::filesystem::path state_file;
  std::vector<std::string> nodes;  // at least one; the first is the default
};

// 21 million bitcoin: more than any amount that exists.
inline constexpr std::uint64_t kMostMsat = 2'100'000'000'000'000'000;

// Enough to make the offers of a node distinct, and short, for an offer must fit a DNS record.
inline constexpr std::size_t kOfferMetadataSize = 16;

class Sandbox {
 public:
  struct Surroundings {
    std::function<std::uint64_t()> now;  // Unix seconds
    RandomBytes random;
    std::function<void(std::string_view)> warn;  // one line for the operator
  };
  // Does no I/O.
  Sandbox(Settings settings, Surroundings surroundings);

  // Opens the ledger and the key file, making them at the very first time. Does nothing if it is open. A
  // failure leaves it closed, so that the next call tries again.
  void open();

  // All of these need open() before.
  proto::NodeInfoReply info(const proto::NodeInfoRequest& request) const;
  proto::ProvisionReply provision(const proto::ProvisionRequest& request) const;
  proto::ReleaseReply release(const proto::ReleaseRequest& request) const;

  proto::CreateOfferReply create_offer(const proto::CreateOfferRequest& request);
  proto::EnableOfferReply enable_offer(const proto::EnableOfferRequest& request);
  proto::DisableOfferReply disable_offer(const proto::DisableOfferRequest& request);
  proto::LookupOfferReply lookup_offer(const proto::LookupOfferRequest& request) const;

  proto::CreateInvoiceReply create_invoice(const proto::CreateInvoiceRequest& request);
  proto::LookupInvoiceReply lookup_invoice(const proto::LookupInvoiceRequest& request) const;
  // `key`: the idempotency key of the call; empty: every call makes another one.
  proto::FetchInvoiceReply fetch_invoice(const proto::FetchInvoiceRequest& request, const std::string& key);
  proto::NewAddressReply new_address(const proto::NewAddressRequest& request, const std::string& key);

  proto::PayReply pay(const proto::PayRequest& request);
  proto::LookupPaymentReply lookup_payment(const proto::LookupPaymentRequest& request) const;
  // The payments after the cursor; none of them if there are none yet.
  proto::WatchPaymentsReply payments_after(const proto::WatchPaymentsRequest& request) const;

  // The simulated payer: pays the next active offer or open invoice of any node, in turn. `amount_msat` is
  // for those that leave the amount open. False if there is nothing to pay.
  bool simulate_payment(std::uint64_t amount_msat, const std::string& note);

 private:
  struct Node {
    std::string name;
    Key key;
    std::string id;  // hex
  };
  struct Opened {
    Ledger ledger;
    State state;
    std::vector<Node> nodes;
  };

  Bytes32 open_seed(const State& state) const;
  const Node& node(const proto::NodeRef& reference) const;
  const State& state() const { return opened_->state; }
  // Durable, then in force.
  void commit(Change change);
  // Throws if the offer may not be paid now.
  void check_payable(const Offer& offer) const;
  // The offer that an id, a key or both name; nullptr if there is none. Throws if they are two different
  // ones.
  const Offer* find_offer(const Node& owner, const std::string& offer_id, const std::string& offer_key) const;
  // What Pay would enter for this invoice. Throws if it may not be paid now.
  PaymentMade payment_for(const std::string& invoice) const;
  std::optional<PaymentMade> simulated(const Offer& offer, std::uint64_t amount_msat) const;
  std::optional<PaymentMade> simulated(const Invoice& invoice, std::uint64_t amount_msat) const;

  const Settings settings_;
  const Surroundings surroundings_;
  const Curve curve_;
  std::optional<Opened> opened_;
  std::size_t next_payable_ = 0;
};

// Throw Error(kInvalidArgument) naming `what`.
void check_key(std::string_view what, const std::string& key);
void check_text(std::string_view what, const std::string& text, std::size_t most_bytes);
void check_amount(std::uint64_t amount_msat);
// Throws Error(kAlreadyExists): the key was used before with other parameters.
[[noreturn]] void throw_key_reused(std::string_view what, const std::string& key);

}  // namespace paynamed::sandbox
