// BOLT 11 invoices as a node would make them for a request.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "names/bech32.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "tests/unit/names/invoice_text.hpp"

namespace paynamed::payments {

// Description and expiry are the request's, the amount is the prefix's ("lnbcrt50n": 5000 millisatoshi), and
// the payment hash is one of its own for each `number`.
inline std::string bolt11_of(const plugin::v1::CreateInvoiceRequest& request, base::WallTime now,
                             const std::string& prefix, unsigned number) {
  names::InvoiceParts parts;
  parts.prefix = prefix;
  parts.timestamp = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  for (names::InvoiceField& field : names::needed_fields()) {
    if (field.type == 'p') {
      field.groups[0] = static_cast<std::uint8_t>(number & 31);
      field.groups[1] = static_cast<std::uint8_t>((number >> 5) & 31);
    }
    if (field.type == 'd') {
      const std::vector<std::uint8_t> bytes(request.description().begin(), request.description().end());
      field.groups = names::groups_from_bytes(bytes);
    }
    parts.fields.push_back(field);
  }
  std::vector<std::uint8_t> groups;
  for (std::uint32_t rest = request.expiry_seconds(); rest > 0; rest >>= 5)
    groups.insert(groups.begin(), rest & 31);
  parts.fields.push_back({'x', std::move(groups)});
  return names::invoice_text(parts);
}

}  // namespace paynamed::payments
