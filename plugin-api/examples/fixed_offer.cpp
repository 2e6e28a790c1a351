#include "fixed_offer.hpp"

namespace paynamed::examples {
namespace {

constexpr const char* kConfigSchema = R"({
  "type": "object",
  "properties": {
    "offer": {"secret": true, "description": "where the offer stands: { env = \"NAME\" } or { file = \"path\" }"},
    "network": {"type": "string", "enum": ["bitcoin", "testnet", "signet", "regtest"]}
  },
  "required": ["offer"]
})";

}  // namespace

FixedOffer::FixedOffer(Host host, const Config& config)
    : Blocking<NodeBackend>(std::move(host), {.threads = 2}),
      offer_(config.secret("offer")),
      network_(config.string("network", "bitcoin")) {}

FixedOffer::DescribeNodesReply FixedOffer::describe(DescribeNodesRequest, Call&) {
  DescribeNodesReply reply;
  reply.set_offers(true);
  reply.set_custody(plugin::v1::CUSTODY_NONE);
  reply.set_network(network_);
  reply.set_summary("One offer that was made by hand.");
  return reply;
}

FixedOffer::NodeInfoReply FixedOffer::info(NodeInfoRequest, Call&) {
  NodeInfoReply reply;
  reply.set_network(network_);
  reply.set_explanation("There is no connection to the node, only its offer.");
  return reply;
}

FixedOffer::CreateOfferReply FixedOffer::create_offer(CreateOfferRequest request, Call&) {
  if (request.amount_msat() != 0 || request.single_use()) {
    throw Error(Code::kInvalidArgument,
                "The fixed offer takes any amount, any number of times; ask for that.");
  }
  const auto offer = offer_.read_now();
  if (!offer.reveal().starts_with("lno1")) {
    throw Error(Code::kFailedPrecondition, "The secret \"offer\" is not a BOLT 12 offer (lno1...).");
  }
  CreateOfferReply reply;
  reply.set_offer(std::string(offer.reveal()));
  return reply;
}

}  // namespace paynamed::examples

PAYNAMED_MODULE(paynamed::examples::FixedOffer, "fixed_offer", "1.0.0", paynamed::examples::kConfigSchema)
