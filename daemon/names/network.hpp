// Which Bitcoin network a payment instruction is for. Several encodings cannot tell the test networks apart,
// so an instruction has a set of networks.
//
// Threads: value types; functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paynamed::names {

enum class Network : std::uint8_t { kBitcoin, kTestnet, kSignet, kRegtest };

// "bitcoin", "testnet", "signet", "regtest".
std::string_view to_string(Network network);

class NetworkSet {
 public:
  constexpr NetworkSet() = default;
  constexpr NetworkSet(Network network) : bits_(bit(network)) {}  // NOLINT: one network is a set of one

  constexpr bool contains(Network network) const { return (bits_ & bit(network)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr NetworkSet operator|(NetworkSet a, NetworkSet b) {
    return NetworkSet{static_cast<std::uint8_t>(a.bits_ | b.bits_)};
  }
  friend constexpr NetworkSet operator&(NetworkSet a, NetworkSet b) {
    return NetworkSet{static_cast<std::uint8_t>(a.bits_ & b.bits_)};
  }
  friend constexpr bool operator==(NetworkSet, NetworkSet) = default;

 private:
  constexpr explicit NetworkSet(std::uint8_t bits) : bits_(bits) {}
  static constexpr std::uint8_t bit(Network network) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(network));
  }

  std::uint8_t bits_ = 0;
};

inline constexpr NetworkSet kTestNetworks =
    NetworkSet{Network::kTestnet} | Network::kSignet | Network::kRegtest;
inline constexpr NetworkSet kAllNetworks = kTestNetworks | Network::kBitcoin;

// "testnet or signet" for people; "none" for the empty set.
std::string to_string(NetworkSet networks);

}  // namespace paynamed::names
