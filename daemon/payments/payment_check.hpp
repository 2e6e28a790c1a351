// What a plugin says of payments is untrusted: each is checked before it comes near the store.
//
// Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "state/invoices.hpp"
#include "state/orders.hpp"
#include "state/payments.hpp"

namespace paynamed::payments {

// INVALID_ARGUMENT, saying what is wrong, for what cannot be a payment: no key, no amount or one above all
// bitcoin, a hash that is none, a time before Bitcoin was. A payer's note that is too long, not UTF-8 or has
// control characters is left out, and so is a claimed name that is none: they decide nothing, and the money
// is there.
base::Result<state::IncomingPayment> checked(const plugin::v1::Payment& payment);

// What cannot be a payment, and whose it may be as far as that can be read.
struct Broken {
  state::BrokenPayment of;
  base::Status problem;
  bool is_doubtful = false;  // what it paid cannot be read, so it may be anybody's
};

struct CheckedPayments {
  std::vector<state::IncomingPayment> payments;
  std::vector<Broken> broken;
};
CheckedPayments checked(const plugin::v1::WatchPaymentsReply& reply);

// A word of at most 32 printable characters, or nothing.
bool is_network(std::string_view text);

// Hex of a compressed public key.
bool is_node_id(std::string_view text);

}  // namespace paynamed::payments
