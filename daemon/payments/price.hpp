// What an amount of another currency is in millisatoshi.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::payments {

// A decimal above 0 as people write it: "12", "0.5", "12.50"; at most 18 digits, of which at most 8 after the
// point; no sign, no exponent, no leading zero before another digit.
bool is_decimal(std::string_view text);

// amount / rate bitcoin, `rate` being the price of one bitcoin, rounded up to a whole millisatoshi: whoever
// pays it has paid the price. Computed exactly. INVALID_ARGUMENT when one of the two is no decimal or is 0,
// or the result is more than all bitcoin.
base::Result<std::uint64_t> msat_of(std::string_view amount, std::string_view rate);

}  // namespace paynamed::payments
