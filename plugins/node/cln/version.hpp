// Versions of Core Lightning: "v26.06.6", also with something behind it ("-modded", "rc1", "-12-gabcdef").
//
// Threads: pure.
#pragma once

#include <string>

namespace paynamed::cln {

// Whether it is v24.11 or later, the first with offers on by default. False for what is no version.
bool is_supported(const std::string& version);

}  // namespace paynamed::cln
