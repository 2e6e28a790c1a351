#include "names/proof/aliases.hpp"

#include <fmt/format.h>

#include "names/proof/denial.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::failed_precondition;
using net::DnsType;

// The DNAME that takes the name elsewhere. Of several the highest, which hides the others (RFC 6672
// section 2.3).
const VerifiedSet* dname_above(const Chain& chain, const WireName& name) {
  const VerifiedSet* found = nullptr;
  for (const VerifiedSet& one : chain.verified()) {
    if (one.set->type != DnsType::kDname || !name.is_below(one.set->owner)) continue;
    if (!found || one.set->owner.label_count() < found->set->owner.label_count()) found = &one;
  }
  return found;
}

// The only name that the only record of the set holds.
std::optional<WireName> target_of(const VerifiedSet& one) {
  if (one.set->rdata.size() != 1) return std::nullopt;
  return WireName::read(one.set->rdata.front());
}

// Where `alias` takes the name; nothing when there is no such place.
std::optional<WireName> target_from(const VerifiedSet& alias, const WireName& name) {
  const auto target = target_of(alias);
  if (!target || alias.set->type == DnsType::kCname) return target;
  return name.with_suffix_replaced(alias.set->owner, *target);
}

}  // namespace

base::Result<Answer> follow_aliases(const Chain& chain, WireName name, DnsType type) {
  Answer answer;
  while (true) {
    const VerifiedSet* alias = dname_above(chain, name);
    const VerifiedSet* direct = alias ? nullptr : chain.find(name, type);
    if (!alias) alias = chain.find(name, DnsType::kCname);
    if (direct && alias && direct != alias) {
      return fail(
          failed_precondition(fmt::format("the proof does not hold: {} has a CNAME beside its {} records",
                                          name.to_text(), net::to_string(type))));
    }
    const VerifiedSet* used = direct ? direct : alias;
    if (!used) {
      std::string why = chain.why_not(name, type);
      if (why.empty()) why = chain.why_not(name, DnsType::kCname);
      if (why.empty()) {
        why = fmt::format("it has no signed {} record of {}, nor an alias there", net::to_string(type),
                          name.to_text());
      }
      return fail(failed_precondition(fmt::format("the proof does not hold: {}", why)));
    }
    answer.evidence.add(used->evidence);
    if (used->from_wildcard) {
      answer.wildcard = true;
      if (auto status = check_expansion(*used, chain.verified(), answer.evidence); !status.ok()) {
        return fail(std::move(status));
      }
    }
    if (direct) {
      answer.set = direct;
      return answer;
    }
    if (++answer.aliases > kMaxAliases) {
      return fail(failed_precondition(fmt::format(
          "the proof does not hold: it goes over more than {} aliases, or in a circle", kMaxAliases)));
    }
    auto target = target_from(*alias, name);
    if (!target) {
      return fail(failed_precondition(fmt::format("the proof does not hold: {} {} takes {} to no usable name",
                                                  alias->set->owner.to_text(),
                                                  net::to_string(alias->set->type), name.to_text())));
    }
    name = std::move(*target);
  }
}

}  // namespace paynamed::names
