#include "ctl/bulk_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr base::Duration kLineEvery{5'000};
constexpr base::Duration kDrawEvery{200};
constexpr std::size_t kBarColumns = 24;

std::string duration_text(std::int64_t seconds) {
  if (seconds < 90) return fmt::format("{} s", seconds);
  if (seconds < 5'400) return fmt::format("{} min", (seconds + 30) / 60);
  return fmt::format("{} h {} min", seconds / 3'600, seconds % 3'600 / 60);
}

}  // namespace

BulkProgress::BulkProgress(Context& context, std::string goal)
    : context_(context), goal_(std::move(goal)), started_(context.clock.monotonic()), next_(started_) {}

std::string BulkProgress::line_of(const BulkCounts& counts, const std::string& held) const {
  std::string line = fmt::format("{} of {} done: {} {}", counts.done(), counts.rows, counts.live, goal_);
  const auto add = [&line](std::uint64_t number, std::string_view what) {
    if (number > 0) line += fmt::format(", {} {}", number, what);
  };
  add(counts.undone, "undone");
  add(counts.refused, "refused");
  add(counts.accepted - counts.paused, "under way");
  add(counts.paused, "paused");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(context_.clock.monotonic() - started_).count();
  const std::uint64_t fresh = counts.done() - std::min(counts.done(), at_start_);
  if (seconds > 0 && fresh > 0 && counts.done() < counts.rows) {
    const double rate = static_cast<double>(fresh) / static_cast<double>(seconds);
    line += fmt::format(
        "; {:.3g} a second, about {} left", rate,
        duration_text(static_cast<std::int64_t>(static_cast<double>(counts.rows - counts.done()) / rate)));
  }
  if (!held.empty()) line += "; " + held;
  return line;
}

void BulkProgress::show(const BulkCounts& counts, const std::string& held) {
  if (!begun_) at_start_ = counts.done();
  const base::MonotonicTime now = context_.clock.monotonic();
  const bool draws = context_.style.redraws && !context_.json;
  if (now < next_ && begun_) return;
  begun_ = true;
  next_ = now + (draws ? kDrawEvery : kLineEvery);
  std::string line = line_of(counts, held);
  if (!draws) {
    context_.err(line + "\n");
    return;
  }
  const std::size_t full = counts.rows == 0 ? 0 : kBarColumns * counts.done() / counts.rows;
  line = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(kBarColumns - full, ' '), line);
  if (context_.style.width > 0) line = cut(line, context_.style.width);
  if (line == drawn_) return;
  context_.out("\r\x1b[2K" + line);
  drawn_ = std::move(line);
}

void BulkProgress::clear() {
  if (!drawn_.empty()) context_.out("\r\x1b[2K");
  drawn_.clear();
}

void BulkFailures::add(const BulkRow& row, const std::string& run, const std::string& state,
                       const std::string& reason) {
  ++count_;
  if (path_.empty()) return;
  if (!file_.is_open()) {
    file_.open(path_, std::ios::binary | std::ios::trunc);
    file_ << fmt::format("{},line,run,state,reason\n", fmt::join(BulkRows::columns(), ","));
  }
  const std::string node = !row.source.use_node      ? std::string{}
                           : row.source.node.empty() ? std::string{"true"}
                                                     : row.source.node;
  file_ << fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.name), csv_field(row.owner),
                       csv_field(row.reference), csv_field(node), csv_field(row.source.uri),
                       csv_field(row.source.offer), row.line, csv_field(run), csv_field(state),
                       csv_field(printable(reason)));
  file_.flush();
}

base::Result<void> BulkFailures::close() {
  if (path_.empty() || count_ == 0 || file_.good()) return {};
  return base::fail(base::unavailable(
      fmt::format("the failures could not be written to '{}'; give another with --failures", path_)));
}

Exit tell_summary(Context& context, const BulkCounts& counts, const std::string& failures,
                  const std::string& state) {
  const Exit exit = counts.refused > 0                  ? Exit::kRefused
                    : counts.undone + counts.paused > 0 ? Exit::kNotReached
                                                        : Exit::kOk;
  if (context.json) {
    json::object object{{"rows", counts.rows},       {"live", counts.live},     {"undone", counts.undone},
                        {"refused", counts.refused}, {"paused", counts.paused}, {"failures", nullptr},
                        {"state", nullptr}};
    if (!failures.empty()) object["failures"] = failures;
    if (!state.empty()) object["state"] = state;
    context.out(json::serialize(object) + "\n");
    return exit;
  }
  const Colour colour = exit == Exit::kOk ? Colour::kGreen : Colour::kRed;
  context.out(painted(fmt::format("{} rows: {} live, {} undone, {} refused, {} paused", counts.rows,
                                  counts.live, counts.undone, counts.refused, counts.paused),
                      colour, context.style) +
              "\n");
  if (counts.paused > 0) context.out("paused runs wait for you: paynamectl runs --state paused\n");
  if (!failures.empty())
    context.out(
        fmt::format("what failed, with the reasons: {}; correct it and give it to --from\n", failures));
  return exit;
}

}  // namespace paynamed::ctl
