#include "ctl/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace paynamed::ctl {

std::optional<SecretFile> SecretFile::create(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return std::nullopt;
  return SecretFile(path, file);
}

SecretFile::SecretFile(SecretFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), written_(other.written_) {}

SecretFile& SecretFile::operator=(SecretFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(written_, other.written_);
  return *this;
}

SecretFile::~SecretFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!written_) ::unlink(path_.c_str());
}

bool SecretFile::write(std::string_view secret) {
  const std::string line = std::string{secret} + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  written_ = ::fsync(file_) == 0;
  return written_;
}

}  // namespace paynamed::ctl
