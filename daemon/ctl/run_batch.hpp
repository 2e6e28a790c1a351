// RunBatch: requests that each make a run, sent as fast as the daemon takes them, and their ends read from
// the events.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ctl/commands.hpp"

namespace paynamed::ctl {

struct BatchItem {
  std::string name;
  HttpCall call;
  // What came of it.
  std::string run;
  std::string state;   // "completed", "compensated", "paused"; "refused" without a run
  std::string reason;  // of all but "completed"
};

// Fills in what came of each. kOk when all were sent and have ended or are paused, whatever came of them;
// else the daemon was away for long.
Exit run_batch(Context& context, std::vector<BatchItem>& items);

// Follows runs that are under way already: `state` of items with a run and without a state is filled in.
// `position` is of the events from before the first of them was accepted.
Exit follow_runs(Context& context, std::vector<BatchItem>& items, std::string position);

// The head of the events; empty, with the error written, when the daemon does not say it.
std::string head_of_events(Context& context);

// What came of them as a table or JSON, and the exit: kRefused when some were refused, kNotReached when some
// did not complete.
Exit tell_batch(Context& context, const std::vector<BatchItem>& items, const std::string& verb);

}  // namespace paynamed::ctl
