// What a plugin answers to CreateInvoice is untrusted: the invoice must be the one that was asked for, or a
// customer would pay something else.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "state/invoices.hpp"

namespace paynamed::payments {

// INTERNAL, saying what is wrong, unless the text is a valid invoice (BOLT 11) of the amount, the description
// and the network that were asked for, which has not expired at `now`, and is paid by the hash that the
// answer says. `network` as Describe says it.
base::Result<state::MadeInvoice> checked(const plugin::v1::CreateInvoiceReply& reply,
                                         const state::InvoiceIntent& intent, std::string_view network,
                                         base::WallTime now);

}  // namespace paynamed::payments
