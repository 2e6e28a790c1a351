// Failpoints: named places where the crash tests end the process. They exist only in builds with PAYNAMED_FAILPOINTS
// (every build with tests); in a release build the macro is nothing.
//
// Armed by the environment: PAYNAMED_FAILPOINT="engine.intent.before:3" ends the process with SIGKILL the third time
// that place is passed; PAYNAMED_FAILPOINT_TRACE=<file> appends the name of each place passed, so that a test can find
// all of them.
//
// Threads: any thread.
#pragma once

#ifdef PAYNAMED_FAILPOINTS
namespace paynamed::base {
void pass_failpoint(const char* name) noexcept;
}
#define PAYNAMED_FAILPOINT(name) ::paynamed::base::pass_failpoint(name)
#else
#define PAYNAMED_FAILPOINT(name) static_cast<void>(0)
#endif
