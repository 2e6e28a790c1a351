#include "process/reload_text.hpp"

#include <fmt/format.h>

namespace paynamed::process {

base::Status mistakes_of(const config::Diagnostics& diagnostics, const std::string& file) {
  std::string first;
  for (const config::Diagnostic& each : diagnostics.sorted()) {
    if (each.severity != config::Diagnostic::Severity::kError) continue;
    first = each.region.line == 0 ? each.message
                                  : fmt::format("in line {}, column {}: {}", each.region.line,
                                                each.region.column, each.message);
    break;
  }
  const std::size_t count = diagnostics.errors();
  return base::invalid_argument(count == 1
                                    ? fmt::format("{} has a mistake, {}", file, first)
                                    : fmt::format("{} has {} mistakes; the first, {}", file, count, first));
}

std::optional<base::Status> needs_restart(const std::vector<config::Change>& changes) {
  std::string keys;
  std::string why;
  for (const config::Change& change : changes) {
    if (change.restart.empty()) continue;
    keys += (keys.empty() ? "" : ", ") + change.key;
    why += (why.empty() ? "" : "; ") + change.restart;
  }
  if (keys.empty()) return std::nullopt;
  return base::failed_precondition(fmt::format("restart to change {}: {}", keys, why));
}

std::string text_of(const api::ReloadReport& report, const std::string& rendered) {
  using Outcome = api::ReloadReport::Outcome;
  std::string text = rendered + config::render(report.changes);
  switch (report.outcome) {
    case Outcome::kApplied:
      text += fmt::format("applied as generation {}\n", report.generation);
      break;
    case Outcome::kUnchanged:
      text += fmt::format("nothing changed; generation {} stays\n", report.generation);
      break;
    case Outcome::kChecked:
      text += "this would be applied\n";
      break;
    case Outcome::kRefused:
      text += fmt::format("refused, generation {} stays: {}\n", report.generation, report.refusal.message());
      break;
  }
  return text;
}

}  // namespace paynamed::process
