// StepCompiler: one step of a pipeline against the table of step kinds and the known instances.
//
// Threads: used by one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/source.hpp"
#include "pipeline/compiled.hpp"
#include "pipeline/step_kind.hpp"

namespace paynamed::pipeline {

using KnownInstances = std::map<std::string, KnownInstance, std::less<>>;

// What all steps are compiled against.
struct CompileContext {
  const config::Config& config;
  const KnownInstances& instances;
  const config::SourceText& text;
  config::Diagnostics& diagnostics;
  // The instance of node steps without `with`; only built-in pipelines have one.
  std::optional<std::string> node;
};

class StepCompiler {
 public:
  StepCompiler(CompileContext& context, const config::Pipeline& pipeline);

  // Steps have to come in their order. Always gives a step; it is usable only if there were no mistakes.
  CompiledStep compile(const config::Step& step);

 private:
  void check_id(const config::Step& step);
  std::string instance(const config::Step& step, const StepKind& kind);
  void check_node_backend(const config::At<std::string>& with);
  void arguments(const config::Step& step, const StepKind& kind, CompiledStep& compiled);
  std::optional<CompiledValue> argument(const std::string& name, const Argument& argument,
                                        const config::At<config::ArgumentValue>& value);
  std::optional<CompiledValue> text(const std::string& name, const config::At<config::ArgumentValue>& value);
  std::optional<CompiledValue> duration(const std::string& name, const Argument& argument,
                                        const config::At<config::ArgumentValue>& value);
  // Empty when the reference is right.
  struct Complaint {
    std::string message;
    std::string suggestion;
  };
  Complaint check_reference(const std::string& path) const;
  std::vector<std::string> node_backends() const;

  CompileContext& context_;
  const config::Pipeline& pipeline_;
  std::map<std::string, const StepKind*, std::less<>> before_;  // the steps so far, by id
};

// "did you mean 'x'?", or what else there is.
std::string near_or_listed(std::string_view word, const std::vector<std::string>& candidates,
                           std::string_view introduction);

}  // namespace paynamed::pipeline
