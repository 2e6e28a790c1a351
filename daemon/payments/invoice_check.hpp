// What a plugin answers to CreateInvoice is untrusted: the invoice must be the one that was asked for, or a
// customer would pay something else.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::payments {

// What an invoice was asked for with.
struct AskedInvoice {
  std::string instance;
  std::uint64_t amount_msat = 0;  // 0: any
  std::string description;
  std::uint32_t expiry_seconds = 0;
  std::string network;  // as Describe says it
  std::string node_id;  // hex of the node's key; empty when it is not known
  // What is given out beside it ends then, so it may not end much earlier.
  bool ends_as_asked = false;
};

struct CheckedInvoice {
  std::string bolt11;
  std::string payment_hash;  // hex
  base::WallTime expires;
  bool livemode = true;
};

// INTERNAL, saying what is wrong, unless the text is a valid invoice (BOLT 11) of the amount, the
// description, the network and the node that were asked for, which has not expired at `now`, ends when it was
// asked to (as far as clocks agree), and is paid by the hash that the answer says.
base::Result<CheckedInvoice> checked(const plugin::v1::CreateInvoiceReply& reply, const AskedInvoice& asked,
                                     base::WallTime now);

}  // namespace paynamed::payments
