// A pipeline, compiled: every reference resolved, every argument typed, ready to be run and to be stored with
// a run as a snapshot that outlives changes of the configuration.
//
// Threads: value types, immutable after compile().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/config.hpp"

namespace paynamed::pipeline {

// A piece of a text argument: literal text, or the value of a reference.
struct TextPart {
  bool reference = false;
  std::string text;  // the literal, or the reference's path: "name", "user", "domain", "owner", "reference",
                     // "steps.<id>.<output>"
  friend bool operator==(const TextPart&, const TextPart&) = default;
};

using CompiledValue = std::variant<std::vector<TextPart>, std::int64_t, bool, base::Duration>;

struct CompiledStep {
  std::string id;
  std::string kind;
  std::string instance;  // of `with`; empty where the kind needs none
  std::map<std::string, CompiledValue> args;
  base::Duration timeout{};
  base::Duration deadline{};
  config::Retry retry;
  config::Step::OnExhausted on_exhausted = config::Step::OnExhausted::kPause;
};

struct CompiledPipeline {
  std::string name;
  std::vector<CompiledStep> steps;

  // The snapshot: a JSON object with a format number.
  std::string to_json() const;
  // DATA_LOSS when the text is not a snapshot of a format that this version knows.
  static base::Result<CompiledPipeline> from_json(std::string_view json);
};

// What the compiler must know of an instance; filled from the loaded modules.
struct KnownInstance {
  std::string contract;  // "paynamed.plugin.v1.NodeBackend"
  bool retired = false;
};

// Compiles all pipelines of a configuration that parsed without errors. Mistakes go to `diagnostics`, all in
// one pass. A pipeline that the file does not define is the built-in one of that name (built_in_toml()).
std::map<std::string, CompiledPipeline, std::less<>> compile(
    const config::Config& config, const std::map<std::string, KnownInstance, std::less<>>& instances,
    config::Diagnostics& diagnostics);

// Text where every reference is replaced; `lookup` gives a reference's value or a Status.
template <class Lookup>
base::Result<std::string> expand(const std::vector<TextPart>& parts, const Lookup& lookup) {
  std::string text;
  for (const TextPart& part : parts) {
    if (!part.reference) {
      text += part.text;
      continue;
    }
    base::Result<std::string> value = lookup(part.text);
    if (!value) return value;
    text += *value;
  }
  return text;
}

}  // namespace paynamed::pipeline
