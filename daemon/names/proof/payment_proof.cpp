#include "names/proof/payment_proof.hpp"

#include "names/txt.hpp"

namespace paynamed::names {

base::Result<PaymentProof> verify_payment_proof(std::span<const std::uint8_t> chain, std::string_view owner,
                                                const TrustAnchors& anchors, const ChainOptions& options) {
  auto proof = verify_proof(chain, owner, net::DnsType::kTxt, anchors, options);
  if (!proof) return base::fail(std::move(proof.error()));
  std::vector<TxtStrings> records;
  for (const std::string& value : proof->values) records.push_back({value});
  auto uri = pick_payment_record(records);
  if (!uri) return base::fail(base::failed_precondition(uri.error().message()));
  return PaymentProof{std::move(*proof), std::move(*uri)};
}

}  // namespace paynamed::names
