#include "ctl/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace paynamed::ctl {
namespace {

constexpr std::string_view kGap = "  ";

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

Style style_of_output() {
  Style style;
  style.width = 0;
  if (isatty(STDOUT_FILENO) == 0) return style;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  style.colours = !dumb && (no_colour == nullptr || *no_colour == '\0');
  style.redraws = !dumb;
  style.is_terminal = true;
  winsize size{};
  style.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return style;
}

std::string painted(std::string_view text, Colour colour, const Style& style) {
  if (!style.colours || colour == Colour::kNone || text.empty()) return std::string{text};
  std::string_view code;
  switch (colour) {
    case Colour::kGreen:
      code = "32";
      break;
    case Colour::kRed:
      code = "31";
      break;
    case Colour::kYellow:
      code = "33";
      break;
    default:
      code = "2";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += '?';
      ++i;
    } else {
      out += byte < 0x20 || byte == 0x7f ? '?' : text[i];
    }
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string{text};
  if (columns == 0) return {};
  std::size_t seen = 0;
  std::size_t end = 0;
  while (end < text.size() && (!begins_code_point(text[end]) || seen++ < columns - 1)) ++end;
  return std::string{text.substr(0, end)} + "…";
}

std::string Table::render(const Style& style) const {
  std::vector<std::size_t> widths;
  for (const std::string& title : head_) widths.push_back(columns_of(title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i].text));
    }
  }
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + kGap.size();
  // A last column of fewer than 8 says nothing: then lines may wrap.
  if (style.width > before_last + 8) widths.back() = std::min(widths.back(), style.width - before_last);

  std::string out;
  const auto line = [&](const std::vector<Cell>& row) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const Cell cell = i < row.size() ? row[i] : Cell{};
      const std::string text = cut(cell.text, widths[i]);
      out += painted(text, cell.colour, style);
      if (i + 1 == widths.size()) break;
      out.append(widths[i] - columns_of(text), ' ');
      out += kGap;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  std::vector<Cell> head;
  for (const std::string& title : head_) head.push_back(Cell{title, Colour::kDim});
  line(head);
  for (const auto& row : rows_) line(row);
  return out;
}

Colour colour_of_state(std::string_view state) {
  if (state == "live" || state == "completed" || state == "ready" || state == "active" || state == "fine") {
    return Colour::kGreen;
  }
  if (state == "degraded" || state == "compensated" || state == "stuck" || state == "failed" ||
      state == "blocked") {
    return Colour::kRed;
  }
  if (state == "paused" || state == "compensating" || state == "quarantined" || state == "retired") {
    return Colour::kYellow;
  }
  return Colour::kNone;
}

}  // namespace paynamed::ctl
