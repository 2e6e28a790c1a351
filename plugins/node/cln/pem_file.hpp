// Files with certificates, read at each use so that a renewed one needs no restart.
//
// Threads: a pure function.
#pragma once

#include <string>

namespace paynamed::cln {

// Throws Error UNAVAILABLE naming `setting`, the key of the instance's table, and `usual`, lightningd's name
// of such a file.
std::string read_pem(const std::string& path, const char* setting, const char* usual);

}  // namespace paynamed::cln
