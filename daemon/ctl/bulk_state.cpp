#include "ctl/bulk_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace paynamed::ctl {
namespace {

using base::Result;

constexpr std::string_view kHead = "paynamectl-bulk 2";

// Neither a URL nor a domain has a space in it.
std::string head_of(const BulkWork& work) {
  return fmt::format("{} {} {} {}", kHead, work.hash, work.url, work.domain.empty() ? "-" : work.domain);
}

// Why a file with this head is not the state of `work`; empty when it is.
std::string difference(const std::string& head, const BulkWork& work) {
  if (head == head_of(work)) return {};
  std::istringstream words{head};
  std::string name, version, hash, url, domain;
  words >> name >> version >> hash >> url >> domain;
  if (!words || fmt::format("{} {}", name, version) != kHead || (url == work.url && domain == work.domain))
    return "other rows, or no state file";
  if (url != work.url) return fmt::format("names at another daemon ({})", url);
  if (domain != (work.domain.empty() ? "-" : work.domain))
    return domain == "-" ? "names without --domain" : fmt::format("names with --domain {}", domain);
  return "other rows";
}

char letter_of(BulkFate fate) {
  return fate == BulkFate::kLive ? 'l' : fate == BulkFate::kUndone ? 'u' : 'r';
}

}  // namespace

BulkState::BulkState(BulkState&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      pending_(std::move(other.pending_)),
      fates_(std::move(other.fates_)),
      runs_(std::move(other.runs_)),
      position_(std::move(other.position_)) {
  std::ranges::copy(other.counts_, counts_);
}

BulkState::~BulkState() {
  if (file_ >= 0) close(file_);
}

Result<BulkState> BulkState::open(const std::string& path, const BulkWork& work) {
  BulkState state;
  state.fates_.assign(work.lines + 1, BulkFate::kWaiting);
  if (path.empty()) return state;
  state.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (state.file_ < 0) {
    return base::fail(base::invalid_argument(fmt::format(
        "cannot write the state file '{}' ({}); give another with --state", path, std::strerror(errno))));
  }
  if (flock(state.file_, LOCK_EX | LOCK_NB) != 0) {
    return base::fail(base::invalid_argument(
        fmt::format("another paynamectl is at work with the state file '{}'; wait for it", path)));
  }
  if (auto read = state.read(path, work); !read) return base::fail(read.error());
  return state;
}

Result<void> BulkState::read(const std::string& path, const BulkWork& work) {
  std::ifstream stream{path, std::ios::binary};
  std::string line;
  off_t whole = 0;
  bool first = true;
  while (std::getline(stream, line) && !stream.eof()) {
    if (const std::string other = first ? difference(line, work) : std::string{}; !other.empty()) {
      return base::fail(base::invalid_argument(fmt::format(
          "'{}' is the state of {}; give another with --state, or remove it if what it belongs to "
          "is done",
          path, other)));
    }
    if (!first) take(line);
    first = false;
    whole += static_cast<off_t>(line.size()) + 1;
  }
  // The line that a kill cut off.
  if (ftruncate(file_, whole) != 0 || lseek(file_, whole, SEEK_SET) < 0) {
    return base::fail(base::invalid_argument(
        fmt::format("cannot write the state file '{}' ({})", path, std::strerror(errno))));
  }
  if (first) pending_ = head_of(work) + "\n";
  return flush();
}

void BulkState::take(const std::string& line) {
  std::istringstream words{line};
  std::string kind;
  words >> kind;
  if (kind == "p") {
    words >> position_;
    return;
  }
  std::uint64_t row = 0;
  words >> row;
  if (!words || row == 0 || row >= fates_.size()) return;
  if (kind == "a") {
    words >> runs_[row];
    set(row, BulkFate::kAccepted);
    return;
  }
  runs_.erase(row);
  if (kind == "l") set(row, BulkFate::kLive);
  if (kind == "u") set(row, BulkFate::kUndone);
  // What was refused may be taken now, and is asked for under the same key.
}

std::string BulkState::run_of(std::uint64_t line) const {
  const auto found = runs_.find(line);
  return found == runs_.end() ? std::string{} : found->second;
}

std::uint64_t BulkState::count(BulkFate fate) const {
  return counts_[static_cast<std::size_t>(fate)];
}

void BulkState::set(std::uint64_t line, BulkFate fate) {
  BulkFate& now = fates_.at(line);
  if (now != BulkFate::kWaiting) --counts_[static_cast<std::size_t>(now)];
  now = fate;
  if (now != BulkFate::kWaiting) ++counts_[static_cast<std::size_t>(now)];
}

void BulkState::accepted(std::uint64_t line, const std::string& run) {
  set(line, BulkFate::kAccepted);
  pending_ += fmt::format("a {} {}\n", line, run);
}

void BulkState::ended(std::uint64_t line, BulkFate fate) {
  set(line, fate);
  runs_.erase(line);
  pending_ += fmt::format("{} {}\n", letter_of(fate), line);
}

void BulkState::seen(const std::string& position) {
  if (position == position_) return;
  position_ = position;
  pending_ += fmt::format("p {}\n", position);
}

Result<void> BulkState::flush() {
  std::string_view left = pending_;
  while (file_ >= 0 && !left.empty()) {
    const ssize_t written = write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return base::fail(
          base::unavailable(fmt::format("the state file cannot be written ({})", std::strerror(errno))));
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

}  // namespace paynamed::ctl
