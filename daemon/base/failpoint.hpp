// Failpoints: named places where the crash tests end the process. They exist only in builds with
// PAYNAMED_FAILPOINTS (every build with tests); in a release build the macro is nothing.
//
// Armed by the environment: PAYNAMED_FAILPOINT="engine.intent.before:3" ends the process with SIGKILL the
// third time that place is passed; PAYNAMED_FAILPOINT_CONTROL=<file> lets another process arm one at any
// time, by a file that holds one FailpointControl; PAYNAMED_FAILPOINT_TRACE=<file> appends the name of each
// place passed, so that a test can find all of them.
//
// Threads: any thread.
#pragma once

#ifdef PAYNAMED_FAILPOINTS
#include <atomic>
#include <cstdint>

namespace paynamed::base {

// Shared memory of the test and the process under test. Write `name` while `remaining` is 0, then
// `remaining`.
struct FailpointControl {
  char name[56] = {};
  std::atomic<std::int64_t> remaining{0};  // passes until the end, the last one included; 0: not armed
};

void pass_failpoint(const char* name) noexcept;

}  // namespace paynamed::base
#define PAYNAMED_FAILPOINT(name) ::paynamed::base::pass_failpoint(name)
#else
#define PAYNAMED_FAILPOINT(name) static_cast<void>(0)
#endif
