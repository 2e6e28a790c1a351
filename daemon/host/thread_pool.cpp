#include "host/thread_pool.hpp"

#include <algorithm>

namespace paynamed::host {

ThreadPool::ThreadPool(std::size_t first, std::size_t most)
    : work_(boost::asio::make_work_guard(context_)),
      first_(std::max<std::size_t>(first, 1)),
      most_(std::max(first_, most)) {
  const std::lock_guard lock(mutex_);
  while (threads_.size() < first_) add_locked();
}

ThreadPool::~ThreadPool() {
  join();
}

void ThreadPool::add_locked() {
  threads_.emplace_back([this] { context_.run(); });
}

void ThreadPool::held() {
  const std::lock_guard lock(mutex_);
  ++held_;
  if (threads_.size() < std::min(first_ + held_, most_)) add_locked();
}

void ThreadPool::released() {
  const std::lock_guard lock(mutex_);
  --held_;
}

std::size_t ThreadPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void ThreadPool::join() {
  std::vector<std::thread> joined;
  {
    const std::lock_guard lock(mutex_);
    joined.swap(threads_);
  }
  if (joined.empty()) return;
  context_.stop();
  for (auto& thread : joined) thread.join();
  // What is still queued keeps its instance alive, and with it this pool.
  context_.restart();
  context_.poll();
}

}  // namespace paynamed::host
