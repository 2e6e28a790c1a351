// A lint report as JSON, the same in the API and in the journal of a run.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "names/lint/report.hpp"

namespace paynamed::names {

// {"findings": [{"code", "severity", "message"}], "wallets": [{"family", "usable", "why"}]}; `why` is null
// for a family that can pay.
boost::json::object to_json(const LintReport& report);

}  // namespace paynamed::names
