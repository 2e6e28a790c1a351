// The BOLT 11 text of an invoice on regtest, as a node would sign it.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paynamed::model {

struct Bolt11Terms {
  std::optional<std::uint64_t> amount_msat;
  std::string description;
  std::string payment_hash;  // hex
  std::uint64_t created_at = 0;
  std::uint64_t expiry = 0;
};

std::string bolt11_of(const Bolt11Terms& terms);

}  // namespace paynamed::model
