// What a plugin answers to CreateOffer for an order is untrusted, as its invoices are.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::payments {

struct ExpectedNode {
  std::string instance;
  std::string network;  // as Describe says it
  std::string node_id;  // hex of the node's key; empty when it is not known
};

struct CheckedOffer {
  std::string offer;
  std::string offer_id;  // hex
  base::WallTime expires;
  bool livemode = true;
};

// INTERNAL, saying what is wrong, unless the text is a valid offer (BOLT 12) with the amount, description,
// issuer and network that were asked for, which ends when it was asked to, or up to a minute earlier (see
// CreateOfferRequest). `network` as Describe says it.
base::Result<CheckedOffer> checked(const plugin::v1::CreateOfferReply& reply,
                                   const plugin::v1::CreateOfferRequest& asked, const ExpectedNode& node);

}  // namespace paynamed::payments
