#include "state/writer_thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/failpoint.hpp"

namespace paynamed::state {
namespace {

// A batch that was just resumed usually brings the next one: for as long as a commit takes, and within these
// bounds, the writer waits for it to be complete rather than commit its first writes alone.
constexpr base::MonotonicTime::duration kLeastGather = std::chrono::milliseconds{1};
constexpr base::MonotonicTime::duration kMostGather = std::chrono::milliseconds{20};

// So many of a batch are worth waking another thread that resumes them.
constexpr std::size_t kLeastShare = 8;

// A reader kept erased secrets in the WAL: how soon that is tried again when nothing is written.
constexpr std::chrono::milliseconds kWipeAgain{250};

// Times are smoothed over so many batches: one slow fsync says little about the next.
constexpr int kSmoothing = 8;

base::MonotonicTime::duration smoothed(base::MonotonicTime::duration before,
                                       base::MonotonicTime::duration now) {
  return before + (now - before) / kSmoothing;
}

}  // namespace

// Outlives the thread as long as a posted batch may still run.
struct WriterThread::Queue {
  mutable std::mutex mutex;
  std::condition_variable changed;
  Batch waiting;
  std::size_t enough = 1;  // so many are written without waiting for more
  int resuming = 0;        // posts that have not run to their end yet
  bool closed = false;

