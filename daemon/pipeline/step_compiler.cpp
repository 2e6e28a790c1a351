#include "pipeline/step_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/reference.hpp"

namespace paynamed::pipeline {
namespace {

using config::in_quotes;

std::string_view written_as(ValueType type) {
  switch (type) {
    case ValueType::kText:
      return "a string";
    case ValueType::kInteger:
      return "an integer";
    case ValueType::kBoolean:
      return "true or false";
    case ValueType::kDuration:
      return "a duration like \"5m\"";
  }
  return "something else";
}

std::string_view found(const config::ArgumentValue& value) {
  constexpr std::array<std::string_view, 3> kNames = {"a string", "an integer", "a boolean"};
  return kNames[value.index()];
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const StepKind& kind : step_kinds()) names.emplace_back(kind.name);
  return names;
}

std::vector<std::string> argument_names(const StepKind& kind) {
  std::vector<std::string> names;
  for (const Argument& argument : kind.arguments) names.emplace_back(argument.name);
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string near_or_listed(std::string_view word, const std::vector<std::string>& candidates,
                           std::string_view introduction) {
  const std::string near = config::nearest(word, candidates);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  return candidates.empty() ? std::string{} : fmt::format("{}: {}", introduction, joined(candidates));
}

StepCompiler::StepCompiler(CompileContext& context, const config::Pipeline& pipeline)
    : context_(context), pipeline_(pipeline) {}

CompiledStep StepCompiler::compile(const config::Step& step) {
  CompiledStep compiled;
  compiled.id = step.id.value;
  compiled.kind = step.kind.value;
  compiled.timeout = step.timeout;
  compiled.deadline = step.deadline;
  compiled.retry = step.retry;
  compiled.on_exhausted = step.on_exhausted;
  const StepKind* kind = find_step_kind(step.kind.value);
  if (kind != nullptr) {
    compiled.instance = instance(step, *kind);
    arguments(step, *kind, compiled);
  } else if (!step.kind.value.empty()) {
    context_.diagnostics.error(step.kind.region,
                               fmt::format("there is no step kind {}", in_quotes(step.kind.value)),
                               near_or_listed(step.kind.value, kind_names(), "known kinds"));
  }
  check_id(step);
  before_.emplace(step.id.value, kind);
  return compiled;
}

void StepCompiler::check_id(const config::Step& step) {
  if (step.id.value.empty() || !before_.contains(step.id.value)) return;
  context_.diagnostics.error(step.id.region,
                             fmt::format("the pipeline has a step '{}' already", step.id.value),
                             "every step needs an id of its own");
}

std::vector<std::string> StepCompiler::node_backends() const {
  std::vector<std::string> ids;
  for (const auto& [id, instance] : context_.instances) {
    if (instance.contract == kNodeBackendContract && !instance.retired) ids.push_back(id);
  }
  return ids;
}

void StepCompiler::check_node_backend(const config::At<std::string>& with) {
  const std::vector<std::string> fitting = node_backends();
  const auto at = context_.instances.find(with.value);
  const config::Plugin* plugin = context_.config.find_plugin(with.value);
  if (plugin == nullptr && at == context_.instances.end()) {
    context_.diagnostics.error(with.region, fmt::format("there is no instance {}", in_quotes(with.value)),
                               near_or_listed(with.value, fitting, "instances that fit"));
  } else if ((plugin != nullptr && plugin->retired) ||
             (at != context_.instances.end() && at->second.retired)) {
    context_.diagnostics.error(
        with.region, fmt::format("instance '{}' is retired: it only undoes what it did before", with.value),
        fitting.empty() ? "" : "instances that fit: " + joined(fitting));
  } else if (at != context_.instances.end() && at->second.contract != kNodeBackendContract) {
    context_.diagnostics.error(with.region,
                               fmt::format("instance '{}' is a {}; the step needs a NodeBackend", with.value,
                                           at->second.contract.substr(at->second.contract.rfind('.') + 1)),
                               fitting.empty() ? "add a [plugins.<id>] whose module is a node"
                                               : "instances that fit: " + joined(fitting));
  }
}

std::string StepCompiler::instance(const config::Step& step, const StepKind& kind) {
  if (kind.needs == Needs::kNodeBackend) {
    if (!step.with) {
      if (context_.node) return *context_.node;
      const std::vector<std::string> fitting = node_backends();
      context_.diagnostics.error(
          step.kind.region, fmt::format("'{}' needs a node: the step has no 'with'", kind.name),
          fitting.empty() ? "add a [plugins.<id>] whose module is a node, and with = \"<id>\""
                          : fmt::format("add with = \"{}\"", fitting.front()));
      return {};
    }
    check_node_backend(*step.with);
    return step.with->value;
  }
  if (step.with) {
    context_.diagnostics.error(
        step.with->region,
        kind.needs == Needs::kDnsOfDomain
            ? fmt::format("'{}' names no instance: it uses the one of the name's domain", kind.name)
            : fmt::format("'{}' uses no instance", kind.name),
        "remove 'with'");
  }
  return {};
}

void StepCompiler::arguments(const config::Step& step, const StepKind& kind, CompiledStep& compiled) {
  for (const auto& [name, region] : step.arg_keys) {
    const auto known = std::find_if(kind.arguments.begin(), kind.arguments.end(),
                                    [&](const Argument& argument) { return argument.name == name; });
    if (known == kind.arguments.end()) {
      const std::vector<std::string> names = argument_names(kind);
      context_.diagnostics.error(
          region, fmt::format("'{}' has no argument {}", kind.name, in_quotes(name)),
          names.empty() ? "it takes no arguments" : near_or_listed(name, names, "its arguments"));
      continue;
    }
    const auto value = step.args.find(name);
    if (value == step.args.end()) continue;
    if (std::optional<CompiledValue> result = argument(name, *known, value->second)) {
      compiled.args.emplace(name, *std::move(result));
    }
  }
  for (const Argument& wanted : kind.arguments) {
    if (!wanted.required || step.arg_keys.contains(std::string{wanted.name})) continue;
    context_.diagnostics.error(
        step.kind.region,
        fmt::format("'{}' needs the argument '{}': {}", kind.name, wanted.name, wanted.meaning),
        fmt::format("add args = {{ {} = ... }}", wanted.name));
  }
}

std::optional<CompiledValue> StepCompiler::argument(const std::string& name, const Argument& argument,
                                                    const config::At<config::ArgumentValue>& value) {
  switch (argument.type) {
    case ValueType::kText:
      if (std::holds_alternative<std::string>(value.value)) return text(name, value);
      break;
    case ValueType::kDuration:
      if (std::holds_alternative<std::string>(value.value)) return duration(name, argument, value);
      break;
    case ValueType::kInteger:
      if (const auto* number = std::get_if<std::int64_t>(&value.value)) {
        if (*number >= argument.min && *number <= argument.max) return CompiledValue{*number};
        context_.diagnostics.error(value.region, fmt::format("argument '{}' is {}; it must be {} to {}", name,
                                                             *number, argument.min, argument.max));
        return std::nullopt;
      }
      break;
    case ValueType::kBoolean:
      if (const auto* boolean = std::get_if<bool>(&value.value)) return CompiledValue{*boolean};
      break;
  }
  context_.diagnostics.error(value.region, fmt::format("argument '{}' must be {}, not {}", name,
                                                       written_as(argument.type), found(value.value)));
  return std::nullopt;
}

std::optional<CompiledValue> StepCompiler::duration(const std::string& name, const Argument& argument,
                                                    const config::At<config::ArgumentValue>& value) {
  const std::string& written = std::get<std::string>(value.value);
  const std::optional<base::Duration> parsed = base::parse_duration(written);
  if (!parsed) {
    context_.diagnostics.error(
        value.region, fmt::format("argument '{}' is {}, which is no duration", name, in_quotes(written)),
        "write a whole number and a unit: \"200ms\", \"10s\", \"5m\", \"12h\", \"365d\"");
    return std::nullopt;
  }
  if (parsed->count() < argument.min || parsed->count() > argument.max) {
    std::string bounds = "at least " + base::to_string(base::Duration{argument.min});
    if (argument.max != std::numeric_limits<std::int64_t>::max()) {
      bounds += " and at most " + base::to_string(base::Duration{argument.max});
    }
    context_.diagnostics.error(value.region, fmt::format("argument '{}' is {}; it must be {}", name,
                                                         base::to_string(*parsed), bounds));
    return std::nullopt;
  }
  return CompiledValue{*parsed};
}

std::optional<CompiledValue> StepCompiler::text(const std::string& name,
                                                const config::At<config::ArgumentValue>& value) {
  const std::string& written = std::get<std::string>(value.value);
  ParsedText parsed = parse_text(written);
  for (const PlacedReference& reference : parsed.references) {
    Complaint complaint = check_reference(reference.path);
    if (complaint.message.empty()) continue;
    parsed.mistakes.push_back(
        {reference.offset, reference.length, std::move(complaint.message), std::move(complaint.suggestion)});
  }
  for (ReferenceMistake& mistake : parsed.mistakes) {
    context_.diagnostics.error(context_.text.place_in_string(value.region, mistake.offset, mistake.length),
                               fmt::format("in argument '{}': {}", name, mistake.message),
                               std::move(mistake.suggestion));
  }
  if (!parsed.mistakes.empty()) return std::nullopt;
  return CompiledValue{std::move(parsed.parts)};
}

StepCompiler::Complaint StepCompiler::check_reference(const std::string& path) const {
  constexpr std::string_view kSteps = "steps.";
  const std::vector<std::string>& input = input_references();
  if (std::find(input.begin(), input.end(), path) != input.end()) return {};
  if (!path.starts_with(kSteps)) {
    return {fmt::format("there is no {} to refer to", in_quotes(path)),
            near_or_listed(path, input, "known are steps.<id>.<output> and")};
  }
  const std::size_t dot = path.find('.', kSteps.size());
  const std::string id = path.substr(kSteps.size(), dot == path.npos ? path.npos : dot - kSteps.size());
  const auto step = before_.find(id);
  if (step == before_.end()) {
    const auto later = std::find_if(pipeline_.steps.begin(), pipeline_.steps.end(),
                                    [&](const config::Step& other) { return other.id.value == id; });
    if (later != pipeline_.steps.end()) {
      return {fmt::format("step '{}' does not come before this one, so it has no outputs yet",
                          config::printable(id)),
              "refer to earlier steps only"};
    }
    // A step whose id could not be read may be the one that is meant.
    if (!pipeline_.complete) return {};
    std::vector<std::string> ids;
    for (const auto& [known, kind] : before_) ids.push_back(known);
    return {fmt::format("there is no step {}", in_quotes(id)),
            near_or_listed(id, ids, "steps before this one")};
  }
  if (step->second == nullptr) return {};
  const StepKind& kind = *step->second;
  const std::string output = dot == path.npos ? std::string{} : path.substr(dot + 1);
  std::vector<std::string> outputs;
  for (const Output& known : kind.outputs) outputs.emplace_back(known.name);
  if (std::find(outputs.begin(), outputs.end(), output) != outputs.end()) return {};
  if (outputs.empty()) return {fmt::format("step '{}' ('{}') has no outputs", id, kind.name), {}};
  return {output.empty() ? fmt::format("the reference names no output of step '{}'", id)
                         : fmt::format("step '{}' has no output {}", id, in_quotes(output)),
          near_or_listed(output, outputs, "its outputs")};
}

}  // namespace paynamed::pipeline
