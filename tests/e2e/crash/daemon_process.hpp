// DaemonProcess: one life of the daemon under test, from its start to its end by SIGTERM, SIGKILL or a
// failpoint.
//
// Threads: one thread at a time, but for send_signal() and wait_for_end(); the child ends with the thread
// that made it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paynamed::crash {

class DaemonProcess {
 public:
  struct Settings {
    std::vector<std::string> words;   // program and arguments
    std::filesystem::path control;    // PAYNAMED_FAILPOINT_CONTROL
    std::filesystem::path trace;      // PAYNAMED_FAILPOINT_TRACE
    std::filesystem::path directory;  // the working folder
  };
  // Starts it and waits until it says "ready" or ends. Throws std::runtime_error when it can do neither.
  explicit DaemonProcess(Settings settings);
  // Kills it when it lives.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // "127.0.0.1:40123"; empty when it ended before it was ready.
  const std::string& address() const { return address_; }
  bool ready() const { return !address_.empty(); }

  void send_signal(int signal) const;
  // How it ended, as waitpid says it; nothing when it still lives after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  // Waits for the end and leaves the rest to wait(); may be called by another thread than the owner's.
  void wait_for_end(std::chrono::milliseconds patience);
  // Everything that it wrote.
  std::string log() const;

 private:
  void read_output(int from);

  pid_t pid_ = -1;
  std::optional<int> status_;
  std::string address_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string log_;
  bool ended_ = false;
  std::thread reader_;
};

}  // namespace paynamed::crash
