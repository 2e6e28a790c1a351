#include "faults.hpp"

#include <array>

namespace paynamed::sandbox {
namespace {

Code code_named(const Config& config) {
  constexpr std::array<std::string_view, 17> kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto name = config.string("code");
  for (std::size_t number = 1; number < kNames.size(); ++number) {
    if (kNames[number] == name) return static_cast<Code>(number);
  }
  config.wrong("code", "must be the name of a gRPC code other than OK, for example \"UNAVAILABLE\"");
}

}  // namespace

Faults::Faults(const Config& config) {
  for (const auto& method : config.keys()) {
    const auto table = config.table(method);
    Fault fault;
    fault.delay = table.duration("delay", std::chrono::milliseconds(0));
    if (table.has("code")) fault.code = code_named(table);
    fault.no_answer = table.boolean("no_answer", false);
    fault.after_effect = table.boolean("after_effect", false);
    if (fault.code && fault.no_answer) {
      table.wrong("no_answer",
                  "and \"code\" exclude each other: a call fails with a code or is never answered");
    }
    planned_[method] = {fault, table.integer_or("times", 1, 1)};
  }
}

std::optional<Fault> Faults::take(const std::string& method) {
  const auto found = planned_.find(method);
  if (found == planned_.end() || found->second.times_left == 0) return std::nullopt;
  --found->second.times_left;
  return found->second.fault;
}

}  // namespace paynamed::sandbox
