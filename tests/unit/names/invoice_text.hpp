// BOLT 11 invoices for tests, right and wrong ones, signed with the private key 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::names {

struct InvoiceField {
  char type;
  // In 5-bit groups.
  std::vector<std::uint8_t> groups;
};

struct InvoiceParts {
  std::string prefix = "lnbc";
  std::uint64_t timestamp = 1'800'000'000;
  std::vector<InvoiceField> fields;
  // What is signed has this prefix if it is not empty.
  std::string signed_prefix;
};

// A payment hash, a secret and a description: what every invoice needs.
std::vector<InvoiceField> needed_fields();
std::string invoice_text(const InvoiceParts& parts);

}  // namespace paynamed::names
