#include "grpc_calls.hpp"

#include <grpcpp/client_context.h>

#include "grpc_channel.hpp"
#include "grpc_rows.hpp"
#include "grpc_status.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

using Stub = ::cln::Node::Stub;

template <class Request_, class Reply_>
struct Method {
  using Request = Request_;
  using Reply = Reply_;
  const char* name;
  grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Reply*);
  bool changes;

  GrpcRows rows() const { return {name, changes}; }
};
template <class Request, class Reply>
Method(const char*, grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Reply*), bool)
    -> Method<Request, Reply>;

constexpr Method kGetinfo{"Getinfo", &Stub::Getinfo, false};
constexpr Method kListFunds{"ListFunds", &Stub::ListFunds, false};
constexpr Method kOffer{"Offer", &Stub::Offer, true};
constexpr Method kListOffers{"ListOffers", &Stub::ListOffers, false};
constexpr Method kDisableOffer{"DisableOffer", &Stub::DisableOffer, true};
constexpr Method kEnableOffer{"EnableOffer", &Stub::EnableOffer, true};
constexpr Method kInvoice{"Invoice", &Stub::Invoice, true};
constexpr Method kListInvoices{"ListInvoices", &Stub::ListInvoices, false};
constexpr Method kWaitAnyInvoice{"WaitAnyInvoice", &Stub::WaitAnyInvoice, false};
constexpr Method kDecode{"Decode", &Stub::Decode, false};

// Whether the connection may be dead, and nobody has noticed.
bool is_doubtful(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

}  // namespace

GrpcCalls::GrpcCalls(Host host, GrpcSettings settings, std::chrono::milliseconds timeout)
    : host_(std::move(host)),
      channel_(std::make_unique<GrpcChannel>(std::move(settings))),
      timeout_(timeout) {}

GrpcCalls::~GrpcCalls() = default;

template <class Method>
typename Method::Reply GrpcCalls::ask(const Method& method, const typename Method::Request& request,
                                      const Call& call, std::chrono::seconds wait) {
  typename Method::Reply reply;
  auto status = try_once(method, request, reply, call, wait);
  // The node has hung up since the last call, and nobody noticed. What changes nothing is asked again.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !method.changes) {
    status = try_once(method, request, reply, call, wait);
  }
  if (status.ok()) return reply;
  throw_status(status, method.name, method.changes);
}

template <class Method>
grpc::Status GrpcCalls::try_once(const Method& method, const typename Method::Request& request,
                                 typename Method::Reply& reply, const Call& call, std::chrono::seconds wait) {
  const auto connection = channel_->connected(host_.remaining(call, timeout_));
  const auto most = host_.remaining(call, timeout_ + wait);
  if (most.count() <= 0) {
    throw Error(Code::kUnavailable,
                std::string("There was no time left to send ") + method.name + " to the node.");
  }
  grpc::ClientContext context;
  context.set_deadline(grpc_deadline(most));
  auto status = (connection->stub().*method.call)(&context, request, &reply);
  if (is_doubtful(status)) channel_->drop(connection);
  return status;
}

NodeFacts GrpcCalls::facts(const Call& call) {
  return kGetinfo.rows().facts(ask(kGetinfo, {}, call));
}

std::vector<Channel> GrpcCalls::channels(const Call& call) {
  std::vector<Channel> channels;
  const auto reply = ask(kListFunds, {}, call);
  for (const auto& each : reply.channels()) channels.push_back(kListFunds.rows().channel(each));
  return channels;
}

OfferRow GrpcCalls::make_offer(const OfferTerms& terms, const std::string& label, const Call& call) {
  ::cln::OfferRequest request;
  request.set_amount(terms.amount_msat == 0 ? "any" : std::to_string(terms.amount_msat) + "msat");
  if (!terms.description.empty()) request.set_description(terms.description);
  if (!terms.issuer.empty()) request.set_issuer(terms.issuer);
  if (terms.absolute_expiry != 0) request.set_absolute_expiry(terms.absolute_expiry);
  if (terms.single_use) request.set_single_use(true);
  for (const auto& each : terms.fronting_nodes) request.add_fronting_nodes(bytes_of_hex(each));
  request.set_label(label);
  return kOffer.rows().offer(ask(kOffer, request, call));
}

std::vector<OfferRow> GrpcCalls::offers(const Call& call) {
  const auto reply = ask(kListOffers, {}, call);
  std::vector<OfferRow> rows;
  for (const auto& each : reply.offers()) rows.push_back(kListOffers.rows().offer(each));
  return rows;
}

