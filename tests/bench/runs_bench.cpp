#include <fmt/format.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <map>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/engine_load.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/raw_writer.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

constexpr double kRawSeconds = 1;

struct Level {
  std::size_t in_flight;
  std::size_t runs;
};
constexpr std::array<Level, 3> kLevels{{{1, 400}, {16, 3'000}, {64, 8'000}}};

// What all rounds measured, by name.
using Series = std::map<std::string, std::vector<double>>;

// A path where no state file is, in a folder of this process.
class FreshFiles {
 public:
  explicit FreshFiles(const std::filesystem::path& folder) : folder_(folder / "runs") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~FreshFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FreshFiles(const FreshFiles&) = delete;
  FreshFiles& operator=(const FreshFiles&) = delete;
  std::string next() {
    std::filesystem::remove_all(folder_ / std::to_string(count_));
    const auto folder = folder_ / std::to_string(++count_);
    std::filesystem::create_directories(folder);
    return (folder / "state.sqlite3").string();
  }

 private:
  std::filesystem::path folder_;
  int count_ = 0;
};

void measure_round(FreshFiles& files, ReadyRuns& ready, Series& series) {
  const double raw = raw_commits_per_s(files.next(), kRawSeconds);
  series["raw_commits_per_s"].push_back(raw);
  // Beside each other, so that a noisy moment of the machine strikes both.
  const double writer = ready.write(files.next(), 64);
  series["writer_units_per_s_64"].push_back(writer);
  for (const Level& level : kLevels) {
    LoadResult result;
    {
      EngineLoad load(files.next());
      result = load.run(level.runs, level.in_flight, "");
    }
    const auto key = [&](std::string_view what) { return fmt::format("{}_{}", what, level.in_flight); };
    series[key("runs_per_s")].push_back(result.runs_per_s);
    series[key("p50_ms")].push_back(result.p50_ms);
    series[key("p99_ms")].push_back(result.p99_ms);
    if (level.in_flight == 1) series["ratio_p50_1"].push_back(result.p50_ms / 1000 * raw);
    if (level.in_flight == 64) {
      const double units = static_cast<double>(ready.units()) / static_cast<double>(ready.runs());
      series["ratio_writer_64"].push_back(result.runs_per_s * units / writer);
    }
  }
}

std::string text_of(const Series& series, double units_per_run, std::size_t writer_runs) {
  const auto value = [&](const std::string& key) { return median(series.at(key)); };
  std::string text;
  text += fmt::format("raw one-row durable commits            {:>10.0f} /s\n", value("raw_commits_per_s"));
  text += fmt::format(
      "bare writer, groups of 64              {:>10.0f} units/s = {:.0f} runs/s of {:.0f} units ({} runs)\n",
      value("writer_units_per_s_64"), value("writer_units_per_s_64") / units_per_run, units_per_run,
      writer_runs);
  text += "durable 5-step runs, in flight             runs/s     p50 ms     p99 ms\n";
  for (const Level& level : kLevels) {
    text += fmt::format("{:>38} {:>10.0f} {:>10.3f} {:>10.3f}\n", level.in_flight,
                        value(fmt::format("runs_per_s_{}", level.in_flight)),
                        value(fmt::format("p50_ms_{}", level.in_flight)),
                        value(fmt::format("p99_ms_{}", level.in_flight)));
  }
  return text;
}

}  // namespace

void bench_runs(const Options& options) {
  const auto where = machine(options.folder);
  FreshFiles files(options.folder);
  // What the engine writes is recorded once; the bare writer writes exactly that.
  std::vector<RecordedRun> recorded;
  {
    EngineLoad load(files.next(), true);
    load.run(kLevels.back().runs, kLevels.back().in_flight, "");
    recorded = load.take_recorded();
  }
  ReadyRuns ready(std::move(recorded));
  Series series;
  for (int round = 0; round < options.rounds; ++round) measure_round(files, ready, series);

  const std::vector<Target> targets{
      {"ratio_writer_64", median(series["ratio_writer_64"]), 0.6, false},
      {"ratio_p50_1", median(series["ratio_p50_1"]), 15, true},
  };
  const double units = static_cast<double>(ready.units()) / static_cast<double>(ready.runs());
  if (!options.json) {
    fmt::print("{}{}{}", machine_text(where), text_of(series, units, ready.runs()), targets_text(targets));
    return;
  }
  boost::json::object report;
  report["benchmark"] = "runs";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  report["units_per_run"] = rounded(units);
  for (const auto& [key, values] : series) report[key] = rounded(median(values));
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

}  // namespace paynamed::bench
