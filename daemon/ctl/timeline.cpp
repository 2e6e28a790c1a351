#include "ctl/timeline.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kWordColumns = 24;
constexpr std::size_t kTimeColumns = 8;

struct Mark {
  std::string_view state;
  std::string_view text;
  Colour colour;
};

constexpr std::array kMarks{
    Mark{"pending", "·", Colour::kDim},    Mark{"running", "…", Colour::kNone},
    Mark{"waiting", "…", Colour::kYellow}, Mark{"done", "✓", Colour::kGreen},
    Mark{"skipped", "-", Colour::kDim},    Mark{"failed", "✗", Colour::kRed},
    Mark{"undoing", "↩", Colour::kYellow}, Mark{"undone", "↩", Colour::kYellow},
};

struct Words {
  std::string_view kind;
  std::string_view text;
};

constexpr std::array kWords{
    Words{"domain.check", "domain secure"},
    Words{"node.provision", "node ready"},
    Words{"offer.create", "offer"},
    Words{"dns.publish", "TXT record published"},
    Words{"dns.await", "on every server"},
    Words{"name.prove", "validated and proven"},
    Words{"event.emit", "event"},
    Words{"dns.withdraw", "TXT record withdrawn"},
    Words{"offer.disable", "offer retired"},
};

Mark mark_of(std::string_view state, bool paused) {
  // The step where a paused run stands is the one that is neither over nor to come.
  if (paused && (state == "running" || state == "waiting" || state == "failed")) {
    return Mark{state, "⏸", Colour::kYellow};
  }
  for (const Mark& mark : kMarks) {
    if (mark.state == state) return mark;
  }
  return Mark{state, "?", Colour::kNone};
}

std::string elapsed(const json::object& step, base::WallTime now) {
  const auto started = base::from_rfc3339(text_of(step, "started"));
  if (!started) return {};
  const auto finished = base::from_rfc3339(text_of(step, "finished"));
  const double seconds = std::chrono::duration<double>(finished.value_or(now) - *started).count();
  if (seconds < 0) return {};
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t has = columns_of(text);
  if (has < columns) text.append(columns - has, ' ');
  return text;
}

const json::array& steps_of(const json::object& run) {
  static const json::array none;
  const json::value* steps = run.if_contains("steps");
  return steps && steps->is_array() ? steps->get_array() : none;
}

std::string line_of(const json::object& step, bool paused, base::WallTime now, const Style& style) {
  const std::string state = text_of(step, "state");
  const Mark mark = mark_of(state, paused);
  const std::string words = words_for_step(text_of(step, "kind"), text_of(step, "id"));
  const std::string time = elapsed(step, now);
  std::string rest = padded(words, kWordColumns) + " " + padded(time, kTimeColumns);
  if (const std::string message = printable(text_of(step, "message")); !message.empty())
    rest += " " + message;
  while (!rest.empty() && rest.back() == ' ') rest.pop_back();
  // Two columns are for the mark; a line that wraps could not be redrawn.
  if (style.width > 4) rest = cut(rest, style.width - 3);
  return painted(mark.text, mark.colour, style) + " " +
         (mark.state == "pending" ? painted(rest, Colour::kDim, style) : rest);
}

}  // namespace

std::string text_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (!value || !value->is_string()) return {};
  return std::string{value->get_string()};
}

std::string words_for_step(std::string_view kind, std::string_view id) {
  for (const Words& words : kWords) {
    if (words.kind == kind) return std::string{words.text};
  }
  return printable(id);
}

std::vector<std::string> timeline_lines(const json::object& run, base::WallTime now, const Style& style) {
  const bool paused = text_of(run, "state") == "paused";
  std::vector<std::string> lines;
  for (const json::value& step : steps_of(run)) {
    if (step.is_object()) lines.push_back(line_of(step.get_object(), paused, now, style));
  }
  return lines;
}

std::string timeline_text(const json::object& run, base::WallTime now, const Style& style) {
  const std::string state = text_of(run, "state");
  std::string out =
      fmt::format("{} {}  {}\nrun {}, accepted {}\n", printable(text_of(run, "verb")),
                  printable(text_of(run, "name")), painted(printable(state), colour_of_state(state), style),
                  printable(text_of(run, "id")), printable(text_of(run, "accepted")));
  if (const std::string reason = text_of(run, "reason"); !reason.empty())
    out += "reason: " + printable(reason) + "\n";
  for (const std::string& line : timeline_lines(run, now, style)) out += line + "\n";
  return out;
}

bool is_settled(const json::object& run) {
  const std::string state = text_of(run, "state");
  return state == "completed" || state == "compensated" || state == "paused";
}

std::string Follower::redraw(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  if (text == last_) return {};
  std::string out;
  if (drawn_ > 0) out = fmt::format("\x1b[{}A\x1b[J", drawn_);
  drawn_ = lines.size();
  last_ = text;
  return out + text;
}

std::string Follower::update(const json::object& run, base::WallTime now) {
  if (style_.redraws) return redraw(timeline_lines(run, now, style_));
  const bool paused = text_of(run, "state") == "paused";
  std::string out;
  for (const json::value& value : steps_of(run)) {
    if (!value.is_object()) continue;
    const json::object& step = value.get_object();
    const std::string state = text_of(step, "state");
    if (state == "pending") continue;
    // A step that has just begun has nothing to say yet; its end will come soon.
    const std::string message = text_of(step, "message");
    if (state == "running" && message.empty() && !paused) continue;
    const std::string said = std::string{mark_of(state, paused).text} + state + "\n" + message;
    std::string& before = told_[text_of(step, "id")];
    if (before == said) continue;
    before = said;
    out += line_of(step, paused, now, style_) + "\n";
  }
  return out;
}

}  // namespace paynamed::ctl
