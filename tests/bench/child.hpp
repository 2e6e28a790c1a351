// Child: a process of ours that is measured from outside.
//
// Threads: one thread at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace paynamed::bench {

class Child {
 public:
  // Starts a program; its stdin and stdout are pipes, its stderr goes to `log`. Throws when it cannot.
  Child(const std::vector<std::string>& command, const std::filesystem::path& log);
  ~Child();  // ends it by SIGTERM and waits for it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // The next line of its stdout; throws when it ended without one.
  std::string read_line();
  // A line for its stdin.
  void write_line(const std::string& line);
  // SIGKILL, and waits for it.
  void kill();

 private:
  pid_t pid_ = 0;
  int stdin_ = -1;
  int stdout_ = -1;
  bool ended_ = false;
};

}  // namespace paynamed::bench
