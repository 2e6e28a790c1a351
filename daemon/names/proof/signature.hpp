// The cryptography of DNSSEC: signatures, DS digests, NSEC3 hashes. Keys, digests and signatures are
// untrusted.
//
// By OpenSSL's EVP. libldns would do the same (ldns_verify_rrsig_buffers_raw) but takes RSA keys of any size
// and SHA-1 signatures, copies everything into buffers of its own, and calls OpenSSL's deprecated functions.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "names/proof/rdata.hpp"

namespace paynamed::names {

// IANA "DNS Security Algorithm Numbers". Any other is refused: 5 and 7 for SHA-1 (BIP-353), the rest because
// nobody may sign with it or nobody does (RFC 8624).
enum class SigningAlgorithm : std::uint8_t {
  kRsaSha256 = 8,
  kRsaSha512 = 10,
  kEcdsaP256Sha256 = 13,
  kEcdsaP384Sha384 = 14,
  kEd25519 = 15,
};
std::optional<SigningAlgorithm> signing_algorithm(std::uint8_t number);
// "RSASHA256" and so on, as zone files write them; "algorithm 5" for one without a name here.
std::string algorithm_name(std::uint8_t number);

// BIP-353: no RSA keys below 1024 bits; RFC 3110 section 2: none above 4096. Exponents above 64 bits cost the
// reader more than they could be worth to anybody.
inline constexpr int kMinRsaBits = 1024;
inline constexpr int kMaxRsaBits = 4096;
inline constexpr std::size_t kMaxRsaExponentBytes = 8;

// Why a key may not be used at all: for sentences, "an RSA key of 512 bits". Nothing for a key that may.
std::optional<std::string> key_refusal(const Dnskey& key);

// Whether `signature` over `message` is the key's. False for a key that key_refusal() refuses.
bool signature_holds(const Dnskey& key, ByteView message, ByteView signature);

// RFC 4034 section 5.1.4 with digest types 1, 2 and 4; nothing for other types.
std::optional<std::vector<std::uint8_t>> ds_digest(std::uint8_t digest_type, const WireName& owner,
                                                   ByteView dnskey_rdata);

// RFC 5155 section 5 with SHA-1, its only algorithm; `iterations` is bounded by the caller.
std::vector<std::uint8_t> nsec3_hash(const WireName& name, ByteView salt, std::uint16_t iterations);

}  // namespace paynamed::names
