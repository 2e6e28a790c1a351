#include "pipeline/record_holders.hpp"

namespace paynamed::pipeline {
using state::MoveNameState;
using state::MovePhase;

namespace {

// Whether the name's record was, or is being, taken from the instance that it leaves: no run writes there.
bool has_left(const std::optional<MoveNameState>& name) {
  return name &&
         (*name == MoveNameState::kLeaving || *name == MoveNameState::kLeft || *name == MoveNameState::kKept);
}

}  // namespace

base::Result<std::string> instance_of_domain(state::MoveStore* moves, const config::Domain& domain) {
  if (moves == nullptr) return domain.dns.value;
  return moves->instance_after_moves(domain.name, domain.dns.value);
}

std::vector<std::string> record_holders(const std::optional<state::MoveOfName>& move,
                                        const std::string& holder, const std::string& of_domain) {
  const std::string& first = holder.empty() ? of_domain : holder;
  if (!move) return {first};
  switch (move->phase) {
    case MovePhase::kPlanned:
    case MovePhase::kFinished:
    case MovePhase::kUndone:
      return {first};
    case MovePhase::kCopying:
    case MovePhase::kVerifying:
    case MovePhase::kDual:
    case MovePhase::kDraining:
      if (first != move->from) return {first};
      return {move->from, move->to};
    case MovePhase::kWithdrawing:
      // A new name is not put where names are being taken from. One that still counts there is kept equal
      // until its turn comes.
      if (holder.empty()) return {move->to};
      if (holder != move->from) return {holder};
      return {move->from, move->to};
    case MovePhase::kUndoing:
      if (holder.empty() || holder != move->from || has_left(move->name)) return {first};
      return {move->from, move->to};
  }
  return {first};
}

}  // namespace paynamed::pipeline
