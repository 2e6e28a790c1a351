#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "paynamed/error.hpp"

namespace paynamed::sandbox {

void throw_system_error(std::string_view doing, const std::filesystem::path& path) {
  const auto reason = std::error_code(errno, std::generic_category()).message();
  throw Error(Code::kFailedPrecondition, "The sandbox could not " + std::string(doing) + " the file " +
                                             path.string() + ": " + reason +
                                             "; check the path and its directory's permissions.");
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) throw_system_error("open", path);
  return File(descriptor, path);
}

bool File::exists(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return true;
  if (errno == ENOENT) return false;
  throw_system_error("look at", path);
}

std::uint64_t File::size() const {
  struct stat found {};
  if (::fstat(descriptor_, &found) != 0) throw_system_error("look at", path_);
  return static_cast<std::uint64_t>(found.st_size);
}

Bytes File::read_all() const {
  Bytes content(size());
  std::size_t done = 0;
  while (done < content.size()) {
    const auto count =
        ::pread(descriptor_, content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_system_error("read", path_);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  content.resize(done);
  return content;
}

void File::write_all(BytesView bytes) const {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_system_error("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::sync() const {
  if (::fsync(descriptor_) != 0) throw_system_error("make durable", path_);
}

void File::truncate(std::uint64_t size) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw_system_error("shorten", path_);
}

void sync_directory_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  File::open(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY).sync();
}

}  // namespace paynamed::sandbox
