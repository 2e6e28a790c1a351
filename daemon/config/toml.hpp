// The TOML parser, toml++ 3.3, compiled once in toml.cpp. Only daemon/config includes this.
//
// Threads: as toml++: distinct documents are independent.
#pragma once

// Not Debian's shared library: fuzzers have to see the parser's branches, and the daemon loads one library
// less.
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>
