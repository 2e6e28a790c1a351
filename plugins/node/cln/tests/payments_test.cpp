// A backlog by pages: what was read is told whatever fails after it, and pages come back.
#include "payments.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <exception>
#include <string>
#include <vector>

#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

const std::string kNode = "02" + std::string(64, 'a');

std::string hash_of(std::uint64_t payment) {
  const std::string digits = std::to_string(payment);
  return std::string(64 - digits.size(), '0') + digits;
}

// A node with paid and unpaid invoices in the order of their changes. Everything but payments is absent.
class ListedNode final : public NodeCalls {
 public:
  std::vector<InvoiceRow> rows;
  std::deque<std::exception_ptr> pages_fail;  // the next ones
  int failing_wait = 0;                       // the first is 1
  int pages = 0;
  int waits = 0;

  void pay(int count = 1) {
    for (int i = 0; i < count; ++i) {
      InvoiceRow& row = change(InvoiceStatus::kPaid);
      row.pay_index = ++paid_;
      row.payment_hash = hash_of(paid_);
    }
  }
  void expire(int count) {
    for (int i = 0; i < count; ++i) change(InvoiceStatus::kExpired);
  }

  std::uint64_t paid() const { return paid_; }

  std::optional<InvoiceRow> paid_after(std::uint64_t pay_index, std::chrono::seconds, const Call&) override {
    if (++waits == failing_wait) throw Error(Code::kUnavailable, "The node hung up before it answered.");
    for (const InvoiceRow& row : rows) {
      if (row.pay_index > pay_index) return row;
    }
    return std::nullopt;
  }
  std::vector<InvoiceRow> changed_from(std::uint64_t updated_index, std::uint32_t most,
                                       const Call&) override {
    ++pages;
    if (!pages_fail.empty()) {
      const std::exception_ptr failure = pages_fail.front();
      pages_fail.pop_front();
      if (failure) std::rethrow_exception(failure);
    }
    std::vector<InvoiceRow> page;
    for (const InvoiceRow& row : rows) {
      if (row.updated_index >= updated_index && page.size() < most) page.push_back(row);
    }
    return page;
  }

  NodeFacts facts(const Call&) override { absent(); }
  std::vector<Channel> channels(const Call&) override { absent(); }
  OfferRow make_offer(const OfferTerms&, const std::string&, const Call&) override { absent(); }
  std::vector<OfferRow> offers(const Call&) override { absent(); }
  std::optional<OfferRow> offer(const std::string&, const Call&) override { absent(); }
  void disable_offer(const std::string&, const Call&) override { absent(); }
  void enable_offer(const std::string&, const Call&) override { absent(); }
  OfferTerms decode_offer(const std::string&, const Call&) override { absent(); }
  InvoiceMade make_invoice(const InvoiceTerms&, const std::string&, const Call&) override { absent(); }
  std::optional<InvoiceRow> invoice_by_label(const std::string&, const Call&) override { absent(); }
  std::optional<InvoiceRow> invoice_by_hash(const std::string&, const Call&) override { absent(); }
  InvoiceTerms decode_invoice(const std::string&, const Call&) override { absent(); }

 private:
  [[noreturn]] static void absent() { throw Error(Code::kUnimplemented, "No payment needs this."); }
  InvoiceRow& change(InvoiceStatus status) {
    InvoiceRow& row = rows.emplace_back();
    row.label = "invoice-" + std::to_string(rows.size());
    row.status = status;
    row.updated_index = rows.size();
    return row;
  }

  std::uint64_t paid_ = 0;
};

struct ClnPayments : ::testing::Test {
  ListedNode node;
  Payments payments{node};
  const std::exception_ptr lost =
      std::make_exception_ptr(Error(Code::kUnavailable, "The node hung up before it answered."));
  const std::exception_ptr refused = std::make_exception_ptr(RpcError(kUnknownCommand, "Unknown command"));

  proto::WatchPaymentsReply after(const std::string& cursor = "") {
    proto::WatchPaymentsRequest request;
    request.set_cursor(cursor);
    request.set_max(1'000);
    return payments.after(request, kNode, std::chrono::milliseconds(0), Call{{}});
  }
  // Reads on from the cursor: every payment once and in order.
  void expect_the_rest(std::string cursor, std::uint64_t told) {
    for (;;) {
      const auto reply = after(cursor);
      if (reply.payments().empty()) break;
      for (const auto& each : reply.payments()) EXPECT_EQ(each.payment_hash(), hash_of(++told));
      cursor = reply.next_cursor();
    }
    EXPECT_EQ(told, node.paid());
  }
};

TEST_F(ClnPayments, WhatWasReadBeforeAPageThatIsLostIsToldAndPagesComeBackSoon) {
  node.pay(500);
  node.pages_fail = {nullptr, lost};
  const auto reply = after();
  EXPECT_EQ(reply.payments_size(), 202) << "one, a page, and the one before the next page";
  expect_the_rest(reply.next_cursor(), 202);
  EXPECT_EQ(node.pages, 4);
}

TEST_F(ClnPayments, WhatWasReadBeforeAPageThatIsRefusedIsToldAndPagesComeBackLate) {
  node.pay(1'500);
  node.pages_fail = {nullptr, refused};
  const auto reply = after();
  EXPECT_EQ(reply.payments_size(), 202);
  const int waits = node.waits;
  expect_the_rest(reply.next_cursor(), 202);
  EXPECT_EQ(node.pages, 4);
  EXPECT_GT(node.waits - waits, 1'000);
}

TEST_F(ClnPayments, WhatWasReadBeforeAWaitThatFailsIsTold) {
  node.pay(500);
  node.failing_wait = 2;
  const auto reply = after();
  EXPECT_EQ(reply.payments_size(), 201);
  expect_the_rest(reply.next_cursor(), 201);
  node.failing_wait = node.waits + 1;
  EXPECT_THROW(after(), Error) << "nothing was read before it";
}

TEST_F(ClnPayments, WherePagesHaveNoPaymentsFewAreAskedFor) {
  for (int i = 0; i < 40; ++i) {
    node.pay();
    node.expire(200);
  }
  node.pay(400);
  expect_the_rest("", 0);
  // At payments 1, 10 and 27; then at 60 and 261, where they have some.
  EXPECT_EQ(node.pages, 5);
}

}  // namespace
}  // namespace paynamed::cln
