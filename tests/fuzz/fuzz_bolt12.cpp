// BOLT 12: the input as text, and the input as the bytes of a TLV stream, so that the fuzzer need not learn
// bech32.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "names/bolt12.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace paynamed;

void check_offer(const names::Offer& offer) {
  fuzz::require(offer.text.size() <= 2 * names::kMaxOfferCharacters, "the canonical text is bounded");
  fuzz::require(offer.issuer_id || !offer.paths.empty(), "somebody can be asked for an invoice");
  fuzz::require(!offer.amount || (*offer.amount > 0 && offer.description),
                "an amount is positive and described");
  fuzz::require(!offer.currency || offer.amount, "a currency has an amount");
  for (const names::BlindedPath& path : offer.paths) {
    fuzz::require(path.hops > 0, "a path has hops");
    fuzz::require(path.introduction.node_id.has_value() != path.introduction.channel_end.has_value(),
                  "a path begins at a node or at a channel");
  }
  if (offer.text.size() > names::kMaxOfferCharacters) return;
  const auto again = names::parse_offer(offer.text);
  fuzz::require(again.has_value(), "what is printed can be parsed");
  fuzz::require(again->text == offer.text, "printing what was printed changes nothing");
  fuzz::require(again->offer_id == offer.offer_id, "the text says all of the offer");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto offer = names::parse_offer({reinterpret_cast<const char*>(data), size})) check_offer(*offer);
  if (size > names::kMaxOfferCharacters) return 0;
  if (const auto offer = names::parse_offer_bytes({data, size})) check_offer(*offer);
  return 0;
}
