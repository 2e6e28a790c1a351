// What an RRSIG must say before anybody looks whether its signature is right (RFC 4035 section 5.3.1).
//
// Threads: pure functions.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/time.hpp"
#include "names/proof/record_sets.hpp"

namespace paynamed::names {

// The half of a sentence, "is by the zone itself, not by its parent", for a signature that cannot be over
// this set; nothing for one that can. `sets` is the whole proof, which shows zone cuts between the signer and
// the set.
std::optional<std::string> wrong_field(const std::vector<RecordSet>& sets, const RecordSet& set,
                                       const Rrsig& rrsig);

// Whether the signature was made for a wildcard and the owner stands in its place.
bool is_expanded(const WireName& owner, const Rrsig& rrsig);
// The name that was signed: the owner, or the wildcard that it was made from. For signatures without
// wrong_field().
WireName signed_owner(const WireName& owner, const Rrsig& rrsig);

// Seconds since 1970, both ends included.
struct SignatureWindow {
  std::int64_t valid_from = 0;
  std::int64_t expires = 0;
};
// What the signature says, whether it holds or not; `now` decides what its 32 bits mean (RFC 4034 section
// 3.1.5).
SignatureWindow window_of(const Rrsig& rrsig, base::WallTime now);
// The window of a signature that holds now, its end plus `grace` included; else the half of a sentence,
// "ended at ...".
tl::expected<SignatureWindow, std::string> window_at(const Rrsig& rrsig, base::WallTime now,
                                                     base::Duration grace);

}  // namespace paynamed::names
