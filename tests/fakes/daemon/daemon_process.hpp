// DaemonProcess: paynamed in a process of its own, which a test starts, ends and starts again.
//
// Threads: one thread at a time; the daemon ends when the thread that started it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"

namespace paynamed::fakes {

class DaemonProcess {
 public:
  // `program` is the paynamed binary (or another that takes its command line).
  DaemonProcess(std::filesystem::path program, std::filesystem::path config,
                std::vector<std::string> environment = {});
  // SIGKILL, if it still runs. Ends the test's process when the daemon ended because of a broken event.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Starts it and waits until it serves. Throws std::runtime_error with its log when it does not.
  void start();
  // Starts it and does not wait: for a daemon that will refuse, or be killed early.
  void launch();
  // Waits until it serves: false when it ended instead, or `most` passed. With [api] listen at port 0 the
  // port is known from here on.
  bool wait_ready(std::chrono::milliseconds most = std::chrono::seconds{30});
  // SIGTERM, and its exit code. Throws when it has not ended after `most`.
  int terminate(std::chrono::milliseconds most = std::chrono::seconds{30});
  void kill();
  // The exit code of a daemon that ends by itself; nothing when it still runs after `most`.
  std::optional<int> wait(std::chrono::milliseconds most = std::chrono::seconds{30});
  bool wait_for_log(std::string_view text, std::chrono::milliseconds most = std::chrono::seconds{30});

  // Of the API; 0 before wait_ready().
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_ ? child_->pid() : -1; }
  // All that it logged, and the daemons that were started here before it.
  std::string log() const;
  // What the running daemon logged, or the last one.
  std::string last_log() const;

 private:
  void end_if_it_wrote_a_broken_event() const;

  std::filesystem::path program_;
  std::filesystem::path config_;
  std::vector<std::string> environment_;
  std::uint16_t port_ = 0;
  std::string earlier_log_;
  std::unique_ptr<Child> child_;
};

}  // namespace paynamed::fakes
