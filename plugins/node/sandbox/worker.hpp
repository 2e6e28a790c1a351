// A thread that does one job after another, for work that waits for the disk.
//
// Threads: post() from any thread; stop() and the destructor on the strand.
#pragma once

#include <paynamed/host.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace paynamed::sandbox {

class Worker {
 public:
  explicit Worker(Host host) : host_(std::move(host)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // The thread starts with the first job. `job` must not throw. False, and the job is dropped, if too many
  // wait or the worker is stopping.
  bool post(std::function<void()> job);

  // Takes no more jobs, does those that wait, ends the thread, then calls `done` on the strand.
  void stop(std::function<void()> done);

 private:
  void work();

  const Host host_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::thread thread_;
};

}  // namespace paynamed::sandbox
