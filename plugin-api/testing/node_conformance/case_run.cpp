#include "case_run.hpp"

#include <array>
#include <exception>
#include <random>
#include <thread>

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// A case ends: it failed, or it does not apply.
struct Ended {};
struct Skipped {
  std::string why;
};

constexpr int kMostPages = 1'000;

std::string unique_label() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device chance;
  std::string text;
  for (int i = 0; i < 12; ++i) text += kDigits[chance() % 16];
  return text;
}

std::string code_name(Code code) {
  static constexpr std::array kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return kNames.at(static_cast<std::size_t>(code));
}

}  // namespace

void NodeWorld::lose_next_write_reply() {
  throw Error(Code::kUnimplemented, "This NodeWorld cannot lose replies; say so in NodeCapabilities.");
}

NodeCaseResult run_node_case(const NodeCase& which, NodeSubject& subject) {
  NodeCaseRun run(subject);
  run.run(which);
  return run.finish();
}

NodeCaseRun::NodeCaseRun(NodeSubject& subject) : subject_(subject), unique_(unique_label()) {}

void NodeCaseRun::run(const NodeCase& which) {
  try {
    which.run(*this);
  } catch (const Ended&) {
    // Noted already.
  } catch (const Skipped& skipped) {
    result_.skipped = skipped.why;
  } catch (const std::exception& error) {
    note(std::string("The fixture failed: ") + error.what());
  }
}

NodeCaseResult NodeCaseRun::finish() {
  look_for_secrets(subject_.logged(), "A log line");
  return std::move(result_);
}

const DescribeNodesReply& NodeCaseRun::described() {
  if (!described_) {
    const auto reply = call<DescribeNodesReply>("Describe", DescribeNodesRequest());
    require_ok(reply, "Describe");
    described_ = reply.value();
  }
  return *described_;
}

std::string NodeCaseRun::new_key() {
  return unique_ + "/node/" + std::to_string(++keys_);
}

void NodeCaseRun::expect(bool holds, const std::string& otherwise) {
  if (!holds) note(otherwise);
}

void NodeCaseRun::note(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  result_.failures.push_back(failure);
}

void NodeCaseRun::require(bool holds, const std::string& otherwise) {
  if (!holds) fail(otherwise);
}

void NodeCaseRun::fail(const std::string& what) {
  note(what);
  throw Ended();
}

void NodeCaseRun::skip(const std::string& why) {
  throw Skipped{why};
}

void NodeCaseRun::needs_offers() {
  if (!described().offers()) skip("the backend makes no offers");
}

void NodeCaseRun::needs_invoices() {
  if (!described().invoices()) skip("the backend makes no invoices");
}

void NodeCaseRun::needs_watching() {
  if (!described().watch_payments()) skip("the backend does not watch payments");
}

CreateOfferRequest NodeCaseRun::offer(const std::string& key) {
  auto request = to_node<CreateOfferRequest>();
  request.set_offer_key(key);
  request.set_description("Pay alice");
  request.set_issuer("alice@example.com");
  return request;
}

