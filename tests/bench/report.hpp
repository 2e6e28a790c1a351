// Numbers for people and for programs.
//
// Threads: value types.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::bench {

double median(std::vector<double> values);

// Four significant digits: more would claim what no benchmark holds.
double rounded(double value);

// One target of a benchmark: what was measured, its border, and whether it is kept.
struct Target {
  std::string what;
  double measured = 0;
  double border = 0;
  bool at_most = true;
  bool met() const { return at_most ? measured <= border : measured >= border; }
};

// {"what": {"measured", "target", "met"}, ...}
boost::json::object targets_json(const std::vector<Target>& targets);
// One line a target.
std::string targets_text(const std::vector<Target>& targets);
// "2 cores, ext4 on /dev/vda (/srv/paynamed/build/bench), load 0.3"; says so when others were at work.
std::string machine_text(const boost::json::object& machine);

}  // namespace paynamed::bench
