// The number of files that the process may open.
//
// Threads: at the start, before there are others.
#pragma once

namespace paynamed::process {

// Raises it as far as the system lets the process (getrlimit(2)). The system's lower default is for programs
// that use select(2), which fails beyond 1,024; nothing here does.
void raise_descriptor_limit();

}  // namespace paynamed::process
