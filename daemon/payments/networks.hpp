// Networks as plugins name them, and as invoices and offers do.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "names/network.hpp"

namespace paynamed::payments {

// Whether what was made for these networks can be paid on the one that Describe says.
inline bool are_for(const names::NetworkSet& networks, std::string_view network) {
  using names::Network;
  for (const Network each : {Network::kBitcoin, Network::kTestnet, Network::kSignet, Network::kRegtest}) {
    if (names::to_string(each) == network) return networks.contains(each);
  }
  return false;
}

}  // namespace paynamed::payments
