// The seed of all keys of an instance: 32 random bytes in a file that only its owner can read.
//
// Threads: free functions; two processes may race to create the file, one wins and both use it.
#pragma once

#include <filesystem>
#include <functional>

#include "bytes.hpp"

namespace paynamed::sandbox {

// Throws if the system has no randomness.
using RandomBytes = std::function<Bytes32()>;

// The kernel's random bytes.
Bytes32 system_random();

// Throws Error(kFailedPrecondition) if it is missing, is not a plain file, can be read by others, or has
// another size.
Bytes32 read_seed(const std::filesystem::path& path);

// Makes the file, mode 0600, complete and durable before it has its name; leaves an existing one as it is.
// Throws as read_seed does.
void create_seed(const std::filesystem::path& path, const RandomBytes& random);

}  // namespace paynamed::sandbox
