#include "state/moves.hpp"

#include <array>

namespace paynamed::state {
namespace {

constexpr std::array<std::string_view, 9> kPhases{"planned",     "copying",  "verifying", "dual",  "draining",
                                                  "withdrawing", "finished", "undoing",   "undone"};

}  // namespace

std::string_view to_string(MovePhase phase) {
  return kPhases.at(static_cast<std::size_t>(phase));
}

std::optional<MovePhase> move_phase_from(std::string_view text) {
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (kPhases[i] == text) return static_cast<MovePhase>(i);
  }
  return std::nullopt;
}

}  // namespace paynamed::state
