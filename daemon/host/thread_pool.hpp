// ThreadPool: the threads that plugins run on, apart from the daemon's own, so that a plugin that waits stops
// only itself. It can grow while all its threads are held.
//
// Threads: every function may be called from any thread but the pool's own (join).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>
#include <vector>

namespace paynamed::host {

class ThreadPool {
 public:
  // `first` threads now, at most `most` ever.
  ThreadPool(std::size_t first, std::size_t most);
  // After join().
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  boost::asio::any_io_executor executor() { return context_.get_executor(); }

  // One of the threads is held by a plugin, which is made up for by another thread if there may be one more;
  // and it is free again. Threads that were made stay.
  void held();
  void released();
  std::size_t threads() const;

  // Waits for the threads and ends what is queued on the caller's. Never returns if a thread is held for
  // ever.
  void join();

 private:
  void add_locked();

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const std::size_t first_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::size_t held_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace paynamed::host
