#include "offers.hpp"

#include <algorithm>

#include "checks.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostDescription = 1'024;
constexpr std::size_t kMostIssuer = 300;
// CreateOfferRequest: how an expiry may be moved.
constexpr std::uint64_t kYear10000 = 253'402'300'800;
constexpr std::uint64_t kMostSecondsEarlier = 60;
constexpr std::uint64_t kSpread = 1ULL << 32;

// FNV-1a. Only spreads keys, so that few meet.
std::uint64_t hash_of(const std::string& key) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char each : key) hash = (hash ^ static_cast<unsigned char>(each)) * 1'099'511'628'211ULL;
  return hash ^ (hash >> 32);
}

// The expiry of the n-th try. Where none is asked for, it is the key's from the first try on: a node that was
// put back to a backup does not know what it made for other keys, and would make the same once more.
std::uint64_t varied(std::uint64_t asked, const std::string& key, std::uint64_t n) {
  if (asked != 0) return asked - n;
  return kYear10000 + (hash_of(key) + n) % kSpread;
}

bool ends_as_asked(std::uint64_t ends, std::uint64_t asked) {
  if (asked == 0) return ends == 0 || ends >= kYear10000;
  return ends <= asked && asked - ends <= kMostSecondsEarlier;
}

OfferTerms terms_of(const proto::CreateOfferRequest& request) {
  return {request.amount_msat(),     request.description(), request.issuer(),
          request.absolute_expiry(), request.single_use(),  {}};
}

}  // namespace

void Offers::check(const proto::CreateOfferRequest& request) const {
  check_key("offer_key", request.offer_key());
  check_text("description", request.description(), kMostDescription);
  check_text("issuer", request.issuer(), kMostIssuer);
  check_amount(request.amount_msat());
  if (request.amount_msat() != 0 && request.description().empty()) {
    throw Error(Code::kInvalidArgument, "An offer with an amount needs a description (BOLT 12).");
  }
}

proto::CreateOfferReply Offers::create(const proto::CreateOfferRequest& request, const Call& call) {
  check(request);
  const KeyLocks::Held held(keys_, request.offer_key());
  const auto known = labelled(request.offer_key(), call);
  if (!known.empty()) return after_change([&] { return reply_of(known.front(), request, call); });
  if (request.absolute_expiry() != 0 && request.absolute_expiry() <= now_()) {
    throw Error(Code::kInvalidArgument, "The offer's absolute_expiry has passed already.");
  }
  const auto made = make(request, call);
  return after_change([&] { return reply_of(made, request, call); });
}

OfferRow Offers::make(const proto::CreateOfferRequest& request, const Call& call) {
  auto terms = terms_of(request);
  terms.fronting_nodes = fronting_nodes_;
  for (std::uint64_t n = 0; n <= kMostSecondsEarlier; ++n) {
    terms.absolute_expiry = varied(request.absolute_expiry(), request.offer_key(), n);
    if (terms.absolute_expiry != 0 && terms.absolute_expiry <= now_()) break;
    try {
      auto row = calls_.make_offer(terms, request.offer_key(), call);
      if (row.created || row.label == request.offer_key()) return row;
    } catch (const RpcError& refusal) {
      if (refusal.code() != kOfferExistsInactive) throw;
    }
  }
  throw Error(
      Code::kFailedPrecondition,
      "The node has too many offers with these terms already; ask for another expiry or description.");
}

proto::CreateOfferReply Offers::reply_of(const OfferRow& row, const proto::CreateOfferRequest& request,
                                         const Call& call) {
  const auto made = calls_.decode_offer(row.bolt12, call);
  if (made.amount_msat != request.amount_msat() || made.description != request.description() ||
      made.issuer != request.issuer() || row.single_use != request.single_use() ||
      !ends_as_asked(made.absolute_expiry, request.absolute_expiry())) {
    throw Error(Code::kAlreadyExists, "The offer key \"" + request.offer_key() +
                                          "\" was used before with other terms; take another key.");
  }
  proto::CreateOfferReply reply;
  reply.set_offer(row.bolt12);
  reply.set_offer_id(row.offer_id);
  reply.set_absolute_expiry(made.absolute_expiry);
  return reply;
}

std::vector<OfferRow> Offers::labelled(const std::string& label, const Call& call) {
  auto rows = calls_.offers(call);
  std::erase_if(rows, [&](const OfferRow& each) { return each.label != label; });
  std::sort(rows.begin(), rows.end(),
            [](const OfferRow& left, const OfferRow& right) { return left.offer_id < right.offer_id; });
  return rows;
}

void Offers::enable(const std::string& offer_id, const Call& call) {
  check_hash("offer_id", offer_id);
  try {
    calls_.enable_offer(offer_id, call);
  } catch (const RpcError& refusal) {
    if (refusal.code() == kOfferAlreadyEnabled) return;
    if (refusal.code() == kOfferUsedUp) {
      throw Error(Code::kFailedPrecondition,
                  "The offer was for one payment and has been paid; make another one.");
    }
    if (refusal.code() == kGeneric && !calls_.offer(offer_id, call)) {
      throw Error(Code::kNotFound, "The node has no offer " + offer_id + ".");
    }
    throw;
  }
}

bool Offers::disable(const std::string& offer_id, const std::string& offer_key, const Call& call) {
  if (!offer_id.empty()) {
    check_hash("offer_id", offer_id);
    return disable_one(offer_id, call);
  }
  check_key("offer_id or offer_key", offer_key);
  // Not while the offer is being made.
  const KeyLocks::Held held(keys_, offer_key);
  bool changed = false;
  for (const auto& each : labelled(offer_key, call)) {
    if (each.active && disable_one(each.offer_id, call)) changed = true;
  }
  return changed;
}

bool Offers::disable_one(const std::string& offer_id, const Call& call) {
  try {
    calls_.disable_offer(offer_id, call);
    return true;
  } catch (const RpcError& refusal) {
    if (refusal.code() == kOfferAlreadyDisabled) return false;
    // Nothing was made, so there is nothing to undo.
    if (refusal.code() == kGeneric && !calls_.offer(offer_id, call)) return false;
    throw;
  }
}

proto::LookupOfferReply Offers::lookup(const std::string& offer_id, const std::string& offer_key,
                                       const Call& call) {
  std::optional<OfferRow> found;
  if (!offer_id.empty()) {
    check_hash("offer_id", offer_id);
    found = calls_.offer(offer_id, call);
  } else {
    check_key("offer_id or offer_key", offer_key);
    const auto rows = labelled(offer_key, call);
    if (!rows.empty()) found = rows.front();
  }
  if (!found) throw Error(Code::kNotFound, "The node has no such offer.");
  proto::LookupOfferReply reply;
  reply.set_offer(found->bolt12);
  reply.set_offer_id(found->offer_id);
  reply.set_active(found->active);
  reply.set_used(found->used);
  return reply;
}

}  // namespace paynamed::cln