  void resumed() {
    {
      const std::lock_guard lock(mutex);
      --resuming;
    }
    changed.notify_one();
  }
};

base::Result<std::unique_ptr<WriterThread>> WriterThread::start(Connection connection,
                                                                std::uint64_t max_open_runs,
                                                                Settings settings, base::Clock& clock,
                                                                std::function<void(UnitWriter&)> committed) {
  std::unique_ptr<WriterThread> writer(new WriterThread(std::move(connection), max_open_runs,
                                                        std::move(settings), clock, std::move(committed)));
  if (auto loaded = writer->writer_.load(); !loaded) return base::fail(loaded.error());
  writer->committed_(writer->writer_);
  writer->thread_ = std::thread([self = writer.get()] { self->run(); });
  return writer;
}

WriterThread::WriterThread(Connection connection, std::uint64_t max_open_runs, Settings settings,
                           base::Clock& clock, std::function<void(UnitWriter&)> committed)
    : connection_(std::move(connection)),
      writer_(connection_, max_open_runs),
      settings_(std::move(settings)),
      clock_(clock),
      committed_(std::move(committed)),
      next_checkpoint_(settings_.checkpoint_pages),
      queue_(std::make_shared<Queue>()) {
  sqlite3_wal_hook(
      connection_.raw(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<WriterThread*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

WriterThread::~WriterThread() {
  close();
}

void WriterThread::push(std::unique_ptr<QueuedWrite> write) {
  bool wake = false;
  {
    const std::lock_guard lock(queue_->mutex);
    if (!queue_->closed) {
      queue_->waiting.push_back(std::move(write));
      wake = queue_->waiting.size() == 1 || queue_->waiting.size() == queue_->enough;
    }
  }
  if (write) {
    write->fail(
        base::unavailable("the state is closed, because the daemon stops; try again when it is back"));
    Batch batch;
    batch.push_back(std::move(write));
    resume(std::move(batch));
  } else if (wake) {
    queue_->changed.notify_one();
  }
}

std::size_t WriterThread::queued() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->waiting.size();
}

void WriterThread::close() {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->closed = true;
  }
  queue_->changed.notify_one();
  if (thread_.joinable()) thread_.join();
}

// False when there is none after a while, and the WAL has to be emptied.
bool WriterThread::await_work(std::unique_lock<std::mutex>& lock) {
  const auto is_there = [&] { return queue_->closed || !queue_->waiting.empty(); };
  if (!writer_.has_erased_secrets()) {
    queue_->changed.wait(lock, is_there);
    return true;
  }
  return queue_->changed.wait_for(lock, kWipeAgain, is_there);
}

// A crash may have come between the erasing of a secret and the end of the WAL that has it.
void WriterThread::empty_old_wal() {
  const int rc =
      sqlite3_wal_checkpoint_v2(connection_.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (rc == SQLITE_OK) return writer_.wal_is_empty();
  if ((rc & 0xFF) != SQLITE_BUSY) die("a checkpoint failed", connection_.failure("wal_checkpoint"));
}

void WriterThread::run() {
  empty_old_wal();
  while (true) {
    Batch batch;
    {
      std::unique_lock lock(queue_->mutex);
      if (!await_work(lock)) {
        lock.unlock();
        if (!broken_) checkpoint_if_due();
        continue;
      }
      queue_->enough = enough();
      queue_->changed.wait_for(lock, std::clamp(commit_time_, kLeastGather, kMostGather), [&] {
        return queue_->closed || queue_->waiting.size() >= queue_->enough ||
               (queue_->resuming == 0 && !queue_->waiting.empty());
      });
      if (queue_->waiting.empty()) break;
      if (queue_->waiting.size() <= settings_.max_batch) {
        batch.swap(queue_->waiting);
      } else {
        const auto end = queue_->waiting.begin() + static_cast<std::ptrdiff_t>(settings_.max_batch);
        batch.assign(std::make_move_iterator(queue_->waiting.begin()), std::make_move_iterator(end));
        queue_->waiting.erase(queue_->waiting.begin(), end);
      }
    }
    if (!broken_) write_batch(batch);
    if (broken_) fail_all(batch);
    resume(std::move(batch));
    if (!broken_) checkpoint_if_due();
  }
  if (!broken_) {
    // Leaves one file without a WAL. When a reader still holds it, the next start does the same.
    sqlite3_wal_checkpoint_v2(connection_.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
}

// A batch whose writing takes a third of a commit's time is large enough: more comes while it is committed,
// and is worked on meanwhile. Two halves that take turns keep all cores busy, where one whole would have the
// writer and the others wait for each other; on a slow disk a batch is whole.
std::size_t WriterThread::enough() const {
  if (write_time_.count() <= 0) return settings_.max_batch;
  const auto units = static_cast<std::size_t>(commit_time_ / (3 * write_time_)) + 1;
  return std::clamp(units, kLeastShare, settings_.max_batch);
}

void WriterThread::write_batch(Batch& batch) {
  const base::MonotonicTime begun_at = clock_.monotonic();
  if (auto begun = writer_.begin(); !begun) return die("a transaction could not begin", begun.error());
  for (auto& write : batch) {
    write->write(writer_);
    if (must_stop(*write)) return die("a row could not be written", *write->failure());
    if (writer_.dirty()) {
      if (auto back = writer_.roll_back(); !back)
        return die("a transaction could not be undone", back.error());
      return write_one_by_one(batch);
    }
  }
  write_time_ = smoothed(write_time_, (clock_.monotonic() - begun_at) / static_cast<int>(batch.size()));
  commit();
}

// The way of a batch with a unit that failed half-way: nobody else may suffer for it.
void WriterThread::write_one_by_one(Batch& batch) {
  for (auto& write : batch) {
    if (auto begun = writer_.begin(); !begun) return die("a transaction could not begin", begun.error());
    write->write(writer_);
    if (must_stop(*write)) return die("a row could not be written", *write->failure());
    if (writer_.dirty()) {
      if (auto back = writer_.roll_back(); !back)
        return die("a transaction could not be undone", back.error());
    } else if (!commit()) {
      return;
    }
  }
}

bool WriterThread::commit() {
  const base::MonotonicTime begun = clock_.monotonic();
  PAYNAMED_FAILPOINT("state.commit.before");
  if (auto done = writer_.commit(); !done) {
    die("a commit failed", done.error());
    return false;
  }
  PAYNAMED_FAILPOINT("state.commit.after");
  commit_time_ = smoothed(commit_time_, clock_.monotonic() - begun);
  committed_(writer_);
  return true;
}

bool WriterThread::must_stop(const QueuedWrite& write) const {
  if (write.failure() == nullptr) return false;
  switch (sqlite3_errcode(connection_.raw()) & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
    case SQLITE_CONSTRAINT:
      return false;
    default:
      return true;
  }
}

void WriterThread::die(std::string_view doing, const base::Status& status) {
  broken_ = true;
  const std::string line =
      fmt::format("paynamed: {} in the state file, so what is on disk is not known any more; stopping: {}",
                  doing, status.to_string());
  if (settings_.fatal) {
    settings_.fatal(line);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
    std::abort();
  }
}

void WriterThread::fail_all(Batch& batch) {
  for (auto& write : batch) {
    write->fail(base::unavailable("the state file cannot be written; the daemon has to be restarted"));
  }
}

void WriterThread::resume(Batch batch) {
  // What runs on the executor: resumes one after the other, and says when they are through or dropped.
  struct Resumed {
    explicit Resumed(std::shared_ptr<Queue> of) : queue(std::move(of)) {}
    Resumed(Resumed&& other) noexcept : queue(std::move(other.queue)), writes(std::move(other.writes)) {}
    ~Resumed() {
      if (queue) queue->resumed();
    }
    void operator()() {
      std::exception_ptr thrown;
      for (auto& write : writes) {
        const std::unique_ptr<QueuedWrite> alive = std::move(write);
        try {
          alive->resume();
        } catch (...) {
          // It came out of the caller's own code; the others must still hear of their results.
          if (!thrown) thrown = std::current_exception();
        }
      }
      if (thrown) std::rethrow_exception(thrown);
    }
    std::shared_ptr<Queue> queue;
    Batch writes;
  };

  while (!batch.empty()) {
    const boost::asio::any_io_executor executor = batch.front()->executor();
    // What is posted may end all work there before post() has returned: the context must not go meanwhile.
    const boost::asio::any_io_executor working =
        boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    Batch mine, others;
    for (auto& write : batch) (write->executor() == executor ? mine : others).push_back(std::move(write));
    // While the writer waits for the next batch its core is free too: the executor's threads share the work.
    const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
    const std::size_t share = std::max(kLeastShare, (mine.size() + cores - 1) / cores);
    std::vector<Resumed> posts;
    for (auto& write : mine) {
      if (posts.empty() || posts.back().writes.size() == share) posts.emplace_back(queue_);
      posts.back().writes.push_back(std::move(write));
    }
    {
      const std::lock_guard lock(queue_->mutex);
      queue_->resuming += static_cast<int>(posts.size());
    }
    for (Resumed& each : posts) boost::asio::post(executor, std::move(each));
    batch = std::move(others);
  }
}

void WriterThread::checkpoint_if_due() {
  // The WAL has begun anew, though a reader kept the last checkpoint from its end.
  if (wal_pages_ != 0 && wal_pages_ < last_wal_pages_) {
    last_wal_pages_ = 0;
    next_checkpoint_ = settings_.checkpoint_pages;
  }
  // Sealed secrets that were erased are gone from the file after a checkpoint, and from the WAL when that is
  // cut off; a reader that is still at it puts that off.
  const bool wipes = writer_.has_erased_secrets();
  if (!wipes && wal_pages_ < next_checkpoint_) return;
  // PASSIVE never waits for a reader. Only when readers have kept the WAL from its beginning for long, wait
  // for them.
  const bool insist = wal_pages_ >= 4 * settings_.checkpoint_pages;
  int pages = 0, done = 0;
  PAYNAMED_FAILPOINT("state.checkpoint.before");
  const int mode = wipes    ? SQLITE_CHECKPOINT_TRUNCATE
                   : insist ? SQLITE_CHECKPOINT_RESTART
                            : SQLITE_CHECKPOINT_PASSIVE;
  const int rc = sqlite3_wal_checkpoint_v2(connection_.raw(), nullptr, mode, &pages, &done);
  if (rc != SQLITE_OK && (rc & 0xFF) != SQLITE_BUSY) {
    return die("a checkpoint failed", connection_.failure("wal_checkpoint"));
  }
  if (wipes && rc == SQLITE_OK) writer_.wal_is_empty();
  PAYNAMED_FAILPOINT("state.checkpoint.after");
  next_checkpoint_ = done >= pages && rc == SQLITE_OK ? settings_.checkpoint_pages
                                                      : wal_pages_ + settings_.checkpoint_pages / 4;
  last_wal_pages_ = std::exchange(wal_pages_, 0);
}

}  // namespace paynamed::state
