// FixedOffer: a NodeBackend for one offer that somebody made by hand; it reads the offer from a secret at
// each use. The shortest complete plugin in straight code.
//
// Threads: functions run on the plugin's threads; the configuration is constant.
#pragma once

#include "paynamed/node_backend.hpp"

namespace paynamed::examples {

class FixedOffer final : public Blocking<NodeBackend> {
 public:
  FixedOffer(Host host, const Config& config);

  DescribeNodesReply describe(DescribeNodesRequest request, Call& call) override;
  NodeInfoReply info(NodeInfoRequest request, Call& call) override;
  CreateOfferReply create_offer(CreateOfferRequest request, Call& call) override;

 private:
  const Secret offer_;
  const std::string network_;
};

}  // namespace paynamed::examples