CreateInvoiceRequest NodeCaseRun::invoice(const std::string& key) {
  auto request = to_node<CreateInvoiceRequest>();
  request.set_invoice_key(key);
  request.set_amount_msat(1'234'000);
  request.set_description("coffee");
  request.set_expiry_seconds(3'600);
  return request;
}

WatchPaymentsRequest NodeCaseRun::watch(const std::string& cursor, std::uint32_t max, std::uint32_t wait_ms) {
  auto request = to_node<WatchPaymentsRequest>();
  request.set_cursor(cursor);
  request.set_max(max);
  request.set_wait_ms(wait_ms);
  return request;
}

Result<CreateOfferReply> NodeCaseRun::create(const CreateOfferRequest& request) {
  return call<CreateOfferReply>("CreateOffer", request, request.offer_key());
}

Result<CreateInvoiceReply> NodeCaseRun::create(const CreateInvoiceRequest& request) {
  return call<CreateInvoiceReply>("CreateInvoice", request, request.invoice_key());
}

Result<DisableOfferReply> NodeCaseRun::disable_by_key(const std::string& offer_key) {
  auto request = to_node<DisableOfferRequest>();
  request.set_offer_key(offer_key);
  return call<DisableOfferReply>("DisableOffer", request, offer_key + "/undo/0");
}

Result<DisableOfferReply> NodeCaseRun::disable_by_id(const std::string& offer_id) {
  auto request = to_node<DisableOfferRequest>();
  request.set_offer_id(offer_id);
  return call<DisableOfferReply>("DisableOffer", request, new_key());
}

Result<EnableOfferReply> NodeCaseRun::enable(const std::string& offer_id) {
  auto request = to_node<EnableOfferRequest>();
  request.set_offer_id(offer_id);
  return call<EnableOfferReply>("EnableOffer", request, new_key());
}

Result<LookupOfferReply> NodeCaseRun::lookup_offer_by_key(const std::string& offer_key) {
  auto request = to_node<LookupOfferRequest>();
  request.set_offer_key(offer_key);
  return call<LookupOfferReply>("LookupOffer", request);
}

Result<LookupOfferReply> NodeCaseRun::lookup_offer_by_id(const std::string& offer_id) {
  auto request = to_node<LookupOfferRequest>();
  request.set_offer_id(offer_id);
  return call<LookupOfferReply>("LookupOffer", request);
}

Result<LookupInvoiceReply> NodeCaseRun::lookup_invoice(const std::string& invoice_key) {
  auto request = to_node<LookupInvoiceRequest>();
  request.set_invoice_key(invoice_key);
  return call<LookupInvoiceReply>("LookupInvoice", request);
}

CreateOfferReply NodeCaseRun::given_offer(const CreateOfferRequest& request) {
  const auto made = settle<CreateOfferReply>("CreateOffer", request, request.offer_key());
  require_ok(made, "creating an offer");
  return made.value();
}

CreateInvoiceReply NodeCaseRun::given_invoice(const CreateInvoiceRequest& request) {
  const auto made = settle<CreateInvoiceReply>("CreateInvoice", request, request.invoice_key());
  require_ok(made, "creating an invoice");
  return made.value();
}

std::string NodeCaseRun::drained() {
  std::string cursor;
  paid_since(cursor);
  return cursor;
}

std::vector<Payment> NodeCaseRun::paid_since(std::string& cursor, std::uint32_t max, bool restarts) {
  std::vector<Payment> all;
  for (int page = 0; page < kMostPages; ++page) {
    if (restarts) plugin().restart();
    const auto reply = call<WatchPaymentsReply>("WatchPayments", watch(cursor, max));
    require_ok(reply, "WatchPayments");
    expect(static_cast<std::uint32_t>(reply->payments_size()) <= max, "a page has more payments than max");
    cursor = reply->next_cursor();
    if (reply->payments_size() == 0) return all;
    all.insert(all.end(), reply->payments().begin(), reply->payments().end());
  }
  fail("WatchPayments gives payments without end.");
}

bool NodeCaseRun::passes(Code code) {
  return code == Code::kUnavailable || code == Code::kResourceExhausted || leaves_open(code);
}

bool NodeCaseRun::leaves_open(Code code) {
  return code == Code::kUnknown || code == Code::kDeadlineExceeded || code == Code::kInternal ||
         code == Code::kCancelled;
}

void NodeCaseRun::at_once(const std::function<void()>& first, const std::function<void()>& second) {
  std::exception_ptr failure;
  std::thread beside([&] {
    try {
      first();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    second();
  } catch (...) {
    beside.join();
    throw;
  }
  beside.join();
  if (failure) std::rethrow_exception(failure);
}

void NodeCaseRun::look_at(const std::string& method, const Error& error) {
  look_for_secrets(error.message() + " " + error.detail(), "The error of " + method);
  expect(!error.message().empty(), "The error of " + method + " says nothing.");
}

void NodeCaseRun::look_for_secrets(const std::string& text, const std::string& where) {
  for (const std::string& secret : subject_.secrets()) {
    expect(secret.empty() || text.find(secret) == std::string::npos, where + " shows a secret.");
  }
}

void NodeCaseRun::judge_code(Code code, const std::string& told, std::initializer_list<Code> allowed,
                             const std::string& what) {
  if (std::find(allowed.begin(), allowed.end(), code) != allowed.end()) return;
  std::string names;
  for (const Code each : allowed) names += (names.empty() ? "" : " or ") + code_name(each);
  expect(false, what + " must give " + names + ", but: " + (code == Code::kOk ? "OK" : told));
}

std::string NodeCaseRun::told(const Error& error) {
  return code_name(error.code()) + ": " + error.message() +
         (error.detail().empty() ? "" : " (" + error.detail() + ")");
}

bool is_hex_of(const std::string& text, std::size_t bytes) {
  return text.size() == 2 * bytes && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace paynamed::testing
