// Versions of Core Lightning: "v26.06.6", also with something behind it ("-modded", "rc1", "-12-gabcdef").
//
// Threads: pure.
#pragma once

#include <string>

namespace paynamed::cln {

// Both are false for what is no version.

// Whether it is v24.11 or later, the first with offers on by default.
bool is_supported(const std::string& version);
// Whether `offer` takes fronting_nodes: v26.04 or later. Over gRPC an older one drops them without a word.
bool has_fronting_nodes(const std::string& version);

}  // namespace paynamed::cln
