#include "tests/bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace paynamed::bench {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::fabs(value))));
  return std::round(value * scale) / scale;
}

boost::json::object targets_json(const std::vector<Target>& targets) {
  boost::json::object all;
  for (const Target& target : targets) {
    boost::json::object one;
    one["measured"] = rounded(target.measured);
    one["target"] = fmt::format("{} {}", target.at_most ? "<=" : ">=", target.border);
    one["met"] = target.met();
    all[target.what] = std::move(one);
  }
  return all;
}

std::string targets_text(const std::vector<Target>& targets) {
  std::string text;
  for (const Target& target : targets) {
    text += fmt::format("  {:<44} {:>9.4g}   target {} {:<5} {}\n", target.what, target.measured,
                        target.at_most ? "<=" : ">=", target.border, target.met() ? "met" : "MISSED");
  }
  return text;
}

std::string machine_text(const boost::json::object& machine) {
  const double load = machine.at("load").to_number<double>();
  std::string text =
      fmt::format("machine: {} cores, {} on {} ({}), load {:.1f} before the start\n",
                  machine.at("cores").to_number<int>(), machine.at("filesystem").as_string().c_str(),
                  machine.at("device").as_string().c_str(), machine.at("folder").as_string().c_str(), load);
  if (load > 1) text += "         others are at work on this machine: the numbers are worse than it is\n";
  return text;
}

}  // namespace paynamed::bench
