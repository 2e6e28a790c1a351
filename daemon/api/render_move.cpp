#include "api/render_move.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>

namespace paynamed::api {
namespace json = boost::json;
using state::MoveNameState;
using state::MovePhase;

namespace {

json::array list(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& each : texts) array.emplace_back(each);
  return array;
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value(nullptr);
}

std::uint64_t count_of(const moves::MoveView& view, MoveNameState state) {
  return view.counts.by_state[static_cast<std::size_t>(state)];
}

std::uint64_t done_of(const moves::MoveView& view) {
  switch (view.row.phase) {
    case MovePhase::kPlanned:
    case MovePhase::kCopying:
      return count_of(view, MoveNameState::kCopied) + count_of(view, MoveNameState::kFound);
    case MovePhase::kWithdrawing:
    case MovePhase::kUndoing:
      return count_of(view, MoveNameState::kLeft) + count_of(view, MoveNameState::kKept);
    default:
      return view.counts.names;
  }
}

// What an operator has to do next, as a sentence.
std::string next_sentence(const moves::MoveView& view, std::optional<std::int64_t> left) {
  const moves::Details& details = view.details;
  const state::MoveRow& row = view.row;
  if (!row.pause.empty()) {
    return fmt::format("paused: {}. When that is mended: paynamectl domains move {} --resume", row.pause,
                       row.domain);
  }
  switch (row.phase) {
    case MovePhase::kPlanned:
      return "checking both sides; nothing is changed yet";
    case MovePhase::kCopying:
      return fmt::format("copying records to '{}'", row.to);
    case MovePhase::kVerifying:
      return fmt::format("comparing the whole zone at the servers of '{}'", row.to);
    case MovePhase::kDual:
      if (details.going_back) {
        return fmt::format("let the parent of the zone name the old servers again, and only them ({})",
                           fmt::join(details.from_servers, ", "));
      }
      return fmt::format(
          "let the parent of the zone name these servers, and only them: {}{}; set the same NS records in "
          "the "
          "zone on the old servers, too",
          details.to_names.empty() ? fmt::format("{}", fmt::join(details.to_servers, ", "))
                                   : fmt::format("{}", fmt::join(details.to_names, ", ")),
          details.to_ds.empty()
              ? ""
              : fmt::format("; leave the DS record as it is ({})", fmt::join(details.to_ds, "; ")));
    case MovePhase::kDraining:
      return fmt::format("waiting {} s until no cache asks the {} servers any more; what decides: {}",
                         left.value_or(0), details.going_back ? "new" : "old", details.drain_because);
    case MovePhase::kWithdrawing:
      return fmt::format("taking the records from '{}'", row.from);
    case MovePhase::kFinished:
      return fmt::format("done; write dns = \"{}\" into [domains.\"{}\"]", row.to, row.domain);
    case MovePhase::kUndoing:
      return fmt::format("taking the records from '{}'", row.to);
    case MovePhase::kUndone:
      return fmt::format("undone; the names are held by '{}' as before", row.from);
  }
  return {};
}

}  // namespace

json::object to_json(const moves::MoveView& view, base::WallTime now) {
  const state::MoveRow& row = view.row;
  std::optional<std::int64_t> left;
  if (row.phase == MovePhase::kDraining && view.details.drain_until) {
    const auto rest = std::chrono::ceil<std::chrono::seconds>(*view.details.drain_until - now).count();
    left = std::max<std::int64_t>(rest, 0);
  }
  json::object object;
  object["id"] = row.id.to_string();
  object["domain"] = row.domain;
  object["from"] = row.from;
  object["to"] = row.to;
  object["phase"] = state::to_string(row.phase);
  object["paused"] = row.pause.empty() ? json::value(nullptr) : json::value(row.pause);
  object["next"] = next_sentence(view, left);
  object["started"] = base::to_rfc3339(row.started);
  object["updated"] = base::to_rfc3339(row.updated);
  object["finished"] = time_or_null(row.finished);
  object["names"] = json::object{{"total", view.counts.names},
                                 {"done", done_of(view)},
                                 {"held_by_to", view.counts.held_by_to},
                                 {"kept", count_of(view, MoveNameState::kKept)},
                                 {"waits_for_runs", view.counts.earlier_runs}};
  object["seconds_left"] = left ? json::value(*left) : json::value(nullptr);
  json::object details = moves::to_json(view.details);
  details.erase("generation");
  for (auto& [key, value] : details) object[key] = std::move(value);
  return object;
}

json::object to_json_for_tenant(const moves::MoveView& view) {
  const state::MoveRow& row = view.row;
  const char* sentence = row.phase == MovePhase::kFinished ? "the names of the domain were moved"
                         : row.phase == MovePhase::kUndone ? "the move was taken back"
                         : row.pause.empty()               ? "the names of the domain are being moved"
                                                           : "the move waits for the operator";
  json::object object;
  object["domain"] = row.domain;
  object["phase"] = state::to_string(row.phase);
  object["next"] = sentence;
  object["started"] = base::to_rfc3339(row.started);
  object["updated"] = base::to_rfc3339(row.updated);
  object["finished"] = time_or_null(row.finished);
  return object;
}

json::object to_json(const moves::Plan& plan, const std::string& domain) {
  const auto& findings = plan.findings;
  const auto wait = findings.ttls.longest(false, true);
  json::object object;
  object["domain"] = domain;
  object["dry_run"] = true;
  object["from"] = plan.from;
  object["to"] = plan.to;
  object["zone"] = plan.zone;
  object["names"] = json::object{{"total", plan.names}};
  object["sets_compared"] = findings.sets_compared;
  object["can_start"] = findings.can_go_on();
  object["problems"] = list(findings.problems);
  if (!findings.trouble.ok()) object["trouble"] = findings.trouble.message();
  object["notes"] = list(findings.notes);
  object["to_servers"] = list(findings.to_servers);
  object["to_names"] = list(findings.to_names);
  object["to_ds"] = list(findings.to_ds);
  object["drain_seconds"] = wait.seconds;
  object["drain_because"] = wait.because;
  return object;
}

}  // namespace paynamed::api
