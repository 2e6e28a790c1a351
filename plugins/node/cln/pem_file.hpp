// Certificates: files of the configured node, secrets of added ones. They are read at each use, so that a
// renewed one needs no restart.
//
// Threads: value types and functions; for any thread that may wait.
#pragma once

#include <optional>
#include <paynamed/secret.hpp>
#include <string>

namespace paynamed::cln {

struct PemSource {
  std::string file;
  std::optional<Secret> secret = {};  // in the place of the file
};

// Throws Error UNAVAILABLE naming `setting`, the key of the instance's table, and `usual`, lightningd's name
// of such a file.
std::string read_pem(const std::string& path, const char* setting, const char* usual);
// The same of either; throws also as Secret::read_now().
std::string read_pem(const PemSource& source, const char* setting, const char* usual);

}  // namespace paynamed::cln
