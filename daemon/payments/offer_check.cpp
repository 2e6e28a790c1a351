#include "payments/offer_check.hpp"

#include <fmt/format.h>

#include "names/bolt12.hpp"
#include "payments/networks.hpp"

namespace paynamed::payments {
namespace {

// What a backend may do to the expiry to tell two keys apart.
constexpr std::uint64_t kMostSecondsEarlier = 60;

}  // namespace

base::Result<CheckedOffer> checked(const plugin::v1::CreateOfferReply& reply,
                                   const plugin::v1::CreateOfferRequest& asked, const ExpectedNode& node) {
  const auto wrong = [&](std::string_view what) {
    return base::fail(base::internal(fmt::format(
        "instance '{}' answered CreateOffer with an offer that {}; tell its author", node.instance, what)));
  };
  const auto offer = names::parse_offer(reply.offer());
  if (!offer) return wrong("wallets would refuse: " + offer.error().message());
  if (names::to_hex(offer->offer_id) != reply.offer_id()) return wrong("has another id than it says");
  if (offer->currency || offer->amount.value_or(0) != asked.amount_msat())
    return wrong("has another amount than asked for");
  if (offer->quantity_max) return wrong("can be taken more than once at a time");
  if (offer->description.value_or("") != asked.description())
    return wrong("has another description than asked for");
  if (offer->issuer.value_or("") != asked.issuer()) return wrong("is not for this name");
  const names::NetworkSet networks = offer->networks();
  if (!are_for(networks, node.network)) return wrong("is for another network than that of its node");
  // The offer itself names a blinded path, or a key made for it.
  if (!node.node_id.empty() && !reply.node_id().empty() && reply.node_id() != node.node_id)
    return wrong("pays another node than its own");
  const std::uint64_t ends = offer->absolute_expiry.value_or(0);
  if (ends > asked.absolute_expiry() || asked.absolute_expiry() - ends > kMostSecondsEarlier)
    return wrong("ends at another time than asked for");
  return CheckedOffer{offer->text, reply.offer_id(), base::WallTime{std::chrono::seconds{ends}},
                      networks.contains(names::Network::kBitcoin)};
}

}  // namespace paynamed::payments
