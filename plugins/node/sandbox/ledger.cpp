#include "ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "paynamed/error.hpp"

namespace paynamed::sandbox {

Ledger::Ledger(const std::filesystem::path& path) : file_(File::open(path, O_RDWR | O_CREAT | O_APPEND)) {
  if (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw_system_error("lock", path);
    throw Error(Code::kFailedPrecondition,
                "The state file " + path.string() +
                    " is in use by another sandbox instance or daemon; give each its own "
                    "state_file.");
  }
  sync_directory_of(path);
}

std::size_t Ledger::replay(const std::function<void(Change&&)>& apply) {
  const auto content = file_.read_all();
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  std::size_t start = 0;
  for (std::size_t number = 1; start < text.size(); ++number) {
    const auto end = text.find('\n', start);
    if (end == std::string_view::npos) break;
    // A power cut may leave the end of the last line without its beginning.
    if (end + 1 == text.size() && text.find('\0', start) < end) break;
    try {
      apply(from_line(text.substr(start, end - start)));
    } catch (const Error& error) {
      throw Error(Code::kDataLoss, "The state file " + file_.path().string() + " cannot be read at line " +
                                       std::to_string(number) + ": " + error.message() +
                                       " Restore it from a backup, or remove it to start anew.");
    }
    start = end + 1;
  }
  if (start < text.size()) {
    file_.truncate(start);
    file_.sync();
  }
  size_ = start;
  return text.size() - start;
}

void Ledger::append(const Change& change) {
  if (broken_) {
    throw Error(Code::kDataLoss, "The state file " + file_.path().string() +
                                     " failed before; check the disk, then restart the daemon.");
  }
  const auto line = to_line(change) + "\n";
  try {
    file_.write_all(view(line));
  } catch (const Error& error) {
    broken_ = true;
    try {
      file_.truncate(size_);
    } catch (const Error& also) {
      throw Error(Code::kDataLoss, also.message(), error.message());
    }
    broken_ = false;
    throw Error(Code::kUnavailable, error.message());
  }
  // After a failed fsync the kernel may have dropped the pages: trying again would prove nothing.
  broken_ = true;
  try {
    file_.sync();
  } catch (const Error& error) {
    throw Error(Code::kDataLoss, error.message());
  }
  broken_ = false;
  size_ += line.size();
}

}  // namespace paynamed::sandbox
