// The step kinds: what a pipeline may `do`. Each has typed arguments, typed outputs and says what it needs.
// This is the table that pipelines are compiled against; what a kind does is in pipeline/actions/.
//
// Threads: constant data.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace paynamed::pipeline {

enum class ValueType { kText, kInteger, kBoolean, kDuration };

struct Argument {
  std::string_view name;
  ValueType type;
  bool required;
  std::string_view meaning;
  // Of an integer, or of a duration in milliseconds.
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

struct Output {
  std::string_view name;
  ValueType type;
};

// What an instance named by `with` must implement.
enum class Needs { kNothing, kNodeBackend, kDnsOfDomain };

struct StepKind {
  std::string_view name;  // "offer.create"
  Needs needs;
  bool compensable;  // has an effect outside that an undo takes back
  std::span<const Argument> arguments;
  std::span<const Output> outputs;
  std::string_view meaning;  // one sentence, for `paynamed check --steps` and the documentation
};

std::span<const StepKind> step_kinds();
const StepKind* find_step_kind(std::string_view name);  // nullptr when there is none

}  // namespace paynamed::pipeline
