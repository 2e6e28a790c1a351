// SecretFile: a new file for a secret, which only its owner can read.
//
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::ctl {

class SecretFile {
 public:
  // Nothing when there is such a file already, or it cannot be made.
  static std::optional<SecretFile> create(const std::string& path);
  SecretFile(SecretFile&& other) noexcept;
  SecretFile& operator=(SecretFile&& other) noexcept;
  // What was not written to goes again.
  ~SecretFile();

  // The secret and a line end, on disk when this returns; false when not all of it could be written.
  bool write(std::string_view secret);

 private:
  SecretFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  int file_;
  bool written_ = false;
};

}  // namespace paynamed::ctl
