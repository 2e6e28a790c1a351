#include "tests/model/node/bolt11_of.hpp"

#include <fmt/format.h>

#include <vector>

#include "names/bech32.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::model {

std::string bolt11_of(const Bolt11Terms& terms) {
  names::InvoiceParts parts;
  // A millisatoshi is ten of BOLT 11's smallest unit.
  parts.prefix = terms.amount_msat ? fmt::format("lnbcrt{}p", *terms.amount_msat * 10) : "lnbcrt";
  parts.timestamp = terms.created_at;
  const std::vector<std::uint8_t> secret(32, 7);
  const std::vector<std::uint8_t> description(terms.description.begin(), terms.description.end());
  parts.fields.push_back({'p', names::groups_from_bytes(names::from_hex(terms.payment_hash))});
  parts.fields.push_back({'s', names::groups_from_bytes(secret)});
  parts.fields.push_back({'d', names::groups_from_bytes(description)});
  std::vector<std::uint8_t> expiry;
  for (std::uint64_t rest = terms.expiry; rest > 0; rest >>= 5)
    expiry.insert(expiry.begin(), static_cast<std::uint8_t>(rest & 31));
  parts.fields.push_back({'x', std::move(expiry)});
  return names::invoice_text(parts);
}

}  // namespace paynamed::model
