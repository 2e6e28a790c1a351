#include "names/proof/delegation.hpp"

#include <algorithm>

#include "names/proof/signature.hpp"

namespace paynamed::names {
namespace {

constexpr std::uint8_t kSha1 = 1;
constexpr std::uint8_t kSha256 = 2;
constexpr std::uint8_t kSha384 = 4;

bool is_strong(const Ds& ds) {
  return ds.digest_type == kSha256 || ds.digest_type == kSha384;
}

bool matches(const Ds& ds, const WireName& zone, const ZoneKey& key) {
  if (ds.key_tag != key.tag || ds.algorithm != key.key.algorithm) return false;
  const auto digest = ds_digest(ds.digest_type, zone, key.key.rdata);
  return digest && std::equal(digest->begin(), digest->end(), ds.digest.begin(), ds.digest.end());
}

}  // namespace

std::vector<ByteView> keys_of_ds(const WireName& zone, std::vector<Ds> list, const std::vector<ZoneKey>& keys,
                                 std::set<std::uint8_t>& used) {
  const bool strong = std::any_of(list.begin(), list.end(), is_strong);
  std::erase_if(list,
                [strong](const Ds& ds) { return !is_strong(ds) && (strong || ds.digest_type != kSha1); });
  std::vector<ByteView> found;
  for (const ZoneKey& key : keys) {
    if (key.key.is_revoked()) continue;
    bool good = false;
    for (const Ds& ds : list) {
      if (!matches(ds, zone, key)) continue;
      good = true;
      used.insert(ds.digest_type);
    }
    if (good) found.push_back(key.key.rdata);
  }
  return found;
}

}  // namespace paynamed::names
