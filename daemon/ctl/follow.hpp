// Follow: from a request that makes a run to the end of that run.
//
// Threads: one at a time.
#pragma once

#include "ctl/ask.hpp"

namespace paynamed::ctl {

// Sends a request that answers with a run, and does what `following` says: nothing more, wait, or draw the
// timeline. A key makes the request safe to repeat.
Exit start_run(Context& context, HttpCall call, const Following& following);

// What a run that is over or paused came to: a sentence for people, kOk only when it completed.
Exit tell_end(Context& context, const boost::json::object& run);

}  // namespace paynamed::ctl
