// What cln-grpc's messages and statuses must not be taken for: above all, an empty one for a payment.
#include <gtest/gtest.h>

#include <functional>

#include "grpc_rows.hpp"
#include "grpc_status.hpp"
#include "paynamed/error.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

const std::string kHash(32, '\xab');

::cln::WaitanyinvoiceResponse paid_message() {
  ::cln::WaitanyinvoiceResponse message;
  message.set_label("l");
  message.set_payment_hash(kHash);
  message.set_pay_index(3);
  message.mutable_amount_received_msat()->set_msat(5);
  message.set_paid_at(9);
  message.set_payment_preimage(kHash);
  return message;
}

TEST(ClnGrpcRows, AWholePaymentIsRead) {
  const auto row = GrpcRows("WaitAnyInvoice", false).paid(paid_message());
  EXPECT_EQ(row.status, InvoiceStatus::kPaid);
  EXPECT_EQ(row.pay_index, 3U);
  EXPECT_EQ(row.received_msat, 5U);
  EXPECT_EQ(row.paid_at, 9U);
  std::string digits;
  for (int i = 0; i < 32; ++i) digits += "ab";
  EXPECT_EQ(row.payment_hash, digits);
}

using Spoil = std::function<void(::cln::WaitanyinvoiceResponse&)>;

TEST(ClnGrpcRows, WhatLacksAPartIsNoPayment) {
  using Message = ::cln::WaitanyinvoiceResponse;
  const std::vector<std::pair<const char*, Spoil>> cases{
      {"everything", [](Message& message) { message.Clear(); }},
      {"label", [](Message& message) { message.clear_label(); }},
      {"pay_index", [](Message& message) { message.clear_pay_index(); }},
      {"pay_index of 0", [](Message& message) { message.set_pay_index(0); }},
      {"preimage", [](Message& message) { message.clear_payment_preimage(); }},
      {"short preimage", [](Message& message) { message.set_payment_preimage("x"); }},
      {"amount", [](Message& message) { message.clear_amount_received_msat(); }},
      {"paid_at", [](Message& message) { message.clear_paid_at(); }},
      {"hash", [](Message& message) { message.clear_payment_hash(); }},
      {"EXPIRED", [](Message& message) { message.set_status(Message::EXPIRED); }},
      {"a status that nobody knows",
       [](Message& message) { message.set_status(static_cast<Message::WaitanyinvoiceStatus>(2)); }}};
  for (const auto& [what, spoil] : cases) {
    auto message = paid_message();
    spoil(message);
    try {
      GrpcRows("WaitAnyInvoice", false).paid(message);
      ADD_FAILURE() << "a message without " << what << " was taken for a payment";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kUnavailable) << what;
    }
  }
}

TEST(ClnGrpcRows, TheStatusesOfAListHaveOtherNumbers) {
  using Message = ::cln::ListinvoicesInvoices;
  Message message;
  message.set_payment_hash(kHash);
  const GrpcRows rows("ListInvoices", false);
  EXPECT_EQ(rows.invoice(message).status, InvoiceStatus::kUnpaid);  // 0
  message.set_status(Message::EXPIRED);
  EXPECT_EQ(rows.invoice(message).status, InvoiceStatus::kExpired);
  message.set_status(Message::PAID);
  EXPECT_THROW(rows.invoice(message), Error);  // without a proof
  message.set_pay_index(1);
  message.set_payment_preimage(kHash);
  message.mutable_amount_received_msat()->set_msat(1);
  message.set_paid_at(1);
  EXPECT_EQ(rows.invoice(message).status, InvoiceStatus::kPaid);
  message.set_status(static_cast<Message::ListinvoicesInvoicesStatus>(7));
  EXPECT_THROW(rows.invoice(message), Error);
}

