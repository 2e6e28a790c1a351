#include "pipeline/engine.hpp"

#include <array>

namespace paynamed::pipeline {

std::string_view to_string(StepView::State state) {
  constexpr std::array<std::string_view, 8> kNames = {"pending", "running", "waiting", "done",
                                                      "skipped", "failed",  "undoing", "undone"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace paynamed::pipeline
