#include "tests/bench/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace paynamed::bench {

Child::Child(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe to be had");
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  stdin_ = in[1];
  stdout_ = out[0];
  if (error != 0) {
    ::close(stdin_);
    ::close(stdout_);
    throw std::runtime_error(command.front() + " cannot be started");
  }
}

Child::~Child() {
  ::close(stdin_);
  if (running()) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(stdout_);
}

bool Child::running() {
  if (!ended_) ended_ = ::waitpid(pid_, nullptr, WNOHANG) != 0;
  return !ended_;
}

std::string Child::read_line() {
  std::string line;
  char byte = 0;
  while (::read(stdout_, &byte, 1) == 1) {
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  throw std::runtime_error("a child process ended before it was ready");
}

void Child::write_line(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(stdin_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("a child process takes no orders");
}

void Child::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ended_ = true;
}

}  // namespace paynamed::bench
