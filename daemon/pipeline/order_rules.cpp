#include "pipeline/order_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "pipeline/step_kind.hpp"

namespace paynamed::pipeline {
namespace {

using config::Step;

class OrderRules {
 public:
  OrderRules(const config::Pipeline& pipeline, config::Diagnostics& diagnostics)
      : pipeline_(pipeline), diagnostics_(diagnostics) {}

  // register, set_source and rotate put a record into DNS.
  void check_publishing() {
    refuse("dns.withdraw", "a name that is published is not withdrawn");
    once({"domain.check", "node.provision", "offer.create", "dns.publish", "name.prove"});
    domain_checked_first();
    const bool new_node = pipeline_.name != "rotate";
    if (new_node) require("node.provision", "an offer needs a node that is ready");
    require("offer.create", "it makes the offer, or checks the one the caller brings");
    published_and_proven();
    in_order("node.provision", "offer.create", "the offer is made on a node that is ready");
    in_order("offer.create", "dns.publish", "the record holds the offer");
    in_order("name.prove", "offer.disable", "an old offer goes only when the new one is proven");
    same_node();
    if (pipeline_.name != "register" && find("offer.disable") == nullptr) {
      diagnostics_.warning(
          pipeline_.region,
          fmt::format("pipeline '{}' has no 'offer.disable', so old offers stay payable for ever",
                      pipeline_.name),
          "add it as the last step");
    }
  }

  // The record that a name has is put back: all else stays as it is.
  void check_repairing() {
    refuse("dns.withdraw", "a name that is repaired is not withdrawn");
    for (const std::string_view kind : {"node.provision", "offer.create", "offer.disable"})
      refuse(kind, "a repair puts the name's own record back and leaves its offers as they are");
    once({"domain.check", "dns.publish", "name.prove"});
    domain_checked_first();
    published_and_proven();
  }

  void check_removing() {
    for (const std::string_view kind :
         {"domain.check", "node.provision", "offer.create", "dns.publish", "dns.await", "name.prove"}) {
      refuse(kind, "removing a name makes and proves nothing");
    }
    once({"dns.withdraw"});
    require("dns.withdraw", "a removed name must leave no record");
    in_order("dns.withdraw", "offer.disable", "an offer goes only when no record shows it");
    if (find("offer.disable") == nullptr) {
      diagnostics_.warning(
          pipeline_.region,
          "pipeline 'remove' has no 'offer.disable', so the offers of removed names stay payable "
          "for ever",
          "add it as the last step");
    }
  }

 private:
  void domain_checked_first() {
    const Step* check =
        require("domain.check", "whether the zone is secure must be known before anything is made");
    if (check == nullptr || check == &pipeline_.steps.front()) return;
    diagnostics_.error(
        check->kind.region,
        "'domain.check' must be the first step: on a zone that is not secure nothing may be made",
        "move it to the top");
  }

  void published_and_proven() {
    require("dns.publish", "without it there is no record");
    require("dns.await", "a proof needs the record on every server");
    require("name.prove", "a name is live only when it is proven");
    in_order("dns.publish", "dns.await", "there is nothing to wait for before");
    in_order("dns.await", "name.prove", "a server that has not got the record would break the proof");
  }

  const Step* find(std::string_view kind) const {
    const auto at = std::find_if(pipeline_.steps.begin(), pipeline_.steps.end(),
                                 [&](const Step& step) { return step.kind.value == kind; });
    return at == pipeline_.steps.end() ? nullptr : &*at;
  }

  const Step* require(std::string_view kind, std::string_view reason) {
    const Step* step = find(kind);
    if (step == nullptr) {
      diagnostics_.error(
          pipeline_.region, fmt::format("pipeline '{}' has no '{}' step: {}", pipeline_.name, kind, reason),
          fmt::format("add one, or leave out [pipelines.{}] to use the built-in one", pipeline_.name));
    }
    return step;
  }

  void refuse(std::string_view kind, std::string_view reason) {
    for (const Step& step : pipeline_.steps) {
      if (step.kind.value != kind) continue;
      diagnostics_.error(step.kind.region,
                         fmt::format("'{}' has no place in pipeline '{}': {}", kind, pipeline_.name, reason),
                         "remove the step");
    }
  }

  void once(std::initializer_list<std::string_view> kinds) {
    std::set<std::string_view> seen;
    for (const Step& step : pipeline_.steps) {
      const std::string_view kind = step.kind.value;
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end() || seen.insert(kind).second) continue;
      diagnostics_.error(step.kind.region, fmt::format("'{}' may stand in a pipeline only once", kind),
                         "remove one of the two steps");
    }
  }

  // Every step of kind `after` stands behind every step of kind `before`.
  void in_order(std::string_view before, std::string_view after, std::string_view reason) {
    const auto last = std::find_if(pipeline_.steps.rbegin(), pipeline_.steps.rend(),
                                   [&](const Step& step) { return step.kind.value == before; });
    for (auto step = last; step != pipeline_.steps.rend(); ++step) {
      if (step->kind.value != after) continue;
      diagnostics_.error(step->kind.region,
                         fmt::format("'{}' must come after '{}': {}", after, before, reason),
                         fmt::format("move it behind step '{}'", last->id.value));
    }
  }

  void same_node() {
    const Step* provision = find("node.provision");
    const Step* offer = find("offer.create");
    if (provision == nullptr || offer == nullptr || !provision->with || !offer->with) return;
    if (provision->with->value == offer->with->value) return;
    diagnostics_.error(offer->with->region,
                       fmt::format("the offer would be made by '{}', but the node is one of '{}'",
                                   offer->with->value, provision->with->value),
                       fmt::format("write with = \"{}\" in both steps", provision->with->value));
  }

  const config::Pipeline& pipeline_;
  config::Diagnostics& diagnostics_;
};

}  // namespace

void check_order(const config::Pipeline& pipeline, config::Diagnostics& diagnostics) {
  const bool readable = std::all_of(pipeline.steps.begin(), pipeline.steps.end(), [](const Step& step) {
    return find_step_kind(step.kind.value) != nullptr;
  });
  if (!pipeline.complete || !readable || pipeline.steps.empty()) return;
  OrderRules rules{pipeline, diagnostics};
  if (pipeline.name == "remove") {
    rules.check_removing();
  } else if (pipeline.name == "repair") {
    rules.check_repairing();
  } else {
    rules.check_publishing();
  }
}

}  // namespace paynamed::pipeline
