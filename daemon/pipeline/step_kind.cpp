#include "pipeline/step_kind.hpp"

#include <array>

namespace paynamed::pipeline {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
// 21 million bitcoin.
constexpr std::int64_t kAllMoneyMsat = 21'000'000LL * 100'000'000 * 1'000;

constexpr std::array<Argument, 0> kNoArguments{};
constexpr std::array<Output, 0> kNoOutputs{};

constexpr std::array kDomainCheckOutputs{Output{"security", ValueType::kText}};

constexpr std::array kProvisionOutputs{Output{"node", ValueType::kText}, Output{"node_id", ValueType::kText}};

constexpr std::array kOfferArguments{
    Argument{"description", ValueType::kText, false, "what the payer reads; default: \"Pay ${name}\""},
    Argument{"amount_msat", ValueType::kInteger, false, "a fixed amount in millisatoshi; default: any amount",
             1, kAllMoneyMsat},
    Argument{"expires_in", ValueType::kDuration, false, "how long the offer can be paid; default: for ever",
             60'000},
};
constexpr std::array kOfferOutputs{Output{"offer", ValueType::kText}, Output{"offer_id", ValueType::kText}};

constexpr std::array kPublishArguments{
    Argument{"ttl", ValueType::kDuration, false, "time to live of the record; default: the domain's", 1'000,
             7 * kDayMs},
};
constexpr std::array kPublishOutputs{Output{"value", ValueType::kText}};

constexpr std::array kAwaitArguments{
    Argument{"poll", ValueType::kDuration, false,
             "how long to wait between two looks; default: 1s, and 200ms where somebody waits", 50,
             3'600'000},
};

constexpr std::array kEmitArguments{
    Argument{"type", ValueType::kText, true, "the event's type; it must begin with \"custom.\""},
    Argument{"text", ValueType::kText, false, "a text for the event's data"},
};

constexpr std::array kKinds{
    StepKind{"domain.check", Needs::kNothing, false, kNoArguments, kDomainCheckOutputs,
             "The zone of the name is DNSSEC-secure from the trust anchor; fails before anything is made."},
    StepKind{"node.provision", Needs::kNodeBackend, true, kNoArguments, kProvisionOutputs,
             "The node is ready to receive. Skipped for external names."},
    StepKind{"offer.create", Needs::kNodeBackend, true, kOfferArguments, kOfferOutputs,
             "A BOLT 12 offer of its own for this name. For external names: the caller's offer, checked."},
    StepKind{"dns.publish", Needs::kDnsOfDomain, true, kPublishArguments, kPublishOutputs,
             "The TXT record stands in the provider's zone, replacing exactly what was there before."},
    StepKind{"dns.await", Needs::kNothing, false, kAwaitArguments, kNoOutputs,
             "Every address of every authoritative server has the record; waits until then."},
    StepKind{"name.prove", Needs::kNothing, false, kNoArguments, kNoOutputs,
             "A DNSSEC proof of the record is made from the trust anchor and verified offline; only then is "
             "the name live."},
    StepKind{"event.emit", Needs::kNothing, false, kEmitArguments, kNoOutputs,
             "An event of the operator's own."},
    StepKind{"dns.withdraw", Needs::kDnsOfDomain, false, kNoArguments, kNoOutputs,
             "The TXT record is gone from the zone."},
    StepKind{
        "offer.disable", Needs::kNothing, false, kNoArguments, kNoOutputs,
        "The name's offers are retired: payable until the domain's retire_after is over, then disabled."},
};

}  // namespace

std::span<const StepKind> step_kinds() {
  return kKinds;
}

const StepKind* find_step_kind(std::string_view name) {
  for (const StepKind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace paynamed::pipeline
