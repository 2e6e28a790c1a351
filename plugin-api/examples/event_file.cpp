// EventFile: a Notifier that appends each event as a line to a file, for whatever ships logs. The address is
// the name of the file. Queue, retries, dead letters and replay are the daemon's.
//
// Threads: one of the plugin's own, so that lines do not mix.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <paynamed/notifier.hpp>

namespace {

constexpr const char* kConfigSchema = R"({
  "type": "object",
  "properties": {"directory": {"type": "string", "description": "where the files are; it has to exist"}},
  "required": ["directory"]
})";

class EventFile final : public paynamed::Blocking<paynamed::Notifier> {
 public:
  EventFile(paynamed::Host host, const paynamed::Config& config)
      : paynamed::Blocking<paynamed::Notifier>(std::move(host), {.threads = 1}),
        directory_(config.string("directory")) {}

  DescribeNotifierReply describe(DescribeNotifierRequest, Call&) override { return {}; }

  CheckTargetReply check_target(CheckTargetRequest request, Call&) override {
    CheckTargetReply reply;
    reply.set_address(name_in(request.address()));
    return reply;
  }

  DeliverReply deliver(DeliverRequest request, Call&) override {
    const std::string path = directory_ + "/" + name_in(request.target().address()) + ".jsonl";
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0)
      throw Error(Code::kUnavailable, "The file of the target cannot be opened.", std::strerror(errno));
    const bool written = append(file, request.event() + "\n");
    const int error = errno;
    ::close(file);
    DeliverReply reply;
    reply.set_outcome(written ? DeliverReply::DELIVERED : DeliverReply::RETRY);
    if (!written)
      reply.set_reason(std::string("The event could not be written: ") + std::strerror(error) + ".");
    return reply;
  }

 private:
  // Nothing that leads out of the directory.
  static std::string name_in(const std::string& address) {
    const bool plain = address.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == address.npos;
    if (!plain || address.empty() || address.size() > 64) {
      throw Error(Code::kInvalidArgument, "The address is not 1 to 64 of a-z, 0-9, - and _.");
    }
    return address;
  }

  // A line on the disk, or nothing.
  static bool append(int file, const std::string& line) {
    struct stat before = {};
    if (::fstat(file, &before) != 0) return false;
    if (::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fdatasync(file) == 0) {
      return true;
    }
    const int error = errno;
    [[maybe_unused]] const int ignored = ::ftruncate(file, before.st_size);
    errno = error;
    return false;
  }

  const std::string directory_;
};

}  // namespace

PAYNAMED_MODULE(EventFile, "event_file", "1.0.0", kConfigSchema)
