// What cln-grpc's messages say, read with distrust: an absent number is 0 there, and a status of 0 may be
// PAID. So what has to be there is looked for, and a number that no enum has is an error.
//
// Threads: pure. Functions throw Error: UNKNOWN when the message answers a call that changes something, else
// UNAVAILABLE.
#pragma once

#include <cln/node.pb.h>

#include <string>

#include "node_calls.hpp"

namespace paynamed::cln {

class GrpcRows {
 public:
  // Of answers to that method, "ListOffers".
  GrpcRows(const char* method, bool changes) : method_(method), changes_(changes) {}

  NodeFacts facts(const ::cln::GetinfoResponse& message) const;
  Channel channel(const ::cln::ListfundsChannels& message) const;
  OfferRow offer(const ::cln::OfferResponse& message) const;
  OfferRow offer(const ::cln::ListoffersOffers& message) const;
  OfferTerms offer_terms(const ::cln::DecodeResponse& message) const;
  InvoiceMade invoice_made(const ::cln::InvoiceResponse& message) const;
  InvoiceRow invoice(const ::cln::ListinvoicesInvoices& message) const;
  InvoiceTerms invoice_terms(const ::cln::DecodeResponse& message) const;
  // Without the offer and the payer's note, which this message has not.
  InvoiceRow paid(const ::cln::WaitanyinvoiceResponse& message) const;

 private:
  template <class Message>
  OfferRow offer_of(const Message& message) const;
  template <class Message>
  void fill_paid(InvoiceRow& row, const Message& message) const;
  std::string hex(const std::string& bytes, std::size_t size, const char* what) const;
  std::string text(const std::string& value, const char* what) const;
  [[noreturn]] void wrong(const char* what) const;

  const char* method_;
  bool changes_;
};

// Bytes of hex digits. What is no pair of digits is left out: it was checked before.
std::string bytes_of_hex(const std::string& text);
// The offer in lightningd's label of an invoice that it made for one, <offer_id>-<payer_id>-<counter>; empty
// when it is another label.
std::string offer_id_in_label(const std::string& label);

}  // namespace paynamed::cln
