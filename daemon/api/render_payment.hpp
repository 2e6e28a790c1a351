// Payments and invoices as JSON.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "state/invoices.hpp"
#include "state/payments.hpp"

namespace paynamed::api {

boost::json::object to_json(const state::PaymentRow& payment);
boost::json::object to_json(const state::InvoiceRow& invoice);

}  // namespace paynamed::api
