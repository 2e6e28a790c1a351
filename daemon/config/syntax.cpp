#include <fmt/format.h>

#include <algorithm>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

constexpr int kMaxSyntaxErrors = 20;

struct SyntaxError {
  Region region;
  std::string message;
  std::string suggestion;
};

// toml++'s words in ours: "Error while parsing key-value pair: expected '=', saw 'x'".
std::string reworded(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  std::string what;
  if (description.starts_with(kPrefix)) {
    description.remove_prefix(kPrefix.size());
    const std::size_t colon = description.find(": ");
    if (colon != description.npos) {
      what = fmt::format(" (in a {})", description.substr(0, colon));
      description.remove_prefix(colon + 2);
    }
  }
  // The parser quotes what it read; nothing that a terminal must not get may come through.
  return fmt::format("this is not TOML{}: {}", what, printable(description, 200));
}

std::string suggestion_for(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == line.npos) {
    const std::size_t colon = line.find(':');
    return colon == line.npos || line.find('"') < colon ? "" : "a key and its value are joined by '='";
  }
  const std::string_view value = line.substr(equals + 1);
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == value.npos) return "write a value after '='";
  const char c = value[first];
  const bool bare = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '$';
  return bare ? "text stands in double quotes" : "";
}

// For a repeated key the parser stops at its value; what is wrong is the key.
Region key_before(std::string_view line, Region region) {
  const std::size_t blank = line.substr(0, region.column - 1).find_last_not_of(" \t");
  if (blank == line.npos || line[blank] != '=' || blank == 0) return region;
  const std::size_t last = line.find_last_not_of(" \t", blank - 1);
  if (last == line.npos) return region;
  const std::size_t before = line.find_last_of(" \t,{", last);
  const std::size_t first = before == line.npos ? 0 : before + 1;
  region.column = static_cast<std::uint32_t>(first + 1);
  region.end_column = static_cast<std::uint32_t>(last + 2);
  return region;
}

std::optional<toml::table> parse(std::string_view source, const SourceText& text, SyntaxError& error) {
  try {
    return toml::parse(source);
  } catch (const toml::parse_error& thrown) {
    const toml::source_region& at = thrown.source();
    error.region = text.region({at.begin.line, at.begin.column}, {at.end.line, at.end.column});
    error.message = reworded(thrown.description());
    if (thrown.description().find("cannot redefine") != std::string_view::npos) {
      error.region = key_before(text.line(error.region.line), error.region);
    }
    error.suggestion = suggestion_for(text.line(error.region.line));
  } catch (const std::exception& thrown) {
    error.region = {};
    error.message = fmt::format("the file cannot be read as TOML: {}", thrown.what());
  }
  return std::nullopt;
}

// True when the line is wrong on its own, or a repeated key: the rest of the file can then be judged without
// it. A header or a part of a longer value cannot be taken out.
bool is_separable(std::string_view line, const SyntaxError& error) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == line.npos || line[first] == '[' || line[first] == '#') return false;
  if (line.find("\"\"\"") != line.npos || line.find("'''") != line.npos) return false;
  // With its end, so that the parser stops at the same byte.
  const std::string copy = std::string{line} + "\n";
  const SourceText alone{copy};
  SyntaxError again;
  const bool parses = parse(copy, alone, again).has_value();
  if (parses) return error.message.find("cannot redefine") != std::string::npos;
  // Not when the line only begins something that goes on below.
  return again.region.column == error.region.column && again.message == error.message;
}

// A syntax error in a value that may be a secret is not shown, nor are the parser's words about it.
bool may_be_secret(const SourceText& text, std::uint32_t line) {
  constexpr std::uint32_t kFarthest = 64;
  for (std::uint32_t back = 0; back < kFarthest && back < line; ++back) {
    const std::string_view candidate = text.line(line - back);
    if (secret_column(candidate) != 0) return true;
    if (back > 0 && candidate.starts_with('[')) return false;
    const std::size_t equals = candidate.find('=');
    if (equals == candidate.npos) continue;
    const std::size_t end = candidate.find_last_not_of(" \t\"'", equals == 0 ? 0 : equals - 1);
    const std::string_view key = candidate.substr(0, end == candidate.npos ? 0 : end + 1);
    return back > 0 && (names_secret(key) || key.ends_with("key") || key.ends_with("keys"));
  }
  return false;
}

void report(const SourceText& text, SyntaxError error, Diagnostics& diagnostics) {
  if (error.region.line == 0 || !may_be_secret(text, error.region.line)) {
    diagnostics.error(error.region, std::move(error.message), std::move(error.suggestion));
    return;
  }
  const std::uint32_t secret = secret_column(text.line(error.region.line));
  error.region.column = std::max(1U, secret);
  error.region.end_column = 0;
  diagnostics.secret_error(error.region, "this is not TOML; the line may hold a secret and is not shown",
                           "write { env = \"NAME\" } or { file = \"path\" }");
}

}  // namespace

std::optional<toml::table> parse_document(const SourceText& text, std::string_view source,
                                          Diagnostics& diagnostics) {
  SyntaxError error;
  std::optional<toml::table> document = parse(source, text, error);
  if (document) return document;
  std::string rest{source};
  for (int count = 0; count < kMaxSyntaxErrors; ++count) {
    const std::string_view line = text.line(error.region.line);
    const bool separable = is_separable(line, error);
    report(text, std::move(error), diagnostics);
    if (!separable) break;
    const auto begin = static_cast<std::size_t>(line.data() - source.data());
    std::fill_n(rest.begin() + static_cast<std::ptrdiff_t>(begin), line.size(), ' ');
    error = {};
    if (parse(rest, text, error)) break;
    // An error in the blanked line itself would never end.
    if (error.region.line == 0) break;
  }
  return std::nullopt;
}

}  // namespace paynamed::config
