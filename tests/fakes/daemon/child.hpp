// Child: a program that a test runs, with all that it writes. It ends with its Child, and with the thread
// that started it. Its standard input is a pipe into which nothing is written.
//
// Threads: every function may be called from any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace paynamed::fakes {

class Child {
 public:
  // `words` begins with the program. `environment` ("NAME=value") is added to the test's own. A program that
  // is not there ends with 127. Throws std::runtime_error when no process can be made.
  explicit Child(std::vector<std::string> words, std::vector<std::string> environment = {});
  // SIGKILL, if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Nothing when it has ended.
  void signal(int number);
  // The exit code, or 128 and the signal that ended it; nothing when it still runs after `most`.
  std::optional<int> wait(std::chrono::milliseconds most);
  // Waits until either stream has one of the texts: false when the program ended, or `most` passed, without.
  bool wait_for_text(const std::vector<std::string_view>& texts, std::chrono::milliseconds most);
  // What it has written so far.
  std::string output() const;
  std::string errors() const;

 private:
  void collect(int output, int errors);

  pid_t pid_ = -1;
  int input_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;            // guarded by mutex_
  std::string errors_;            // guarded by mutex_
  std::optional<int> exit_code_;  // guarded by mutex_
  std::jthread collector_;
};

struct Ended {
  int exit_code = -1;
  std::string output;
  std::string errors;
};

// Runs a program to its end. Throws std::runtime_error with what it wrote when it does not end in time.
Ended run_program(std::vector<std::string> words, std::vector<std::string> environment = {},
                  std::chrono::milliseconds most = std::chrono::seconds{30});

}  // namespace paynamed::fakes
