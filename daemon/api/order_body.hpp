// The body of a request for an order.
//
// Threads: a pure function.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "state/orders.hpp"

namespace paynamed::api {

// {amount_msat?, currency?, amount?, rate?, rate_source?, memo?, reference?, expires_in?, methods?}. The
// amount that counts is amount_msat when it is there, else what `amount` at `rate` is (payments/price.hpp).
// INVALID_ARGUMENT, saying what is wrong.
base::Result<state::OrderTerms> read_order_terms(std::string_view body);

}  // namespace paynamed::api
