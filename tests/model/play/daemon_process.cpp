#include "tests/model/play/daemon_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace paynamed::model {
namespace asio = boost::asio;
namespace json = boost::json;

struct DaemonProcess::Channel {
  Channel(asio::io_context& io, int descriptor) : socket(io, asio::local::stream_protocol(), descriptor) {}
  asio::local::stream_protocol::socket socket;
  std::string text;
};

DaemonProcess::DaemonProcess(asio::io_context& io, World& world, LifeSettings settings)
    : io_(io),
      world_(world),
      settings_(std::move(settings)),
      control_file_(settings_.parts.folder + "/failpoints") {
  const int file = ::open(control_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const bool sized = file >= 0 && ::ftruncate(file, sizeof(base::FailpointControl)) == 0;
  void* mapped =
      sized ? ::mmap(nullptr, sizeof(base::FailpointControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
            : MAP_FAILED;
  if (file >= 0) ::close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("no file for failpoints: " + control_file_);
  control_ = new (mapped) base::FailpointControl;
}

DaemonProcess::~DaemonProcess() {
  on_death = nullptr;
  kill();
  ::munmap(control_, sizeof(base::FailpointControl));
}

void DaemonProcess::start(std::uint64_t seed) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) throw std::runtime_error("no channel");
  settings_.parts.seed = seed;
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What it shares with the play is its channel alone.
    constexpr int kChannel = 3;
    ::dup2(ends[1], kChannel);
    ::close_range(kChannel + 1, ~0U, 0);
    ::setenv("PAYNAMED_FAILPOINT_CONTROL", control_file_.c_str(), 1);
    LifeSettings mine = settings_;
    mine.channel = kChannel;
    live(mine, world_);
  }
  ::close(ends[1]);
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  channel_ = std::make_shared<Channel>(io_, ends[0]);
  read(channel_);
}

void DaemonProcess::kill() {
  if (!lives()) return;
  ::kill(pid_, SIGKILL);
  bury();
}

void DaemonProcess::arm(const std::string& failpoint, std::int64_t passes) {
  control_->remaining = 0;
  control_->name[failpoint.copy(control_->name, sizeof control_->name - 1)] = '\0';
  control_->remaining = passes;
}

void DaemonProcess::send(const json::object& line) {
  if (!lives()) return;
  boost::system::error_code gone;
  asio::write(channel_->socket, asio::buffer(json::serialize(line) + "\n"), gone);
}

// What a process said before it died was said, so the end of the channel is its end.
void DaemonProcess::read(const std::shared_ptr<Channel>& channel) {
  asio::async_read_until(channel->socket, asio::dynamic_buffer(channel->text), '\n',
                         [this, channel](boost::system::error_code error, std::size_t size) {
                           if (channel != channel_) return;
                           if (error) return bury();
                           const json::object line = json::parse(channel->text.substr(0, size)).as_object();
                           channel->text.erase(0, size);
                           if (on_line) on_line(line);
                           read(channel);
                         });
}

void DaemonProcess::bury() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  channel_.reset();
  arm("", 0);
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (on_death)
    on_death(killed ? std::string{} : fmt::format("it ended by itself, with status {:#x}", status));
}

}  // namespace paynamed::model
