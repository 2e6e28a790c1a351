// Scenario: one thing that a customer wants, and in what it must end however often the daemon dies meanwhile.
//
// Threads: value types.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/crash/inspection.hpp"
#include "tests/e2e/crash/stage.hpp"

namespace paynamed::crash {

struct Scenario {
  std::string name;
  Ending ending = Ending::kLive;
  std::string domain = "example.test";
  Stage::Options options;
  std::string foreign_record;  // put at the name before; must be there untouched in the end
  bool needs_live_name = false;
  std::string harm;  // put beside the record of the live name, which is degraded then
  // The state of the last run at rest: the first when nothing disturbs it; the others too when the daemon
  // dies.
  std::vector<std::string> run_ends;
  bool publishes =
      true;         // it gets as far as the intent of dns.publish, which is written apart from other steps
  int strikes = 1;  // at so many passes of each failpoint
  // What the customer does with a name until it is through; gives the state of the last run. Is repeated from
  // its beginning after each death, so each request has an idempotency key. Throws NoAnswer when the daemon
  // dies.
  std::function<std::string(Customer&, const std::string& name)> act;

  NameWithEnding in_the_end(const std::string& user) const {
    return {user + "@" + domain, ending, foreign_record};
  }
};

const std::vector<Scenario>& scenarios();
const Scenario& scenario(const std::string& name);

// Makes the names ready for act(): registers them, or puts foreign records.
void prepare(Stage& stage, const Scenario& scenario, const std::vector<NameWithEnding>& names);

// A place and the count of passes of it until the daemon dies there.
struct Strike {
  std::string failpoint;
  int count = 1;
};

// Lets the scenario happen to a name while the daemon dies at each strike in turn: at the first in the middle
// of it, at the others while it recovers from the one before. Inspects after each death and in the end.
// `reached` says whether the first strike was.
std::vector<std::string> play(Stage& stage, const Scenario& scenario, const NameWithEnding& name,
                              const std::vector<Strike>& strikes, bool& reached);

}  // namespace paynamed::crash
