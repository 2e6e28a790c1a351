// The sandbox as a NodeBackend: configuration, calls from the strand to the worker and back, long polls, the
// simulated payer's clock.
//
// Threads: public functions on the strand; `sandbox_`, `polls_` and `unanswered_` belong to the worker.
#pragma once

#include <paynamed/node_backend.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults.hpp"
#include "sandbox.hpp"
#include "worker.hpp"

namespace paynamed::sandbox {

class SandboxPlugin final : public NodeBackend {
 public:
  SandboxPlugin(Host host, const Config& config);

  void describe(DescribeNodesRequest request, Reply<DescribeNodesReply> reply) override;
  void info(NodeInfoRequest request, Reply<NodeInfoReply> reply) override;
  void provision(ProvisionRequest request, Reply<ProvisionReply> reply) override;
  void release(ReleaseRequest request, Reply<ReleaseReply> reply) override;
  void create_offer(CreateOfferRequest request, Reply<CreateOfferReply> reply) override;
  void enable_offer(EnableOfferRequest request, Reply<EnableOfferReply> reply) override;
  void disable_offer(DisableOfferRequest request, Reply<DisableOfferReply> reply) override;
  void lookup_offer(LookupOfferRequest request, Reply<LookupOfferReply> reply) override;
  void create_invoice(CreateInvoiceRequest request, Reply<CreateInvoiceReply> reply) override;
  void lookup_invoice(LookupInvoiceRequest request, Reply<LookupInvoiceReply> reply) override;
  void fetch_invoice(FetchInvoiceRequest request, Reply<FetchInvoiceReply> reply) override;
  void pay(PayRequest request, Reply<PayReply> reply) override;
  void lookup_payment(LookupPaymentRequest request, Reply<LookupPaymentReply> reply) override;
  void new_address(NewAddressRequest request, Reply<NewAddressReply> reply) override;
  void watch_payments(WatchPaymentsRequest request, Reply<WatchPaymentsReply> reply) override;
  void stop(std::function<void()> done) override;

 private:
  struct Payer {
    std::chrono::milliseconds every;
    std::uint64_t amount_msat;
    std::string note;
  };
  // A WatchPayments that waits for a payment.
  struct Poll {
    WatchPaymentsRequest request;
    std::shared_ptr<Reply<WatchPaymentsReply>> reply;
  };

  static Settings read_settings(const Config& config);
  static std::optional<Payer> read_payer(const Config& config);

  // Runs `work` on the worker with a shared Reply, which it answers, or keeps for later, or leaves to the
  // error that it throws; the fault that is planned for the method happens on the way.
  template <class T, class Work>
  void perform(Reply<T> reply, Work work);
  // The common case: one function of the sandbox answers.
  template <class T, class Work>
  void answer(Reply<T> reply, Work work);
  template <class T>
  void fail_as_planned(const Fault& fault, const std::shared_ptr<Reply<T>>& reply);

  // On the worker.
  Sandbox& opened();
  void park(WatchPaymentsRequest request, std::shared_ptr<Reply<WatchPaymentsReply>> reply);
  void end_poll(std::uint64_t call_id);
  void answer_polls();
  // On the strand.
  void schedule_payer();

  const Host host_;
  const std::optional<Payer> payer_;
  Faults faults_;
  Sandbox sandbox_;
  bool introduced_ = false;
  std::map<std::uint64_t, Poll> polls_;  // by call id
  std::vector<std::shared_ptr<void>> unanswered_;
  // Last: its thread uses all that stands above.
  Worker worker_;
};

}  // namespace paynamed::sandbox
