// Offers of a Core Lightning node by our keys. A key is an offer's label there, so that it is found again
// after a crash, whatever was lost.
//
// Without a blinded path the node gives the same offer for the same terms, whoever asked before; with one it
// gives another each time. So a key is looked for before an offer is made, and terms that are taken are
// varied as CreateOfferRequest allows: by the expiry.
//
// Threads: every function may be called from any thread that may wait. They throw as NodeCalls does, and with
// the codes of the contract.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <functional>
#include <string>
#include <vector>

#include "key_locks.hpp"
#include "node_calls.hpp"

namespace paynamed::cln {

namespace proto = paynamed::plugin::v1;

class Offers {
 public:
  // `calls` outlives it. `now` gives Unix seconds. `fronting_nodes` are for the offers that are made.
  Offers(NodeCalls& calls, std::function<std::uint64_t()> now, std::vector<std::string> fronting_nodes)
      : calls_(calls), now_(std::move(now)), fronting_nodes_(std::move(fronting_nodes)) {}

  proto::CreateOfferReply create(const proto::CreateOfferRequest& request, const Call& call);
  void enable(const std::string& offer_id, const Call& call);
  // Whether something was changed.
  bool disable(const std::string& offer_id, const std::string& offer_key, const Call& call);
  proto::LookupOfferReply lookup(const std::string& offer_id, const std::string& offer_key, const Call& call);

 private:
  void check(const proto::CreateOfferRequest& request) const;
  // Those with the label, by offer_id: more than one only after an answer was lost to a node that goes on.
  std::vector<OfferRow> labelled(const std::string& label, const Call& call);
  OfferRow make(const proto::CreateOfferRequest& request, const Call& call);
  proto::CreateOfferReply reply_of(const OfferRow& row, const proto::CreateOfferRequest& request,
                                   const Call& call);
  bool disable_one(const std::string& offer_id, const Call& call);

  NodeCalls& calls_;
  const std::function<std::uint64_t()> now_;
  const std::vector<std::string> fronting_nodes_;
  KeyLocks keys_;
};

}  // namespace paynamed::cln
