// The name that a payer says it looked up, out of the BOLT 12 invoice that it asked for.
//
// Read here and not by lightningd's `decode`, which would cost a call a payment.
//
// Threads: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace paynamed::cln {

// "user@domain" of invreq_bip_353_name (BOLT 12, type 91), as the payer wrote it; empty when the invoice has
// none, or is not "lni1..." or broken: it is a claim, and nothing depends on it.
std::string claimed_name(std::string_view bolt12);

}  // namespace paynamed::cln
