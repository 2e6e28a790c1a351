// Diagnostic: one mistake in a configuration file, where it is and what to do about it. All mistakes of a
// file are collected in one pass.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::config {

// Where something stands in a file. Lines and columns count from 1 (columns in bytes); 0 means "the whole
// file".
struct Region {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_column = 0;  // one past the last byte on the same line; 0: not known
};

struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  Region region;
  std::string message;     // one sentence, without the place
  std::string suggestion;  // "did you mean 'zone'?"; may be empty
  bool hide = false;       // the source from the region on may hold a secret and is never shown
};

class Diagnostics {
 public:
  void error(Region region, std::string message, std::string suggestion = {});
  void warning(Region region, std::string message, std::string suggestion = {});
  // A value that should be a reference to a secret and may be the secret itself: render() shows nothing of
  // the line from the region on. The message must not hold the value.
  void secret_error(Region region, std::string message, std::string suggestion = {});

  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  // In the order of their places. At most kMaxKept are kept; errors() and warnings() count all.
  std::vector<Diagnostic> sorted() const;

  static constexpr std::size_t kMaxKept = 200;

 private:
  void add(Diagnostic diagnostic);

  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

// For people: `file:line:col: error: message`, the source line, a caret, the suggestion. Tabs are shown as
// four blanks, bytes that a terminal must not get as '?', long lines cut around the place. The rest of a line
// is hidden after a secret_error(), and wherever a key that sounds like a secret has a plain value.
std::string render(const Diagnostics& diagnostics, const std::string& file, const std::string& source);

// For programs: {"file", "errors", "warnings", "diagnostics": [{"severity", "line", "column", "end_column",
// "message", "suggestion"}]}.
std::string render_json(const Diagnostics& diagnostics, const std::string& file);

// The candidate nearest to `word` by edit distance, empty when none is near enough to be meant.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace paynamed::config
