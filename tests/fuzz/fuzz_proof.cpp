// DNSSEC proofs. The input is a root key (two bytes of length, DNSKEY rdata) and a chain; the committed ones
// are signed by tests/fuzz/make_proof_corpus.cpp. Nobody can sign in the fuzzer, so whatever verifies must
// say what was signed.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "names/proof/payment_proof.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace paynamed;
using names::Unverifiable;

constexpr const char* kOwner = "alice.user._bitcoin-payment.example.test.";
constexpr const char* kSigned = "bitcoin:?lno=lno1qcp4256ypq";
const base::WallTime kNow{std::chrono::seconds{1'750'000'000}};

void check(const names::VerifiedProof& proof) {
  fuzz::require(proof.owner == kOwner, "a proof is about the name that was asked for");
  fuzz::require(proof.values.size() == 1 && proof.values.front() == kSigned, "a proof says what was signed");
  fuzz::require(proof.valid_from <= kNow && kNow <= proof.expires, "a proof holds now");
  fuzz::require(proof.max_cache_ttl.count() > 0, "a proof says how long it may be kept");
  fuzz::require(!proof.algorithms.empty(), "a proof rests on signatures");
  fuzz::require(proof.proof_steps >= 2, "a proof has keys and records");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t key = static_cast<std::size_t>(data[0]) << 8 | data[1];
  if (key > size - 2) return 0;
  const names::TrustAnchors anchors{{".", net::DnsType::kDnskey, {data + 2, data + 2 + key}}};
  const std::span<const std::uint8_t> chain{data + 2 + key, size - 2 - key};

  const auto strict =
      names::verify_payment_proof(chain, kOwner, anchors, {kNow, base::Duration{0}, Unverifiable::kRefuse});
  const auto lenient =
      names::verify_payment_proof(chain, kOwner, anchors, {kNow, base::Duration{0}, Unverifiable::kIgnore});
  if (strict) check(strict->proof);
  if (lenient) check(lenient->proof);
  fuzz::require(!strict || lenient, "what verifies strictly verifies");
  if (!strict) {
    fuzz::require(!strict.error().message().empty(), "a refusal says why");
    fuzz::require(strict.error().code() == base::Code::kInvalidArgument ||
                      strict.error().code() == base::Code::kFailedPrecondition,
                  "a refusal is one of two");
  }
  return 0;
}
