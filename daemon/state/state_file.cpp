#include "state/state_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace paynamed::state {
namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  bool ok() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

std::string directory_of(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  return directory.empty() ? "." : directory.string();
}

base::Status system_failure(std::string_view what, const std::string& path, int error) {
  const std::string reason = std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return base::not_found(
          fmt::format("{} {} failed: the directory {} does not exist; make it, or set another path", what,
                      path, directory_of(path)));
    case EACCES:
    case EPERM:
    case EROFS:
      return base::permission_denied(fmt::format("{} {} failed: {}; let the daemon's user read and write {}",
                                                 what, path, reason, directory_of(path)));
    case EISDIR:
      return base::failed_precondition(
          fmt::format("{} {} failed: it is a directory; set the path of a file", what, path));
    default:
      return base::unavailable(fmt::format("{} {} failed: {}; check the disk", what, path, reason));
  }
}

base::Result<void> create(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) return base::fail(system_failure("making the state file", path, errno));
  if (::fsync(file.number()) != 0) return base::fail(system_failure("making the state file", path, errno));
  // SQLite syncs the directory for its journals but not for the file itself.
  const Descriptor directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.number()) != 0) {
    return base::fail(system_failure("making the state file", path, errno));
  }
  return {};
}

}  // namespace

base::Result<FileLock> FileLock::take(const std::string& state_path) {
  const std::string path = state_path + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return base::fail(system_failure("locking the state file with", path, errno));
  FileLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return base::fail(system_failure("locking the state file with", path, error));
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
    std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    holder.erase(holder.find_last_not_of("\n") + 1);
    return base::fail(base::failed_precondition(fmt::format(
        "the state file {} is used by another paynamed (process {}); stop it first, or set another path",
        state_path, holder.empty() ? "unknown" : holder)));
  }
  // Only for the message above: a lock whose holder cannot be named is still a lock.
  const std::string holder = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    return base::fail(system_failure("writing the lock file", path, errno));
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Result<void> prepare_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok() && errno == ENOENT) return create(path);
  if (!file.ok()) return base::fail(system_failure("opening the state file", path, errno));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    return base::fail(system_failure("opening the state file", path, errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return base::fail(base::failed_precondition(
        fmt::format("the state file {} is not a regular file; set the path of a file", path)));
  }
  if ((status.st_mode & 0077) != 0 && ::fchmod(file.number(), 0600) != 0) {
    return base::fail(base::permission_denied(fmt::format(
        "the state file {} may be read by others and its mode cannot be changed; give it to the daemon's "
        "user with mode 0600",
        path)));
  }
  if (status.st_size == 0) return {};
  std::array<char, kMagic.size()> begin{};
  const ssize_t size = ::pread(file.number(), begin.data(), begin.size(), 0);
  if (size != static_cast<ssize_t>(begin.size()) || std::string_view{begin.data(), begin.size()} != kMagic) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} is not a state file of paynamed (it does not begin like an SQLite file); set another path, "
        "or restore a backup",
        path)));
  }
  return {};
}

}  // namespace paynamed::state