std::optional<OfferRow> GrpcCalls::offer(const std::string& offer_id, const Call& call) {
  ::cln::ListoffersRequest request;
  request.set_offer_id(bytes_of_hex(offer_id));
  const auto reply = ask(kListOffers, request, call);
  if (reply.offers().empty()) return std::nullopt;
  return kListOffers.rows().offer(reply.offers(0));
}

void GrpcCalls::disable_offer(const std::string& offer_id, const Call& call) {
  ::cln::DisableofferRequest request;
  request.set_offer_id(bytes_of_hex(offer_id));
  ask(kDisableOffer, request, call);
}

void GrpcCalls::enable_offer(const std::string& offer_id, const Call& call) {
  ::cln::EnableofferRequest request;
  request.set_offer_id(bytes_of_hex(offer_id));
  ask(kEnableOffer, request, call);
}

OfferTerms GrpcCalls::decode_offer(const std::string& bolt12, const Call& call) {
  ::cln::DecodeRequest request;
  request.set_string(bolt12);
  return kDecode.rows().offer_terms(ask(kDecode, request, call));
}

InvoiceMade GrpcCalls::make_invoice(const InvoiceTerms& terms, const std::string& label, const Call& call) {
  ::cln::InvoiceRequest request;
  // Neither of the two, and the node's handler dies.
  if (terms.amount_msat == 0) {
    request.mutable_amount_msat()->set_any(true);
  } else {
    request.mutable_amount_msat()->mutable_amount()->set_msat(terms.amount_msat);
  }
  request.set_label(label);
  request.set_description(terms.description);
  request.set_expiry(terms.expiry_seconds);
  return kInvoice.rows().invoice_made(ask(kInvoice, request, call));
}

std::optional<InvoiceRow> GrpcCalls::invoice_by_label(const std::string& label, const Call& call) {
  ::cln::ListinvoicesRequest request;
  request.set_label(label);
  return only_invoice(request, call);
}

std::optional<InvoiceRow> GrpcCalls::invoice_by_hash(const std::string& payment_hash, const Call& call) {
  ::cln::ListinvoicesRequest request;
  request.set_payment_hash(bytes_of_hex(payment_hash));
  return only_invoice(request, call);
}

template <class Request>
std::optional<InvoiceRow> GrpcCalls::only_invoice(const Request& request, const Call& call) {
  const auto reply = ask(kListInvoices, request, call);
  if (reply.invoices().empty()) return std::nullopt;
  return kListInvoices.rows().invoice(reply.invoices(0));
}

InvoiceTerms GrpcCalls::decode_invoice(const std::string& bolt11, const Call& call) {
  ::cln::DecodeRequest request;
  request.set_string(bolt11);
  return kDecode.rows().invoice_terms(ask(kDecode, request, call));
}

std::optional<InvoiceRow> GrpcCalls::paid_after(std::uint64_t pay_index, std::chrono::seconds wait,
                                                const Call& call) {
  ::cln::WaitanyinvoiceRequest request;
  request.set_lastpay_index(pay_index);
  request.set_timeout(static_cast<std::uint64_t>(wait.count()));
  ::cln::WaitanyinvoiceResponse reply;
  try {
    reply = ask(kWaitAnyInvoice, request, call, wait);
  } catch (const RpcError& refusal) {
    if (refusal.code() == kWaitTimedOut) return std::nullopt;
    throw;
  }
  auto row = kWaitAnyInvoice.rows().paid(reply);
  // Which offer was paid, and what the payer says, are only in the other message.
  const auto whole = invoice_by_label(row.label, call);
  if (whole && whole->payment_hash == row.payment_hash) {
    row.offer_id = whole->offer_id;
    row.payer_note = whole->payer_note;
    row.claimed_name = whole->claimed_name;
  } else {
    row.offer_id = offer_id_in_label(row.label);  // it was deleted in between
  }
  return row;
}

std::vector<InvoiceRow> GrpcCalls::changed_from(std::uint64_t updated_index, std::uint32_t most,
                                                const Call& call) {
  ::cln::ListinvoicesRequest request;
  request.set_index(::cln::ListinvoicesRequest::UPDATED);
  request.set_start(updated_index);
  request.set_limit(most);
  const auto reply = ask(kListInvoices, request, call);
  std::vector<InvoiceRow> rows;
  for (const auto& each : reply.invoices()) rows.push_back(kListInvoices.rows().invoice(each));
  return rows;
}

}  // namespace paynamed::cln
