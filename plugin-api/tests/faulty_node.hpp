// FaultyNode: a NodeBackend whose node is in memory, with one mistake on request: those that backends are
// likely to make. It shows that the conformance suite fails where it should.
//
// Threads: the plugin's functions run on its own threads, the node's on any.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "paynamed/node_backend.hpp"
#include "paynamed/testing/node_conformance.hpp"

namespace paynamed::testing {

enum class NodeFault {
  kNone,
  kPromisesToPay,           // Describe says payments_out, and there is no Pay
  kSharesOffers,            // the same terms give the same offer, whatever the key
  kForgetsOfferKeys,        // the same key makes another offer
  kIgnoresOfferTerms,       // a key with other terms gives the old offer
  kUndoNeedsAnOffer,        // NOT_FOUND where nothing was made
  kDisablesOnlyById,        // by key it does nothing
  kEnablesTheUsed,          // an offer for single use, again
  kForgetsInvoiceKeys,      // the same key makes another invoice
  kIgnoresInvoiceTerms,     // a key with other terms gives the old invoice
  kPaidByDefault,           // an empty state counts as paid
  kNeverExpires,            // an old invoice is unpaid for ever
  kSkipsAtPages,            // the last of a full page is lost
  kRepeatsAtPages,          // the last of a page is the first of the next
  kCountsFromItsStart,      // the cursor means another thing after a restart
  kPayKeysOfThePage,        // pay keys are places in the page
  kTakesAnyCursor,          // a cursor that is ahead of the node waits for ever
  kReadsCursorsLoosely,     // "x" is 0
  kAdvancesWithoutPayment,  // an empty answer moves the cursor
  kDropsTheNote,            // of the payer
  kSaysNothingWasSent,      // of a lost reply
  kShowsItsToken,           // in an error
  kLogsItsToken,
  kTakesAnyAmount,
  kTakesAnyNode,
};

// The node: plugin and suite see the same.
class MemoryNode final : public NodeWorld {
 public:
  struct Offer {
    std::string key;
    plugin::v1::CreateOfferRequest terms;
    std::string offer;
    std::string offer_id;
    bool active = true;
    bool used = false;
  };
  struct Invoice {
    plugin::v1::CreateInvoiceRequest terms;
    std::string bolt11;
    std::string payment_hash;
    std::uint64_t expires_at = 0;
    std::uint64_t received_msat = 0;
    std::uint64_t paid_at = 0;
  };

  bool pay_invoice(const std::string& bolt11) override;
  bool pay_offer(const std::string& offer, std::uint64_t amount_msat, const std::string& payer_note) override;
  std::optional<std::size_t> offers() override { return offers_.size(); }
  std::optional<std::size_t> invoices() override { return invoices_.size(); }
  std::uint64_t now() override { return now_; }
  void pass(std::chrono::seconds time) override { now_ += static_cast<std::uint64_t>(time.count()); }
  void lose_next_write_reply() override { loses_ = true; }

  std::mutex mutex;  // of what follows; functions above are called while no call is open
  std::vector<Offer> offers_;
  std::vector<Invoice> invoices_;
  std::vector<plugin::v1::Payment> payments_;
  std::uint64_t now_ = 1'700'000'000;
  bool loses_ = false;
};

inline constexpr char kNodeToken[] = "token-of-the-node-5f1c";

class FaultyNode final : public Blocking<NodeBackend> {
 public:
  FaultyNode(Host host, const Config& config);
  // What every instance made afterwards talks to, and its mistake.
  static void connect(MemoryNode* node, NodeFault fault);

  DescribeNodesReply describe(DescribeNodesRequest request, Call& call) override;
  NodeInfoReply info(NodeInfoRequest request, Call& call) override;
  ProvisionReply provision(ProvisionRequest request, Call& call) override;
  ReleaseReply release(ReleaseRequest request, Call& call) override;
  CreateOfferReply create_offer(CreateOfferRequest request, Call& call) override;
  EnableOfferReply enable_offer(EnableOfferRequest request, Call& call) override;
  DisableOfferReply disable_offer(DisableOfferRequest request, Call& call) override;
  LookupOfferReply lookup_offer(LookupOfferRequest request, Call& call) override;
  CreateInvoiceReply create_invoice(CreateInvoiceRequest request, Call& call) override;
  LookupInvoiceReply lookup_invoice(LookupInvoiceRequest request, Call& call) override;
  WatchPaymentsReply watch_payments(WatchPaymentsRequest request, Call& call) override;

 private:
  bool has(NodeFault fault) const { return fault_ == fault; }
  // The payments of the node that is asked; the second one has none.
  const std::vector<plugin::v1::Payment>& payments_of(const NodeRef& node) const;
  void check_node(const NodeRef& node) const;
  void check_amount(std::uint64_t amount_msat) const;
  MemoryNode::Offer* find_offer(const std::string& id, const std::string& key);
  // Throws if the reply is to be lost.
  void answer_write();

  MemoryNode& node_;
  const NodeFault fault_;
  const std::size_t paid_before_;
};

}  // namespace paynamed::testing
