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
  // Of `with`; empty where the kind needs none, and in a built-in pipeline when no NodeBackend is configured:
  // then only external names can be served.
  std::string instance;
  std::map<std::string, CompiledValue> args;
  base::Duration timeout{};
  base::Duration deadline{};
  config::Retry retry;
  config::Step::OnExhausted on_exhausted = config::Step::OnExhausted::kPause;
  friend bool operator==(const CompiledStep&, const CompiledStep&) = default;
};

struct CompiledPipeline {
  std::string name;
  std::vector<CompiledStep> steps;

  // The same with its node steps at this instance.
  CompiledPipeline at_node(const std::string& instance) const;

  // The snapshot: a JSON object with a format number.
  std::string to_json() const;
  // DATA_LOSS when the text is not a snapshot of a format that this version knows.
  static base::Result<CompiledPipeline> from_json(std::string_view json);

  friend bool operator==(const CompiledPipeline&, const CompiledPipeline&) = default;
};

// What the compiler must know of an instance; filled from the loaded modules.
struct KnownInstance {
  std::string contract;  // "paynamed.plugin.v1.NodeBackend"
  bool retired = false;
};

// The contracts as modules name them.
inline constexpr std::string_view kNodeBackendContract = "paynamed.plugin.v1.NodeBackend";
inline constexpr std::string_view kDnsProviderContract = "paynamed.plugin.v1.DnsProvider";

// The pipelines that are used where a configuration defines none, as it would write them.
std::string_view built_in_toml();

// Compiles all pipelines of a configuration, and checks that every domain's instance is a DnsProvider.
// Mistakes go to `diagnostics`, all in one pass; the result is usable only if there are none. A pipeline that
// the file does not define is the built-in one of that name. A configuration with mistakes may be given too,
// so that all of them are shown at once. An instance of the configuration that is not in `instances` (its
// module could not be loaded, and somebody said so) is taken to be right.
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
