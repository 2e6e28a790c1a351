#include "tests/e2e/crash/daemon_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <stdexcept>

namespace paynamed::crash {
namespace {

// Sanitizers and a busy machine make a start long.
constexpr std::chrono::seconds kStartPatience{60};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const DaemonProcess::Settings& settings) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view{*each}.starts_with("PAYNAMED_FAILPOINT")) variables.emplace_back(*each);
  }
  variables.push_back("PAYNAMED_FAILPOINT_CONTROL=" + settings.control.string());
  variables.push_back("PAYNAMED_FAILPOINT_TRACE=" + settings.trace.string());
  return variables;
}

// The address in the line "ready" of a JSON log; empty when there is none yet.
std::string address_in(const std::string& log) {
  const auto at = log.find(R"("message":"ready")");
  if (at == std::string::npos) return {};
  const auto end = log.find('\n', at);
  if (end == std::string::npos) return {};
  const auto begin = log.rfind('\n', at) + 1;
  const auto line = boost::json::parse(log.substr(begin, end - begin));
  return std::string{line.at("api").as_string()};
}

}  // namespace

DaemonProcess::DaemonProcess(Settings settings) {
  auto variables = environment_with(settings);
  const auto argv = pointers(settings.words);
  const auto environment = pointers(variables);
  const std::string directory = settings.directory.string();
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || chdir(directory.c_str()) != 0) _exit(125);
    dup2(out[1], 1);
    dup2(out[1], 2);
    execve(argv[0], argv.data(), environment.data());
    _exit(127);
  }
  close(out[1]);
  reader_ = std::thread([this, from = out[0]] { read_output(from); });

  std::unique_lock lock(mutex_);
  const bool said = changed_.wait_for(lock, kStartPatience, [&] {
    address_ = address_in(log_);
    return ended_ || !address_.empty();
  });
  if (said) return;
  const std::string log = log_;
  lock.unlock();
  send_signal(SIGKILL);
  reader_.join();
  waitpid(pid_, nullptr, 0);
  throw std::runtime_error("the daemon is not ready after a minute; it said:\n" + log);
}

DaemonProcess::~DaemonProcess() {
  if (!status_) {
    send_signal(SIGKILL);
    wait(std::chrono::hours{1});
  }
  reader_.join();
}

void DaemonProcess::read_output(int from) {
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (got <= 0) {
      ended_ = true;
    } else {
      log_.append(buffer, static_cast<std::size_t>(got));
    }
    changed_.notify_all();
    if (ended_) break;
  }
  close(from);
}

void DaemonProcess::send_signal(int signal) const {
  ::kill(pid_, signal);
}

std::optional<int> DaemonProcess::wait(std::chrono::milliseconds patience) {
  if (status_) return status_;
  {
    std::unique_lock lock(mutex_);
    // Nobody but the daemon holds the other end of the pipe.
    if (!changed_.wait_for(lock, patience, [&] { return ended_; })) return std::nullopt;
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
  return status_;
}

void DaemonProcess::wait_for_end(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return ended_; });
}

std::string DaemonProcess::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

}  // namespace paynamed::crash
