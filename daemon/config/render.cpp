#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "config/diagnostic.hpp"
#include "config/source.hpp"

namespace paynamed::config {
namespace {

constexpr std::size_t kBefore = 80;  // bytes of a long line shown before the place
constexpr std::size_t kAfter = 60;   // and after it
constexpr std::string_view kHidden = "[hidden]";
constexpr std::string_view kCut = "...";

// A line as shown, and where the bytes of its source stand in it.
struct Shown {
  std::string text;
  std::size_t width = 0;  // columns of a terminal
  std::size_t mark = 0;   // the place's column, from 0
  std::size_t mark_end = 0;
};

Shown show(std::string_view line, const Region& region, std::uint32_t hidden_from) {
  const std::size_t mark = region.column == 0 ? 0 : std::min<std::size_t>(region.column - 1, line.size());
  const std::size_t mark_end = region.end_column > region.column
                                   ? std::min<std::size_t>(region.end_column - 1, line.size())
                                   : mark + 1;
  Shown shown;
  std::size_t begin = mark > kBefore ? mark - kBefore : 0;
  while (begin > 0 && begin < mark && utf8_length(line.substr(begin)) == 0) ++begin;
  const std::size_t end = std::min(line.size(), mark + kAfter);
  const auto put = [&](std::string_view text, std::size_t columns) {
    shown.text += text;
    shown.width += columns;
  };
  if (begin > 0) put(kCut, kCut.size());
  shown.mark = shown.width;
  bool marked = false;
  bool hidden = false;
  for (std::size_t at = begin; at < end;) {
    if (!marked && at >= mark) {
      shown.mark = shown.width;
      marked = true;
    }
    if (hidden_from != 0 && at + 1 >= hidden_from) {
      hidden = true;
      break;
    }
    const std::size_t length = std::max<std::size_t>(1, utf8_length(line.substr(at)));
    const std::string_view character = line.substr(at, length);
    if (character == "\t") {
      put("    ", 4);
    } else {
      put(is_printable(character) ? character : "?", 1);
    }
    at += length;
    if (at <= mark_end) shown.mark_end = shown.width;
  }
  if (!marked) shown.mark = shown.width;
  if (hidden) {
    put(kHidden, kHidden.size());
    shown.mark_end = std::max(shown.mark_end, shown.mark + 1);
  } else if (end < line.size()) {
    put(kCut, kCut.size());
  }
  return shown;
}

class Renderer {
 public:
  Renderer(const std::vector<Diagnostic>& all, const std::string& source) : text_(source) {
    for (const Diagnostic& diagnostic : all) {
      if (diagnostic.hide) hide(diagnostic.region.line, std::max(1U, diagnostic.region.column));
    }
    for (const Diagnostic& diagnostic : all) {
      const std::uint32_t line = diagnostic.region.line;
      if (const std::uint32_t column = secret_column(text_.line(line)); column != 0) hide(line, column);
    }
  }

  void add(const Diagnostic& diagnostic, const std::string& file, std::string& out) const {
    const Region& region = diagnostic.region;
    const std::string_view severity =
        diagnostic.severity == Diagnostic::Severity::kError ? "error" : "warning";
    if (region.line == 0) {
      out += fmt::format("{}: {}: {}\n", file, severity, diagnostic.message);
    } else {
      out +=
          fmt::format("{}:{}:{}: {}: {}\n", file, region.line, region.column, severity, diagnostic.message);
      const auto hidden = hidden_.find(region.line);
      const Shown shown = show(text_.line(region.line), region, hidden == hidden_.end() ? 0 : hidden->second);
      const std::size_t tildes = shown.mark_end > shown.mark + 1 ? shown.mark_end - shown.mark - 1 : 0;
      out += fmt::format("{:5} | {}\n", region.line, shown.text);
      out += fmt::format("      | {}^{}\n", std::string(shown.mark, ' '), std::string(tildes, '~'));
    }
    if (!diagnostic.suggestion.empty()) out += fmt::format("      = {}\n", diagnostic.suggestion);
  }

 private:
  void hide(std::uint32_t line, std::uint32_t column) {
    const auto [at, added] = hidden_.emplace(line, column);
    if (!added) at->second = std::min(at->second, column);
  }

  SourceText text_;
  std::map<std::uint32_t, std::uint32_t> hidden_;  // line -> the column from which on it is hidden
};

}  // namespace

std::string render(const Diagnostics& diagnostics, const std::string& file, const std::string& source) {
  const std::vector<Diagnostic> all = diagnostics.sorted();
  const Renderer renderer{all, source};
  std::string out;
  for (const Diagnostic& diagnostic : all) renderer.add(diagnostic, file, out);
  const std::size_t total = diagnostics.errors() + diagnostics.warnings();
  if (total > all.size()) out += fmt::format("{}: and {} more\n", file, total - all.size());
  return out;
}

std::string render_json(const Diagnostics& diagnostics, const std::string& file) {
  boost::json::array list;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    boost::json::object object;
    object["severity"] = diagnostic.severity == Diagnostic::Severity::kError ? "error" : "warning";
    object["line"] = diagnostic.region.line;
    object["column"] = diagnostic.region.column;
    object["end_column"] = diagnostic.region.end_column;
    object["message"] = diagnostic.message;
    object["suggestion"] = diagnostic.suggestion;
    list.push_back(std::move(object));
  }
  boost::json::object root;
  root["file"] = file;
  root["errors"] = diagnostics.errors();
  root["warnings"] = diagnostics.warnings();
  root["diagnostics"] = std::move(list);
  return boost::json::serialize(root);
}

}  // namespace paynamed::config
