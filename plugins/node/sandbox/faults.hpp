// Faults on request, to test what a daemon does when its node fails: FOR TESTS ONLY, none without the table
// `faults`.
//
// Threads: on the strand.
#pragma once

#include <paynamed/config.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace paynamed::sandbox {

// What happens to one call: it waits for `delay`; then it fails with `code`, or is never answered, or
// neither.
struct Fault {
  std::chrono::milliseconds delay{0};
  std::optional<Code> code;
  bool no_answer = false;
  // Fails after the work was done instead of before it: the side effect is there and its reply is lost.
  bool after_effect = false;

  bool fails() const { return code.has_value() || no_answer; }
};

class Faults {
 public:
  Faults() = default;
  // { CreateOffer = { code = "UNAVAILABLE", times = 2, after_effect = true, delay = "100ms" } }. Throws
  // Error.
  explicit Faults(const Config& config);

  // The fault of the next call of this method; counts it.
  std::optional<Fault> take(const std::string& method);

 private:
  struct Planned {
    Fault fault;
    std::int64_t times_left;
  };
  std::map<std::string, Planned> planned_;
};

}  // namespace paynamed::sandbox
