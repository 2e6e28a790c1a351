// The thread that owns all libunbound contexts of a Validator.
//
// Threads: submit(), abandon() and stop() may be called from any thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "names/unbound_context.hpp"
#include "names/validator.hpp"
#include "names/young_contexts.hpp"

struct ub_result;

namespace paynamed::names {

// One question. `done` is taken by whoever ends it first: the answer, the deadline, a cancellation or the
// end.
struct ValidationJob {
  boost::asio::any_io_executor executor;  // where `done` posts to; empty when somebody has ended the job
  std::string name;
  net::DnsType type{};
  Freshness freshness{};
  bool in_new_context = false;
  std::unique_ptr<base::Clock::Timer> deadline;
  std::function<void(base::Result<Validation>, std::unique_ptr<base::Clock::Timer>)> done;
  std::mutex mutex;  // guards executor, deadline and done

  // Calls `done` if nobody has; true when it was us.
  bool finish(base::Result<Validation> result);
  bool finished();
};

class Validator::Worker {
 public:
  Worker(ValidatorSettings settings, std::string configuration, UnboundContext shared,
         const base::Clock& clock);
  ~Worker();

  // RESOURCE_EXHAUSTED with a time when too many wait already, CANCELLED after stop(); the job is then not
  // taken.
  base::Status submit(std::shared_ptr<ValidationJob> job);
  // The job has been finished by somebody else: stop working for it.
  void abandon();
  // Ends every job with CANCELLED and joins the thread.
  void stop();

 private:
  struct Running {
    std::shared_ptr<ValidationJob> job;
    std::shared_ptr<YoungContext> young;  // of a question that is not cached; otherwise shared_ is used
    ub_ctx* context = nullptr;
    int id = 0;
    bool answered = false;
  };

  void run();
  void wake() const;
  void wait() const;
  // Those that somebody waits for.
  std::set<YoungContext*> young_at_work() const;
  void start_waiting();
  void start(std::shared_ptr<ValidationJob> job);
  void process();
  void sweep();
  static void answered(void* running, int error, ub_result* result);

  const ValidatorSettings settings_;
  UnboundContext shared_;
  YoungContexts young_;
  int wake_fd_;
  std::list<Running> running_;  // stable addresses: libunbound holds them

  std::mutex mutex_;
  std::deque<std::shared_ptr<ValidationJob>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace paynamed::names
