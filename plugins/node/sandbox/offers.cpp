// Offers of a sandbox's nodes.
#include "paynamed/error.hpp"
#include "sandbox.hpp"

namespace paynamed::sandbox {
namespace {

bool same_terms(const OfferMade& made, const proto::CreateOfferRequest& request) {
  return made.description == request.description() && made.issuer == request.issuer() &&
         made.amount_msat == request.amount_msat() && made.absolute_expiry == request.absolute_expiry() &&
         made.single_use == request.single_use();
}

proto::CreateOfferReply reply_of(const OfferMade& made, const std::string& node_id) {
  proto::CreateOfferReply reply;
  reply.set_offer(made.offer);
  reply.set_offer_id(made.offer_id);
  reply.set_node_id(node_id);
  reply.set_absolute_expiry(made.absolute_expiry);
  return reply;
}

}  // namespace

proto::CreateOfferReply Sandbox::create_offer(const proto::CreateOfferRequest& request) {
  constexpr std::size_t kMostDescription = 1024;
  constexpr std::size_t kMostIssuer = 300;
  const auto& owner = node(request.node());
  check_key("offer_key", request.offer_key());
  if (const auto* before = state().offer_by_key(owner.name, request.offer_key())) {
    if (!same_terms(before->made, request)) throw_key_reused("offer key", request.offer_key());
    return reply_of(before->made, owner.id);
  }
  check_text("The description", request.description(), kMostDescription);
  check_text("The issuer", request.issuer(), kMostIssuer);
  check_amount(request.amount_msat());
  if (request.amount_msat() != 0 && request.description().empty()) {
    throw Error(Code::kInvalidArgument, "An offer with an amount needs a description (BOLT 12).");
  }
  if (request.absolute_expiry() != 0 && request.absolute_expiry() <= surroundings_.now()) {
    throw Error(Code::kInvalidArgument, "The offer's absolute_expiry has passed already.");
  }
  const auto metadata = owner.key.derive_bytes("offer metadata", request.offer_key());
  const auto records = offer_records({.description = request.description(),
                                      .issuer = request.issuer(),
                                      .amount_msat = request.amount_msat(),
                                      .absolute_expiry = request.absolute_expiry()},
                                     owner.key.public_key(), BytesView(metadata).first(kOfferMetadataSize));
  OfferMade made{.node = owner.name,
                 .offer_key = request.offer_key(),
                 .description = request.description(),
                 .issuer = request.issuer(),
                 .amount_msat = request.amount_msat(),
                 .absolute_expiry = request.absolute_expiry(),
                 .single_use = request.single_use(),
                 .offer = offer_string(records),
                 .offer_id = to_hex(offer_id(records))};
  commit(made);
  return reply_of(made, owner.id);
}

proto::EnableOfferReply Sandbox::enable_offer(const proto::EnableOfferRequest& request) {
  const auto& owner = node(request.node());
  const auto* offer = state().offer_by_id(owner.name, request.offer_id());
  if (offer == nullptr) {
    throw Error(Code::kNotFound, "The node \"" + owner.name + "\" has no offer " + request.offer_id() + ".");
  }
  if (offer->used && offer->made.single_use) {
    throw Error(Code::kFailedPrecondition,
                "The offer was for one payment and has been paid; make another one.");
  }
  if (!offer->active) commit(OfferSwitched{owner.name, offer->made.offer_id, true});
  return {};
}

proto::DisableOfferReply Sandbox::disable_offer(const proto::DisableOfferRequest& request) {
  const auto& owner = node(request.node());
  const auto* offer = find_offer(owner, request.offer_id(), request.offer_key());
  proto::DisableOfferReply reply;
  if (offer != nullptr && offer->active) {
    commit(OfferSwitched{owner.name, offer->made.offer_id, false});
    reply.set_changed(true);
  }
  return reply;
}

proto::LookupOfferReply Sandbox::lookup_offer(const proto::LookupOfferRequest& request) const {
  const auto& owner = node(request.node());
  const auto* offer = find_offer(owner, request.offer_id(), request.offer_key());
  if (offer == nullptr) {
    throw Error(Code::kNotFound, "The node \"" + owner.name + "\" has no such offer.");
  }
  proto::LookupOfferReply reply;
  reply.set_offer(offer->made.offer);
  reply.set_offer_id(offer->made.offer_id);
  reply.set_active(offer->active);
  reply.set_used(offer->used);
  return reply;
}

const Offer* Sandbox::find_offer(const Node& owner, const std::string& offer_id,
                                 const std::string& offer_key) const {
  if (offer_id.empty() && offer_key.empty()) {
    throw Error(Code::kInvalidArgument, "Give the offer_id or the offer_key.");
  }
  const auto* by_id = offer_id.empty() ? nullptr : state().offer_by_id(owner.name, offer_id);
  const auto* by_key = offer_key.empty() ? nullptr : state().offer_by_key(owner.name, offer_key);
  if (by_id != nullptr && by_key != nullptr && by_id != by_key) {
    throw Error(Code::kInvalidArgument,
                "The offer_id and the offer_key name two different offers; give one of them.");
  }
  return by_id != nullptr ? by_id : by_key;
}

void Sandbox::check_payable(const Offer& offer) const {
  if (!offer.active) {
    throw Error(Code::kFailedPrecondition, offer.used && offer.made.single_use
                                               ? "The offer was for one payment and has been paid."
                                               : "The offer is disabled.");
  }
  if (offer.made.absolute_expiry != 0 && offer.made.absolute_expiry <= surroundings_.now()) {
    throw Error(Code::kFailedPrecondition, "The offer has expired.");
  }
}

}  // namespace paynamed::sandbox
