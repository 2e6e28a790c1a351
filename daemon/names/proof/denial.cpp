#include "names/proof/denial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "names/proof/signature.hpp"

namespace paynamed::names {
namespace {

using net::DnsType;
using Hash = std::vector<std::uint8_t>;

constexpr std::uint8_t kSha1 = 1;
constexpr std::uint8_t kKnownFlags = 0x01;

// RFC 4648 section 7 without padding, in lower case as WireName has it. Nothing for other text.
std::optional<Hash> from_base32hex(std::string_view text) {
  Hash bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'v') {
      value = static_cast<std::uint32_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    bits = (bits << 5 | value) & 0xfffU;
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count & 0xffU));
    }
  }
  return bytes;
}

// Whether `name` stands strictly between the owner and the next name, and is no empty non-terminal above the
// next.
bool nsec_covers(const VerifiedSet& one, ByteView rdata, const WireName& name) {
  const auto nsec = read_nsec(rdata);
  const WireName& owner = one.set->owner;
  if (!nsec || !nsec->next.is_at_or_below(one.signer)) return false;
  // RFC 6840 section 4.1: the parent's side of a delegation, and a DNAME, say nothing about names below.
  const bool delegation =
      type_in_bitmap(nsec->types, DnsType::kNs) && !type_in_bitmap(nsec->types, DnsType::kSoa);
  if (name.is_below(owner) && (delegation || type_in_bitmap(nsec->types, DnsType::kDname))) return false;
  // The last record of a zone points at the apex.
  const bool last = nsec->next == one.signer;
  return owner < name && (last || name < nsec->next) && !nsec->next.is_at_or_below(name);
}

struct Nsec3Search {
  const WireName& name;
  std::map<std::pair<Hash, std::uint16_t>, Hash> hashes;  // by salt and iterations
  std::string obstacle;

  // The hash of the name under the record's parameters; null when they are beyond the bounds.
  const Hash* hash_for(const Nsec3& nsec3) {
    if (nsec3.iterations > kMaxNsec3Iterations) {
      obstacle = fmt::format("its NSEC3 records have {} iterations; at most {} are taken", nsec3.iterations,
                             kMaxNsec3Iterations);
      return nullptr;
    }
    const std::pair parameters{Hash(nsec3.salt.begin(), nsec3.salt.end()), nsec3.iterations};
    const auto known = hashes.find(parameters);
    if (known != hashes.end()) return &known->second;
    if (hashes.size() == kMaxNsec3Parameters) {
      obstacle = fmt::format("its NSEC3 records have more than {} sets of parameters", kMaxNsec3Parameters);
      return nullptr;
    }
    return &hashes.emplace(parameters, nsec3_hash(name, nsec3.salt, nsec3.iterations)).first->second;
  }

  bool covers(const VerifiedSet& one, ByteView rdata) {
    const auto nsec3 = read_nsec3(rdata);
    // RFC 5155 section 8.1 and 8.2: what is not understood is not there.
    if (!nsec3 || nsec3->hash_algorithm != kSha1 || (nsec3->flags & ~kKnownFlags) != 0) return false;
    if (one.set->owner.label_count() != one.signer.label_count() + 1) return false;
    const auto from = from_base32hex(one.set->owner.first_label());
    const Hash to(nsec3->next_hash.begin(), nsec3->next_hash.end());
    const Hash* hash = hash_for(*nsec3);
    if (!hash || !from || from->size() != hash->size() || to.size() != hash->size()) return false;
    // The last record of a zone points at the first.
    const bool inside = *from < to ? *from < *hash && *hash < to : *from < *hash || *hash < to;
    if (!inside) return false;
    if (nsec3->opt_out()) {
      obstacle = "the NSEC3 record in question has the opt-out flag, and so leaves open whether it exists";
      return false;
    }
    return true;
  }
};

}  // namespace

base::Status check_expansion(const VerifiedSet& expanded, const std::vector<VerifiedSet>& verified,
                             Evidence& evidence) {
  // The wildcard is the child of a name that exists; the next longer name must not.
  const WireName next_closer = expanded.set->owner.suffix(expanded.signed_labels + 1);
  Nsec3Search nsec3{next_closer, {}, {}};
  for (const VerifiedSet& one : verified) {
    if (one.signer != expanded.signer) continue;
    if (one.set->type != DnsType::kNsec && one.set->type != kNsec3Type) continue;
    const bool covered = std::any_of(one.set->rdata.begin(), one.set->rdata.end(), [&](ByteView rdata) {
      return one.set->type == DnsType::kNsec ? nsec_covers(one, rdata, next_closer)
                                             : nsec3.covers(one, rdata);
    });
    if (!covered) continue;
    evidence.add(one.evidence);
    return {};
  }
  return base::failed_precondition(
      fmt::format("the proof does not hold: {} {} comes from a wildcard, and no NSEC or NSEC3 record in the "
                  "proof says that {} does "
                  "not exist{}{}",
                  expanded.set->owner.to_text(), net::to_string(expanded.set->type), next_closer.to_text(),
                  nsec3.obstacle.empty() ? "" : ": ", nsec3.obstacle));
}

}  // namespace paynamed::names
