// RunBatch: requests that each make a run, sent as fast as the daemon takes them, and their ends read from
// the events.
//
// Threads: one thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
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
  // The name had this open run when the request came: an earlier attempt's, or another command's.
  bool found_open = false;
};

struct BatchCounts {
  std::size_t items = 0;
  std::size_t completed = 0;
  std::size_t compensated = 0;
  std::size_t refused = 0;
  std::size_t paused = 0;
  std::size_t under_way = 0;

  void add(const std::string& state);
};

struct BatchOption {
  std::size_t at_once = 16;                              // requests
  std::size_t in_flight = static_cast<std::size_t>(-1);  // runs
  // A run that pauses is cancelled, for nobody would look after each of many; it is paused in the end when it
  // cannot be turned back.
  bool turns_back_paused = false;
  // Now and then; `held` says why nothing is sent now, and is empty when nothing holds.
  std::function<void(const BatchCounts&, const std::string& held)> show = {};
};

// Fills in what came of each. kOk when all were sent and have ended or are paused, whatever came of them;
// else the daemon was away for long.
Exit run_batch(Context& context, std::vector<BatchItem>& items, const BatchOption& option = {});

// Follows runs that are under way already: `state` of items with a run and without a state is filled in.
// `position` is of the events from before the first of them was accepted.
Exit follow_runs(Context& context, std::vector<BatchItem>& items, std::string position);

// The head of the events; empty, with the error written, when the daemon does not say it.
std::string head_of_events(Context& context);

// What came of them as a table or JSON, and the exit: kRefused when some were refused, kNotReached when some
// did not complete. `more` are members of the JSON besides the items.
Exit tell_batch(Context& context, const std::vector<BatchItem>& items, const std::string& verb,
                boost::json::object more = {});

}  // namespace paynamed::ctl
