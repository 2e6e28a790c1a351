// WriterThread: the one thread that writes. It takes all that is queued, writes it in one transaction (group
// commit), and resumes the batch by a post a core.
//
// Threads: push() and close() may be called from any thread; everything else happens on the writer's.
#pragma once

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "state/unit_writer.hpp"

namespace paynamed::state {

// A write on its way: its unit, its result, and who waits for it.
class QueuedWrite {
 public:
  explicit QueuedWrite(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)),
        // The caller's io_context must not end while its write is here.
        work_(boost::asio::prefer(executor_, boost::asio::execution::outstanding_work.tracked)) {}
  virtual ~QueuedWrite() = default;
  QueuedWrite(const QueuedWrite&) = delete;
  QueuedWrite& operator=(const QueuedWrite&) = delete;

  const boost::asio::any_io_executor& executor() const { return executor_; }
  virtual void write(UnitWriter& writer) = 0;
  virtual const base::Status* failure() const = 0;
  virtual void fail(base::Status status) = 0;
  virtual void resume() = 0;

 private:
  boost::asio::any_io_executor executor_;
  boost::asio::any_io_executor work_;
};

template <class Value>
class QueuedWriteOf final : public QueuedWrite {
 public:
  using Handler = boost::asio::any_completion_handler<void(base::Result<Value>)>;
  using Action = std::function<base::Result<Value>(UnitWriter&)>;
  QueuedWriteOf(boost::asio::any_io_executor executor, Action action, Handler handler)
      : QueuedWrite(std::move(executor)), action_(std::move(action)), handler_(std::move(handler)) {}

  void write(UnitWriter& writer) override { result_.emplace(action_(writer)); }
  const base::Status* failure() const override { return *result_ ? nullptr : &result_->error(); }
  void fail(base::Status status) override { result_.emplace(base::fail(std::move(status))); }
  void resume() override { std::move(handler_)(std::move(*result_)); }

 private:
  Action action_;
  Handler handler_;
  std::optional<base::Result<Value>> result_;
};

class WriterThread {
 public:
  struct Settings {
    std::size_t max_batch = 256;
    // Checkpoints when the WAL has so many pages, and insists (waits for readers) at four times as many.
    int checkpoint_pages = 4000;
    // What ends the process when a commit or fsync failed. Not returning is its job; if it does return (in a
    // test), every write from then on fails with UNAVAILABLE.
    std::function<void(const std::string& line)> fatal;
  };

  // Reads where the log stands and starts the thread. `clock` must outlive it. `committed` runs once now and
  // then on the writer's thread after each commit, before anybody is resumed.
  static base::Result<std::unique_ptr<WriterThread>> start(Connection connection, std::uint64_t max_open_runs,
                                                           Settings settings, base::Clock& clock,
                                                           std::function<void(UnitWriter&)> committed);
  ~WriterThread();

  void push(std::unique_ptr<QueuedWrite> write);
  std::size_t queued() const;
  // Writes what is queued, resumes it, checkpoints and ends the thread. Later writes fail with UNAVAILABLE.
  void close();

 private:
  using Batch = std::vector<std::unique_ptr<QueuedWrite>>;
  struct Queue;

  WriterThread(Connection connection, std::uint64_t max_open_runs, Settings settings, base::Clock& clock,
               std::function<void(UnitWriter&)> committed);
  void run();
  bool await_work(std::unique_lock<std::mutex>& lock);
  void empty_old_wal();
  std::size_t enough() const;
  void write_batch(Batch& batch);
  void write_one_by_one(Batch& batch);
  bool commit();
  void resume(Batch batch);
  void checkpoint_if_due();
  bool must_stop(const QueuedWrite& write) const;
  void die(std::string_view doing, const base::Status& status);
  void fail_all(Batch& batch);

  Connection connection_;
  UnitWriter writer_;
  Settings settings_;
  base::Clock& clock_;
  std::function<void(UnitWriter&)> committed_;
  int wal_pages_ = 0;       // in the WAL after the last commit; 0 when a checkpoint came after it
  int last_wal_pages_ = 0;  // at the last checkpoint
  int next_checkpoint_ = 0;
  bool broken_ = false;
  base::MonotonicTime::duration write_time_{};   // of one unit
  base::MonotonicTime::duration commit_time_{};  // of one batch
  std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace paynamed::state
