#include "tests/unit/pipeline/fake_node.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/bolt12.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::pipeline {
namespace v1 = paynamed::plugin::v1;
using Answer = base::Result<std::string>;

namespace {

// An integer without leading zero bytes (BOLT 1, tu64).
std::string truncated_hex(std::uint64_t value) {
  std::string hex = fmt::format("{:016x}", value);
  while (hex.starts_with("00")) hex.erase(0, 2);
  return hex;
}

constexpr std::uint64_t kAfterYear10000 = 300'000'000'000;

}  // namespace

std::string offer_of(const OfferParts& parts) {
  std::vector<names::Field> fields{{2, names::kRegtestHex}, {4, names::hex_of_text(parts.metadata)}};
  if (parts.amount_msat > 0) fields.push_back({8, truncated_hex(parts.amount_msat)});
  fields.push_back({10, names::hex_of_text(parts.description)});
  if (parts.absolute_expiry > 0) fields.push_back({14, truncated_hex(parts.absolute_expiry)});
  if (!parts.issuer.empty()) fields.push_back({18, names::hex_of_text(parts.issuer)});
  fields.push_back({22, names::kPointHex});
  return names::offer_text(fields);
}

std::string offer_id_of(const std::string& offer) {
  const auto parsed = names::parse_offer(offer);
  return parsed ? names::to_hex(parsed->offer_id) : "no offer: " + parsed.error().to_string();
}

Answer FakeNode::call(const PluginCall& call) {
  calls.push_back(call.method);
  std::optional<Fault> fault;
  if (auto& queue = faults[call.method]; !queue.empty()) {
    fault = queue.front();
    queue.pop_front();
  }
  const base::Status failed{fault ? fault->code : base::Code::kOk, "the node did not do it"};
  if (fault && fault->kind != Fault::Kind::kReplyLost) return base::fail(failed);
  const Answer* first = kept.find(call.key, call.request);
  Answer answer = first ? *first : perform(call);
  if (!first) kept.keep(call.key, call.request, answer);
  if (fault) return base::fail(failed);
  return answer;
}

Answer FakeNode::perform(const PluginCall& call) {
  if (call.method == "Provision") {
    v1::ProvisionRequest request;
    if (!request.ParseFromString(call.request))
      return base::fail(base::invalid_argument("no ProvisionRequest"));
    v1::ProvisionReply reply;
    reply.mutable_node()->set_node(lie == Lie::kHugeNodeName       ? std::string(70'000, 'n')
                                   : request.node().node().empty() ? "main"
                                                                   : request.node().node());
    reply.set_node_id(names::kPointHex);
    return reply.SerializeAsString();
  }
  if (call.method == "Release") return v1::ReleaseReply{}.SerializeAsString();
  if (call.method == "CreateOffer") {
    v1::CreateOfferRequest request;
    if (!request.ParseFromString(call.request))
      return base::fail(base::invalid_argument("no CreateOfferRequest"));
    return create(request);
  }
  v1::DisableOfferRequest request;
  if (call.method != "DisableOffer" || !request.ParseFromString(call.request)) {
    return base::fail(base::unimplemented("the node cannot " + call.method));
  }
  v1::DisableOfferReply reply;
  for (auto& [key, made] : offers) {
    const bool meant =
        request.offer_id().empty() ? key == request.offer_key() : made.offer_id == request.offer_id();
    if (!meant || !made.active) continue;
    made.active = false;
    disabled.push_back(made.offer_id);
    reply.set_changed(true);
  }
  return reply.SerializeAsString();
}

std::string FakeNode::create(const v1::CreateOfferRequest& request) {
  OfferParts parts{request.offer_key(), request.amount_msat(), request.description(),
                   request.absolute_expiry(), request.issuer()};
  if (lie == Lie::kAmount) parts.amount_msat += 1'000;
  if (lie == Lie::kDescription) parts.description += "!";
  if (lie == Lie::kIssuer) parts.issuer = "mallory@example.test";
  if (lie == Lie::kNoIssuer) parts.issuer.clear();
  if (lie == Lie::kExpiry) parts.absolute_expiry = 1'900'000'000;
  if (lie == Lie::kExpiryBeyondYear10000) parts.absolute_expiry = kAfterYear10000;
  const bool known = offers.contains(request.offer_key());
  Made& made = offers[request.offer_key()];
  if (!known) {
    made.offer = offer_of(parts);
    made.offer_id = offer_id_of(made.offer);
    keys.push_back(request.offer_key());
  }
  if (lie == Lie::kNoMessage) return "\xFF\xFF\xFF";
  const Made& told = lie == Lie::kOfferOfAnotherKey ? offers[keys.front()] : made;
  v1::CreateOfferReply reply;
  reply.set_offer(lie == Lie::kGarbage ? "lno1garbage" : told.offer);
  reply.set_offer_id(lie == Lie::kId ? std::string(64, 'a') : told.offer_id);
  return reply.SerializeAsString();
}

std::size_t FakeNode::active() const {
  return static_cast<std::size_t>(
      std::count_if(offers.begin(), offers.end(), [](const auto& each) { return each.second.active; }));
}

bool FakeNode::is_active(const std::string& offer_id) const {
  return std::any_of(offers.begin(), offers.end(), [&](const auto& each) {
    return each.second.offer_id == offer_id && each.second.active;
  });
}

}  // namespace paynamed::pipeline
