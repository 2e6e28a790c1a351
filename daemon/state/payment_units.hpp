// What a caller wants to have written about payments, invoices and orders, checked as far as that is possible
// without the file.
//
// Threads: value types; functions are pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "state/invoices.hpp"
#include "state/orders.hpp"
#include "state/payments.hpp"

namespace paynamed::state {

struct TakeInUnit {
  TakeIn batch;
};

struct RestartCursorUnit {
  PaymentSource source;
  std::string expected_cursor;
  std::optional<NewEvent> news;
};

struct IntendInvoiceUnit {
  NewInvoice wish;
};

struct CreateInvoiceUnit {
  MadeInvoice made;
};

struct GiveUpInvoiceUnit {
  base::Uuid intent;
};

struct ExpireInvoicesUnit {
  std::vector<base::Uuid> invoices;
  base::WallTime time;
};

struct IntendOrderUnit {
  NewOrder wish;
};

struct CreateOrderUnit {
  MadeOrder made;
};

struct GiveUpOrderUnit {
  base::Uuid intent;
  AtNode at_node = AtNode::kPossibly;
  base::WallTime time;
};

struct DisableLateOfferUnit {
  OfferToDisable offer;
};

struct ExpireOrdersUnit {
  std::vector<base::Uuid> orders;
  base::WallTime time;
};

struct OfferDisabledUnit {
  OfferToDisable offer;
};

// INTERNAL when what a node said was not checked: a field that must not be empty is, or one is larger than it
// may be.
base::Result<TakeInUnit> check(TakeIn batch);
base::Result<RestartCursorUnit> check(PaymentSource source, std::string expected_cursor,
                                      std::optional<NewEvent> news);
// INVALID_ARGUMENT when a text is too large.
base::Result<IntendInvoiceUnit> check(NewInvoice wish);
base::Result<CreateInvoiceUnit> check(MadeInvoice made);
base::Result<IntendOrderUnit> check(NewOrder wish);
base::Result<CreateOrderUnit> check(MadeOrder made);

}  // namespace paynamed::state
