// How the process ends, in the words of sysexits.h.
#pragma once

namespace paynamed::process {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;        // the command line
inline constexpr int kExitUnavailable = 69;  // a port that is taken, a resolver that cannot be made
inline constexpr int kExitState = 75;        // the state file cannot be used now: another daemon has it, say
inline constexpr int kExitConfig = 78;       // the configuration

}  // namespace paynamed::process
