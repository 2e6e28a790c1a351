#include "worker.hpp"

namespace paynamed::sandbox {

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Worker::post(std::function<void()> job) {
  constexpr std::size_t kMostJobs = 1024;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= kMostJobs) return false;
    jobs_.push_back(std::move(job));
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  wake_.notify_one();
  return true;
}

void Worker::stop(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (thread_.joinable()) stopped_ = std::exchange(done, nullptr);
  }
  wake_.notify_one();
  if (done) done();
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) break;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
  if (!stopped_) return;
  auto done = std::exchange(stopped_, nullptr);
  lock.unlock();
  // On the strand, for a thread cannot join itself.
  host_.after(std::chrono::milliseconds(0), [this, done = std::move(done)] {
    thread_.join();
    done();
  });
}

}  // namespace paynamed::sandbox
