#include "names/network.hpp"

namespace paynamed::names {

std::string_view to_string(Network network) {
  switch (network) {
    case Network::kBitcoin:
      return "bitcoin";
    case Network::kTestnet:
      return "testnet";
    case Network::kSignet:
      return "signet";
    case Network::kRegtest:
      return "regtest";
  }
  return "unknown";
}

std::string to_string(NetworkSet networks) {
  std::string out;
  for (const Network network : {Network::kBitcoin, Network::kTestnet, Network::kSignet, Network::kRegtest}) {
    if (!networks.contains(network)) continue;
    if (!out.empty()) out += " or ";
    out += to_string(network);
  }
  return out.empty() ? "none" : out;
}

}  // namespace paynamed::names
