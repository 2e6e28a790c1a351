// ${references} inside text arguments: finding them, and saying where a wrong one stands.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {

// A mistake in the text, by its bytes.
struct ReferenceMistake {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string message;
  std::string suggestion;
};

// A reference in the text, by its bytes ("${" and "}" included).
struct PlacedReference {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string path;
};

struct ParsedText {
  std::vector<TextPart> parts;
  std::vector<PlacedReference> references;
  std::vector<ReferenceMistake> mistakes;
};

// Splits "Pay ${name}" into its parts. "$$" is a '$'; a '$' before anything else but '{' stands for itself.
ParsedText parse_text(std::string_view text);

// The references that need no step.
const std::vector<std::string>& input_references();

}  // namespace paynamed::pipeline
