// What the answers of authoritative servers say about a zone: untrusted records in, facts out.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "monitor/zone_facts.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::monitor {

// No zone that anybody can validate has more of one kind; what is beyond is passed over.
inline constexpr std::size_t kMostRecords = 32;

// The DS records of `zone`, each once; empty when the parent says that there are none. Nothing for an answer
// that is not the parent's.
std::optional<std::vector<DelegationSigner>> read_delegation_signers(const net::DnsAnswer& answer,
                                                                     const std::string& zone);
// The DNSKEY records of a zone with their rdata, each once.
struct ReadKey {
  SigningKey key;
  std::vector<std::uint8_t> rdata;
};
std::vector<ReadKey> read_keys(const net::DnsAnswer& answer, const std::string& zone);

// The name servers of `zone`, in order: of its own answer, or of a referral to it. Nothing when the answer is
// neither.
std::optional<std::vector<std::string>> read_name_servers(const net::DnsAnswer& answer,
                                                          const std::string& zone);
std::optional<std::vector<std::string>> read_referral(const net::DnsAnswer& answer, const std::string& zone);

// The times of the signature over the set that ends last: a validator needs one only. `tags` narrows it to
// the signatures of these keys, unless there is none by them. Nothing for an unsigned set.
std::optional<SignatureTimes> read_signature(const net::DnsAnswer& answer, const std::string& owner,
                                             net::DnsType type, const std::vector<std::uint16_t>& tags,
                                             base::WallTime now);

// Says of each DS record whether it stands for a key, and of each key whether the parent vouches for it.
void match_keys(const std::string& zone, const std::vector<ReadKey>& read, std::vector<DelegationSigner>& ds,
                std::vector<SigningKey>& keys);

}  // namespace paynamed::monitor
