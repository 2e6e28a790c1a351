#include "names/proof/verify_proof.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/proof/aliases.hpp"

namespace paynamed::names {
namespace {

bool has_opt_out(const VerifiedSet& one) {
  return one.set->type == kNsec3Type &&
         std::any_of(one.set->rdata.begin(), one.set->rdata.end(), [](ByteView rdata) {
           const auto nsec3 = read_nsec3(rdata);
           return nsec3 && nsec3->opt_out();
         });
}

base::WallTime time_of(std::int64_t seconds) {
  return base::WallTime{std::chrono::seconds{seconds}};
}

}  // namespace

base::Result<VerifiedProof> verify_proof(std::span<const std::uint8_t> bytes, std::string_view owner,
                                         net::DnsType type, const TrustAnchors& anchors,
                                         const ChainOptions& options) {
  const auto name = WireName::from_text(owner);
  if (!name) return base::fail(base::invalid_argument(fmt::format("'{}' is not a DNS name", owner)));
  const auto sets = read_record_sets(bytes);
  if (!sets) return base::fail(sets.error());
  Chain chain{*sets, anchors, options};
  if (auto status = chain.verify(); !status.ok()) return base::fail(std::move(status));
  auto answer = follow_aliases(chain, *name, type);
  if (!answer) return base::fail(std::move(answer.error()));

  VerifiedProof proof;
  proof.owner = name->to_text();
  proof.canonical_owner = answer->set->set->owner.to_text();
  proof.type = type;
  for (const ByteView rdata : answer->set->set->rdata) {
    proof.records.emplace_back(rdata.begin(), rdata.end());
    if (type != net::DnsType::kTxt) continue;
    auto value = net::txt_value(rdata);
    if (!value) {
      return base::fail(base::failed_precondition(
          fmt::format("the signed TXT record of {} is malformed", proof.canonical_owner)));
    }
    proof.values.push_back(std::move(*value));
  }
  const Evidence& evidence = answer->evidence;
  proof.valid_from = time_of(evidence.valid_from);
  proof.expires = time_of(evidence.expires);
  proof.max_cache_ttl = std::chrono::seconds{evidence.least_original_ttl};
  proof.algorithms.assign(evidence.algorithms.begin(), evidence.algorithms.end());
  proof.ds_digests.assign(evidence.ds_digests.begin(), evidence.ds_digests.end());
  proof.wildcard = answer->wildcard;
  proof.aliases = answer->aliases;
  proof.nsec3_opt_out = std::any_of(chain.verified().begin(), chain.verified().end(), has_opt_out);
  proof.proof_steps = chain.verified().size();
  return proof;
}

}  // namespace paynamed::names
