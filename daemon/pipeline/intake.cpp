#include "pipeline/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "names/payment.hpp"
#include "pipeline/event_data.hpp"
#include "pipeline/node_tenants.hpp"
#include "pipeline/record_holders.hpp"
#include "pipeline/step_kind.hpp"

namespace paynamed::pipeline {
namespace json = boost::json;
using base::Result;
using state::SourceKind;
using state::Verb;

namespace {

constexpr std::size_t kMaxTextBytes = 512;

Result<const config::Domain*> domain_of(const Command& command, const config::Config& config) {
  const config::Domain* domain = config.find_domain(command.name.domain());
  if (!domain) {
    return base::fail(base::not_found(
        fmt::format("{} is not a domain of this daemon; GET /v1/domains lists them", command.name.domain())));
  }
  const bool allowed = std::any_of(domain->tenants.begin(), domain->tenants.end(),
                                   [&](const auto& tenant) { return tenant.value == command.tenant; });
  if (!allowed) {
    return base::fail(base::permission_denied(
        fmt::format("this key may not use names of {}; ask the operator", command.name.domain())));
  }
  return domain;
}

Result<void> check_text(std::string_view what, const std::string& text) {
  const bool control = std::any_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (text.size() > kMaxTextBytes || control) {
    return base::fail(base::invalid_argument(
        fmt::format("{} must have at most {} bytes and no control characters", what, kMaxTextBytes)));
  }
  return {};
}

bool makes_offers(const CompiledPipeline& pipeline) {
  return std::any_of(pipeline.steps.begin(), pipeline.steps.end(), [](const CompiledStep& step) {
    return step.kind == "offer.create" && !step.instance.empty();
  });
}

// The instance that a caller named has to be one that makes offers. One that only the name remembers (a
// rotation stays there) was that when it made them.
Result<void> check_node_instance(const Command& command, const std::string& instance,
                                 const Runtime& runtime) {
  if (instance.empty()) return {};
  const config::Plugin* plugin = runtime.config.find_plugin(instance);
  if (instance == command.source.instance) {
    const auto known = runtime.instances.find(instance);
    const bool is_node = plugin != nullptr && known != runtime.instances.end() &&
                         known->second.contract == kNodeBackendContract;
    if (!is_node) {
      return base::fail(base::invalid_argument(
          fmt::format("'{}' is no instance of a node; GET /v1/plugins lists them", instance)));
    }
  }
  if (plugin != nullptr && plugin->retired) {
    return base::fail(base::failed_precondition(fmt::format(
        "the node instance '{}' is retired and makes no new offers; name another one: {{\"source\": "
        "{{\"instance\": \"...\"}}}}, or move the name: paynamectl names move",
        instance)));
  }
  return {};
}

// Where the run makes its offer.
std::string offering_instance(const CompiledPipeline& pipeline, const Source& source) {
  if (!source.instance.empty()) return source.instance;
  for (const CompiledStep& step : pipeline.steps) {
    if (step.kind == "offer.create") return step.instance;
  }
  return {};
}

// The pipeline as this run goes through it, for it may take place at another node than the file says.
std::shared_ptr<const SharedPipeline> pipeline_of_run(const CompiledPipeline& pipeline,
                                                      const std::string& instance,
                                                      SharedPipelines& pipelines) {
  const auto elsewhere = [&](const CompiledStep& step) {
    const StepKind* kind = find_step_kind(step.kind);
    return kind != nullptr && kind->needs == Needs::kNodeBackend && step.instance != instance;
  };
  if (instance.empty() || std::ranges::none_of(pipeline.steps, elsewhere)) return pipelines.of(pipeline);
  return pipelines.of(pipeline.at_node(instance), instance);
}

Result<const CompiledPipeline*> pipeline_of(const Command& command, const Source& source,
                                            const Runtime& runtime) {
  const auto found = runtime.pipelines.find(state::to_string(command.verb));
  if (found == runtime.pipelines.end()) {
    return base::fail(base::failed_precondition(
        fmt::format("the configuration has no pipeline '{}'", state::to_string(command.verb))));
  }
  const bool makes_record = command.verb != Verb::kRemove && command.verb != Verb::kRepair;
  const bool needs_offer = source.kind == SourceKind::kNode && makes_record;
  if (!needs_offer) return &found->second;
  if (auto checked = check_node_instance(command, source.instance, runtime); !checked)
    return base::fail(checked.error());
  const bool has_step = std::ranges::any_of(
      found->second.steps, [](const CompiledStep& step) { return step.kind == "offer.create"; });
  if (!source.instance.empty() && !has_step) {
    return base::fail(base::failed_precondition(
        fmt::format("the pipeline '{}' makes no offers, so none is made at '{}'; bring an offer, or ask the "
                    "operator for an 'offer.create' step",
                    found->second.name, source.instance)));
  }
  if (source.instance.empty() && !makes_offers(found->second)) {
    return base::fail(
        base::failed_precondition("this daemon has no node that could make an offer; bring one: {\"source\": "
                                  "{\"offer\": \"lno1...\"}}"));
  }
  return &found->second;
}

// The caller's offer or URI, checked before anything is accepted.
Result<void> check_external(const Command& command, RunInput& input, const config::Domain& domain,
                            base::WallTime now, std::vector<std::string>& warnings) {
  names::PublicationRules rules;
  rules.test_domain = domain.test;
  rules.min_ttl = config::kLeastTtl;
  rules.max_ttl = config::kMostTtl;
  const std::string& text = input.source.offer.empty() ? input.source.uri : input.source.offer;
  const bool keeps_ttl = command.adoption && !command.adoption->take_over;
  const std::chrono::seconds ttl{keeps_ttl ? command.adoption->ttl_seconds : domain.ttl_seconds};
  auto publication = names::check_publication(input.name, text, ttl, now, rules);
  if (!publication) return base::fail(publication.error());
  input.value = publication->value;
  const bool stays = command.adoption && !command.adoption->take_over;
  if (stays && command.adoption->found != std::vector<std::string>{input.value}) {
    return base::fail(base::failed_precondition(
        "the record would be published in another form than it has; adopt it with take_over"));
  }
  for (const auto& warning : publication->payment.warnings) warnings.push_back(warning.message);
  for (const auto& warning : publication->warnings) warnings.push_back(warning.message);
  return {};
}

Result<std::optional<state::NameRow>> existing_name(const Command& command, state::Store& store) {
  auto row = store.find_name(command.tenant, command.name.text());
  if (!row) return base::fail(row.error());
  if (command.verb == Verb::kRegister) return row;
  const bool there = *row && (*row)->state != state::NameState::kRegistering &&
                     (*row)->state != state::NameState::kQuarantined;
  if (!there && !(*row && (*row)->open_run)) {
    return base::fail(base::not_found(fmt::format("there is no name {}", command.name.text())));
  }
  if (command.verb == Verb::kRotate && *row && (*row)->source == SourceKind::kExternal) {
    return base::fail(base::failed_precondition(
        "the name's offer comes from its owner, so there is nothing to rotate; set a new source instead"));
  }
  // While a run is open its state says nothing, and the run is why this one is refused.
  if (command.verb == Verb::kRepair && *row && !(*row)->open_run &&
      (*row)->state != state::NameState::kDegraded) {
    return base::fail(base::failed_precondition(
        fmt::format("{} is {}, so there is nothing to repair; only a degraded name is repaired",
                    command.name.text(), state::to_string((*row)->state))));
  }
  return row;
}

// What the run is about. For verbs on a name that exists, owner and reference are the name's.
RunInput input_of(const Command& command, const config::Domain& domain,
                  const std::optional<state::NameRow>& existing) {
  RunInput input{command.tenant, command.name, command.verb};
  input.owner = command.owner;
  input.reference = command.reference;
  input.source = command.source;
  input.adoption = command.adoption;
  input.livemode = !domain.test;
  input.bulk = command.bulk;
  if (!existing) return input;
  input.before = *existing;
  if (command.verb == Verb::kRegister) return input;
  input.owner = existing->owner;
  input.reference = existing->reference;
  input.livemode = existing->livemode;
  if (command.verb != Verb::kSetSource) {
    input.source.kind = existing->source;
    input.source.instance = existing->node_instance;
    input.source.node = existing->node;
    input.value = existing->value;
  }
  return input;
}

// Every instance that the run may call, the undo included.
std::vector<std::string> instances_of(const CompiledPipeline& pipeline, const RunInput& input,
                                      const std::string& of_domain,
                                      const std::optional<state::MoveOfName>& move) {
  std::set<std::string> instances;
  for (const CompiledStep& step : pipeline.steps) instances.insert(step.instance);
  instances.insert(input.before && !input.before->dns_instance.empty() ? input.before->dns_instance
                                                                       : of_domain);
  // The move may come to another phase before the run has come to its record.
  if (move) instances.insert({move->from, move->to});
  instances.erase(std::string{});
  return {instances.begin(), instances.end()};
}

state::NewEvent accepted_event(const base::Uuid& run, const RunInput& input,
                               const std::string& correlation_id) {
  json::object data;
  data["verb"] = state::to_string(input.verb);
  data["domain"] = input.name.domain();
  data["owner"] = input.owner;
  data["reference"] = input.reference;
  data["source"] = state::to_string(input.source.kind);
  data["correlation_id"] = correlation_id;
  if (input.adoption) data["adopted"] = true;
  return event_of("run.accepted", run, input, std::move(data));
}

}  // namespace

Result<Admitted> admit(const Command& command, const Runtime& runtime, SharedPipelines& pipelines,
                       state::Store& store, base::Clock& clock, base::Random& random, state::MoveStore* moves,
                       const NodeReference& node_reference) {
  auto domain = domain_of(command, runtime.config);
  if (!domain) return base::fail(domain.error());
  for (const auto& [what, text] :
       {std::pair{"owner", &command.owner}, std::pair{"reference", &command.reference}}) {
    if (auto checked = check_text(what, *text); !checked) return base::fail(checked.error());
  }
  auto existing = existing_name(command, store);
  if (!existing) return base::fail(existing.error());

  const base::WallTime now = clock.wall();
  Admitted admitted{
      .run = {}, .input = input_of(command, **domain, *existing), .pipeline = {}, .warnings = {}};
  RunInput& input = admitted.input;
  auto pipeline = pipeline_of(command, input.source, runtime);
  if (!pipeline) return base::fail(pipeline.error());
  admitted.pipeline = pipeline_of_run(**pipeline, input.source.instance, pipelines);
  const bool brings_source = command.verb == Verb::kRegister || command.verb == Verb::kSetSource;
  const bool brings_node = brings_source && input.source.kind == SourceKind::kNode;
  const std::string offering = offering_instance(**pipeline, input.source);
  if (brings_node && runtime.config.find_plugin(offering) != nullptr) {
    if (auto may = check_node_tenant(runtime, offering, command.tenant); !may) return base::fail(may.error());
  }
  if (brings_node && !input.source.node.empty() && node_reference) {
    auto reference = node_reference(command.tenant, input.owner, offering, input.source.node);
    if (!reference) return base::fail(reference.error());
    input.source.node = *std::move(reference);
  }
  if (brings_source && input.source.kind == SourceKind::kExternal) {
    if (auto checked = check_external(command, input, **domain, now, admitted.warnings); !checked) {
      return base::fail(checked.error());
    }
  }

  state::NewRun& run = admitted.run;
  run.tenant = command.tenant;
  run.id = base::Uuid::v7(now, random);
  run.verb = command.verb;
  run.name = command.name.text();
  run.owner = input.owner;
  run.bulk = input.bulk;
  run.time = now;
  run.correlation_id = command.correlation_id;
  run.traceparent = command.traceparent;
  run.input = json::serialize(input.to_json());
  run.pipeline = admitted.pipeline->snapshot;
  auto instance = instance_of_domain(moves, **domain);
  if (!instance) return base::fail(instance.error());
  std::optional<state::MoveOfName> move;
  if (moves != nullptr) {
    auto found = moves->move_of_name(command.name.domain(), command.name.text());
    if (!found) return base::fail(found.error());
    move = *std::move(found);
  }
  run.instances = instances_of(admitted.pipeline->pipeline, input, *instance, move);
  run.idempotency_key = command.idempotency_key;
  run.request_hash = command.request_hash;
  // What we read of the name is what the run works with: the store refuses it when the name changed since.
  run.expected_revision = command.expected_revision;
  if (command.verb != Verb::kRegister && run.expected_revision == 0 && *existing) {
    run.expected_revision = (*existing)->revision;
  }
  state::NewEvent event = accepted_event(run.id, input, command.correlation_id);
  event.time = now;
  event.id = base::Uuid::v7(now, random);
  run.events.push_back(std::move(event));
  return admitted;
}

}  // namespace paynamed::pipeline
