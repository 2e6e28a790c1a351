#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

constexpr std::array<std::string_view, 5> kPipelines = {"register", "set_source", "rotate", "remove",
                                                        "repair"};
constexpr std::size_t kMaxSteps = 64;

// References are written with dots, so ids have none; and no '-', which reads as minus.
bool is_step_id(std::string_view text) {
  constexpr std::size_t kLongestId = 32;
  if (text.empty() || text.size() > kLongestId || text.front() < 'a' || text.front() > 'z') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void read_args(Reader& reader, const toml::table& table, Step& step) {
  for (const auto& [key, node] : in_file_order(table)) {
    const std::string name{key.str()};
    const Region region = reader.region(node);
    step.arg_keys[name] = reader.region(key);
    if (const auto* text = node.as_string()) {
      step.args[name] = {text->get(), region};
    } else if (const auto* integer = node.as_integer()) {
      step.args[name] = {integer->get(), region};
    } else if (const auto* boolean = node.as_boolean()) {
      step.args[name] = {boolean->get(), region};
    } else {
      reader.diagnostics.error(region,
                               fmt::format("argument {} is {}; arguments are strings, integers or booleans",
                                           in_quotes(name), type_name(node)));
    }
  }
}

void read_retry(Reader& reader, const toml::table& table, Region region, Step& step) {
  Fields fields{reader, table, "'retry'", region};
  if (const auto value = fields.integer("attempts", 1, 100)) {
    step.retry.attempts = static_cast<std::uint32_t>(value->value);
  }
  const auto first = fields.duration("first", kMillisecond, kDay);
  const auto max = fields.duration("max", kMillisecond, kDay);
  if (first) step.retry.first = first->value;
  if (max) step.retry.max = max->value;
  if (step.retry.first > step.retry.max) {
    reader.diagnostics.error(first ? first->region : max->region,
                             fmt::format("the first wait, {}, is longer than the longest, {}",
                                         base::to_string(step.retry.first), base::to_string(step.retry.max)),
                             "'first' must be at most 'max'");
  }
  fields.finish();
}

void read_deadlines(Fields& fields, Step& step) {
  const auto timeout = fields.duration("timeout", kMillisecond, kDay);
  const auto deadline = fields.duration("deadline", kMillisecond, 365 * kDay);
  if (timeout) step.timeout = timeout->value;
  if (deadline) step.deadline = deadline->value;
  if (step.deadline < step.timeout) {
    fields.reader().diagnostics.error(
        deadline ? deadline->region : timeout->region,
        fmt::format("the step's deadline, {}, is shorter than the timeout of one attempt, {}",
                    base::to_string(step.deadline), base::to_string(step.timeout)),
        fmt::format("write deadline = \"{}\" or more", base::to_string(step.timeout)));
  }
}

Step read_step(Reader& reader, const toml::table& table, const std::string& where, Region region) {
  Fields fields{reader, table, where, region};
  Step step;
  step.region = region;
  if (const auto id = fields.text("id")) {
    if (is_step_id(id->value)) {
      step.id = *id;
    } else {
      reader.diagnostics.error(id->region, fmt::format("{} is no id of a step", in_quotes(id->value)),
                               "use a-z, 0-9 and '_', beginning with a letter, at most 32");
    }
  } else if (fields.any("id") == nullptr) {
    fields.missing("id", "add id = \"...\"; later steps and the timeline call it by this");
  }
  if (const auto kind = fields.text("do")) {
    step.kind = *kind;
  } else if (fields.any("do") == nullptr) {
    fields.missing("do", "add do = \"...\", the kind of the step");
  }
  step.with = fields.identifier("with");
  if (const toml::table* args = fields.table("args")) read_args(reader, *args, step);
  read_deadlines(fields, step);
  if (const toml::table* retry = fields.table("retry")) {
    read_retry(reader, *retry, fields.key_region("retry"), step);
  }
  if (const auto choice = fields.choice("on_exhausted", {"pause", "compensate"})) {
    step.on_exhausted = choice->value == "pause" ? Step::OnExhausted::kPause : Step::OnExhausted::kCompensate;
  }
  fields.finish();
  return step;
}

Pipeline read_pipeline(Reader& reader, const toml::table& table, const std::string& name, Region region) {
  Pipeline pipeline;
  pipeline.name = name;
  pipeline.region = region;
  const std::size_t errors = reader.diagnostics.errors();
  Fields fields{reader, table, fmt::format("[pipelines.{}]", name), region};
  const std::string where = fmt::format("[[pipelines.{}.steps]]", name);
  const bool is_list = fields.list("steps", "tables", [&](const toml::node& node) {
    const Region place = reader.region(node);
    if (const toml::table* step = node.as_table()) {
      if (pipeline.steps.size() < kMaxSteps) {
        pipeline.steps.push_back(read_step(reader, *step, where, place));
      } else if (pipeline.complete) {
        pipeline.complete = false;
        reader.diagnostics.error(place, fmt::format("a pipeline has at most {} steps", kMaxSteps));
      }
      return;
    }
    reader.diagnostics.error(place, fmt::format("a step is a table, not {}", type_name(node)),
                             "write " + where);
  });
  if (is_list ? table.get_as<toml::array>("steps")->empty() : table.get("steps") == nullptr) {
    reader.diagnostics.error(is_list ? fields.key_region("steps") : region,
                             fmt::format("pipeline '{}' has no steps", name),
                             fmt::format("add {}, or leave the pipeline out to use the built-in one", where));
  }
  fields.finish();
  pipeline.complete = reader.diagnostics.errors() == errors;
  return pipeline;
}

}  // namespace

std::vector<Pipeline> read_pipelines(Reader& reader, const toml::table& table) {
  std::vector<Pipeline> pipelines;
  for (const auto& [key, node] : in_file_order(table)) {
    const Region region = reader.region(key);
    const std::string name{key.str()};
    if (std::find(kPipelines.begin(), kPipelines.end(), name) == kPipelines.end()) {
      const std::string near = nearest(name, {kPipelines.begin(), kPipelines.end()});
      reader.diagnostics.error(region, fmt::format("there is no pipeline {}", in_quotes(name)),
                               near.empty() ? "known pipelines: register, set_source, rotate, remove, repair"
                                            : fmt::format("did you mean '{}'?", near));
      continue;
    }
    if (const toml::table* inner = node.as_table()) {
      pipelines.push_back(read_pipeline(reader, *inner, name, region));
    } else {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("a pipeline is a table, not {}", type_name(node)),
                               fmt::format("write [[pipelines.{}.steps]]", name));
      // It was meant to replace the built-in one.
      pipelines.push_back({name, {}, false, region});
    }
  }
  return pipelines;
}

}  // namespace paynamed::config
