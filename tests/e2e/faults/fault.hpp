// The faults: how each is made and mended, and what the daemon has to say.
//
// Threads: values.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/faults/stage.hpp"

namespace paynamed::e2e {

// Where the resolver is that a registration waits for until something has gone wrong.
inline const std::string kResolver = "127.0.0.5";

// A registration of alice@fault.test while something is wrong.
struct RegistrationFault {
  enum class End {
    kRefused,  // the run is undone; after the mending the name can be registered
    kWaits,    // the run stands at the step, and goes on by itself after the mending
  };
  std::string name;
  Setting setting;
  std::function<void(Stage&)> make;
  End end = End::kRefused;
  std::string step;                // where the run ends or stands
  std::vector<std::string> words;  // of the verdict: who, why, what to do
  std::function<void(Stage&)> mend;
  bool midway = false;  // it is made when the record is published already, and not before the run
};

// What happens to alice@fault.test, which is live.
struct WatchFault {
  std::string name;
  Setting setting;
  std::function<void(Stage&)> before;  // alice is registered; may be empty
  std::function<void(Stage&)> make;
  std::string code;  // of name.degraded; empty: it says nothing about the name, which stays live
  // Of its reason. Of the log when the name stays live; none when the looks still find all well.
  std::vector<std::string> words;
  std::function<void(Stage&)> mend;
};

std::vector<RegistrationFault> registration_faults();
std::vector<WatchFault> watch_faults();

// Of one kind each; together they are the two above.
void add_signature_faults(std::vector<RegistrationFault>& faults);
void add_signature_faults(std::vector<WatchFault>& faults);
void add_record_faults(std::vector<RegistrationFault>& faults);
void add_record_faults(std::vector<WatchFault>& faults);
void add_server_faults(std::vector<RegistrationFault>& faults);
void add_server_faults(std::vector<WatchFault>& faults);

}  // namespace paynamed::e2e
