#include "tests/fakes/daemon/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Appends what can be read; false at the end of the stream.
bool append(int from, std::string& to, std::mutex& mutex) {
  std::array<char, 8192> buffer;
  const ssize_t got = ::read(from, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  const std::lock_guard lock(mutex);
  to.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

}  // namespace

Child::Child(std::vector<std::string> words, std::vector<std::string> environment) {
  for (char** own = environ; *own != nullptr; ++own) {
    const std::string_view variable{*own};
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    bool replaced = false;
    for (const auto& given : environment) replaced = replaced || given.starts_with(name);
    if (!replaced) environment.emplace_back(variable);
  }
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  int in[2];
  int out[2];
  int err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2 failed");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::execvpe(argv.front(), argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  input_ = in[1];
  collector_ = std::jthread{[this, output = out[0], errors = err[0]] { collect(output, errors); }};
}

Child::~Child() {
  signal(SIGKILL);
  ::close(input_);
}

void Child::collect(int output, int errors) {
  std::array<pollfd, 2> streams{pollfd{output, POLLIN, 0}, pollfd{errors, POLLIN, 0}};
  std::array<std::string*, 2> texts{&output_, &errors_};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    if (::poll(streams.data(), streams.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      if (append(streams[i].fd, *texts[i], mutex_)) continue;
      ::close(streams[i].fd);
      streams[i].fd = -1;
    }
    changed_.notify_all();
  }
  // Left unreaped until the lock is held: a pid that signal() uses is never another process's.
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  {
    const std::lock_guard lock(mutex_);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  changed_.notify_all();
}

void Child::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [this] { return exit_code_.has_value(); });
  return exit_code_;
}

bool Child::wait_for_text(const std::vector<std::string_view>& texts, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  const auto there = [&] {
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
      return output_.find(text) != output_.npos || errors_.find(text) != errors_.npos;
    });
  };
  changed_.wait_for(lock, most, [&] { return exit_code_ || there(); });
  return there();
}

std::string Child::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string Child::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

Ended run_program(std::vector<std::string> words, std::vector<std::string> environment,
                  std::chrono::milliseconds most) {
  const std::string name = words.front();
  Child child{std::move(words), std::move(environment)};
  const auto code = child.wait(most);
  if (!code) {
    throw std::runtime_error(fmt::format("{} did not end in {} ms; it wrote:\n{}{}", name, most.count(),
                                         child.output(), child.errors()));
  }
  return {*code, child.output(), child.errors()};
}

}  // namespace paynamed::fakes
