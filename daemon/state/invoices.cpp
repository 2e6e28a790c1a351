#include "state/invoices.hpp"

#include <array>

namespace paynamed::state {
namespace {

constexpr std::string_view kKeyPrefix = "invoice/";
constexpr std::array<std::string_view, 3> kStates{"open", "paid", "expired"};

}  // namespace

std::string_view to_string(InvoiceState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<InvoiceState> invoice_state_from(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<InvoiceState>(i);
  }
  return std::nullopt;
}

std::string invoice_key_of(base::Uuid invoice) {
  return std::string{kKeyPrefix} + invoice.to_string();
}

std::optional<base::Uuid> invoice_from_key(std::string_view key) {
  if (!key.starts_with(kKeyPrefix)) return std::nullopt;
  const auto invoice = base::Uuid::parse(key.substr(kKeyPrefix.size()));
  // Written in one way alone.
  if (!invoice || invoice_key_of(*invoice) != key) return std::nullopt;
  return invoice;
}

}  // namespace paynamed::state