TEST(ClnGrpcRows, AnEmptyAnswerToAChangeLeavesTheOutcomeOpen) {
  const auto code_of = [](const std::function<void()>& read) {
    try {
      read();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kOk;
  };
  EXPECT_EQ(code_of([] { GrpcRows("Offer", true).offer(::cln::OfferResponse()); }), Code::kUnknown);
  EXPECT_EQ(code_of([] { GrpcRows("Invoice", true).invoice_made(::cln::InvoiceResponse()); }),
            Code::kUnknown);
  EXPECT_EQ(code_of([] { GrpcRows("Getinfo", false).facts(::cln::GetinfoResponse()); }), Code::kUnavailable);
  EXPECT_EQ(code_of([] { GrpcRows("ListFunds", false).channel(::cln::ListfundsChannels()); }),
            Code::kUnavailable);
  EXPECT_EQ(code_of([] { GrpcRows("Decode", false).offer_terms(::cln::DecodeResponse()); }),
            Code::kUnavailable);
}

TEST(ClnGrpcRows, ALabelOfAnOffersInvoiceNamesTheOffer) {
  const std::string id(64, 'a');
  const std::string payer = "02" + std::string(64, 'b');
  EXPECT_EQ(offer_id_in_label(id + "-" + payer + "-0"), id);
  EXPECT_EQ(offer_id_in_label(id + "-" + payer + "-17"), id);
  for (const std::string& other :
       {std::string(), id, id + "-" + payer, id + "-" + payer + "-", id + "-" + payer + "-x",
        id + "-" + payer.substr(1) + "-0", std::string(64, 'A') + "-" + payer + "-0",
        "x" + id + "-" + payer + "-0", id + "_" + payer + "-0"}) {
    EXPECT_EQ(offer_id_in_label(other), "") << other;
  }
}

TEST(ClnGrpcRows, HexBecomesBytes) {
  EXPECT_EQ(bytes_of_hex("00ff10"), std::string("\0\xff\x10", 3));
  EXPECT_EQ(bytes_of_hex(""), "");
  EXPECT_EQ(bytes_of_hex("zz1"), "");
}

struct StatusCase {
  grpc::StatusCode code;
  Code of_a_change;
  Code of_a_question;
};

TEST(ClnGrpcStatus, SaysWhatMayHaveHappened) {
  using grpc::StatusCode;
  for (const auto& each :
       {StatusCase{StatusCode::DEADLINE_EXCEEDED, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::UNAVAILABLE, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::CANCELLED, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::INTERNAL, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::UNKNOWN, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::RESOURCE_EXHAUSTED, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::INVALID_ARGUMENT, Code::kUnknown, Code::kUnavailable},
        StatusCase{StatusCode::UNAUTHENTICATED, Code::kUnauthenticated, Code::kUnauthenticated},
        StatusCase{StatusCode::PERMISSION_DENIED, Code::kPermissionDenied, Code::kPermissionDenied}}) {
    for (const bool changes : {true, false}) {
      try {
        throw_status(grpc::Status(each.code, "text\nof two lines"), "Offer", changes);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), changes ? each.of_a_change : each.of_a_question) << each.code;
        EXPECT_EQ(error.detail(), "text of two lines");
      }
    }
  }
}

TEST(ClnGrpcStatus, ARefusalOfLightningdIsOne) {
  const std::string start = "Error calling method Offer: RpcError { code: ";
  try {
    throw_status(grpc::Status(grpc::StatusCode::UNKNOWN, start + "Some(1000), message: \"m\", data: None }"),
                 "Offer", true);
  } catch (const RpcError& refusal) {
    EXPECT_EQ(refusal.code(), 1000);
    EXPECT_EQ(refusal.text(), "m");
  }
  try {
    throw_status(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""), "Offer", true);
  } catch (const RpcError& refusal) {
    EXPECT_EQ(refusal.code(), kUnknownCommand);
  }
  // The same status, made by gRPC here: the call was done.
  EXPECT_THROW(
      throw_status(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "No message returned for unary request"),
                   "Offer", true),
      Error);
  // Only an answer of cln-grpc's own is read so.
  EXPECT_THROW(throw_status(grpc::Status(grpc::StatusCode::INTERNAL,
                                         start + "Some(1000), message: \"m\", data: None }"),
                            "Offer", true),
               Error);
}

}  // namespace
}  // namespace paynamed::cln
