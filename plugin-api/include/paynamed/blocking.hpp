// Blocking<DnsProvider>: the same contract in straight code. Each function is
//     PublishReply publish(PublishRequest request, Call& call) override;
// runs on a thread of the plugin's own, may wait as long as it likes, returns its reply or throws Error.
// Several run at the same time: what they share needs a mutex.
//
// Threads: functions of the contract run on the plugin's threads; constructor and stop on the strand.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "paynamed/plugin.hpp"

namespace paynamed {

struct BlockingOptions {
  std::size_t threads = 4;  // started as they are needed
  std::size_t queue = 256;  // calls that may wait for a thread; more are refused with RESOURCE_EXHAUSTED
};

class BlockingStyle : public Plugin {
 public:
  explicit BlockingStyle(Host host, BlockingOptions options = {})
      : host_(std::move(host)), options_(options) {}
  // Threads are gone by then: either stop was done, or no call ever came.
  ~BlockingStyle() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    join();
  }

  // Calls that have not begun are refused, those that have may end; then the threads are joined. An override
  // must call this one.
  void stop(std::function<void()> done) override {
    std::deque<Job> refused;
    bool waits = false;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      refused.swap(jobs_);
      waits = running_ > 0;
      if (waits) stopped_ = done;
    }
    wake_.notify_all();
    for (auto& job : refused) refuse(job.reply, "the plugin is stopping");
    if (!waits) done();
  }

 protected:
  template <class T>
  using Returns = T;
  template <class T>
  using Second = Call&;

  template <class T>
  [[noreturn]] static T unimplemented(Call& call) {
    throw Error(Code::kUnimplemented, "This plugin does not have the method " + call.method() + ".");
  }

  template <auto function, class Contract, class Request, class ReplyMessage>
  static constexpr detail::Route<Contract> make_route(std::string_view name,
                                                      ReplyMessage (Contract::*)(Request, Call&)) {
    return {name, [](Contract& plugin, std::string_view bytes, detail::RawReply reply) {
              Request request;
              if (!detail::decode(bytes, request, reply)) return;
              try {
                Call call = reply->call();
                const ReplyMessage message = (plugin.*function)(std::move(request), call);
                Reply<ReplyMessage>(reply).ok(message);
              } catch (...) {
                reply->fail(detail::current_error());
              }
            }};
  }

  template <class Contract, std::size_t count>
  void route(Contract& plugin, const std::array<detail::Route<Contract>, count>& routes,
             std::string_view method, std::string_view request, detail::RawReply reply) {
    const auto* found = detail::find_route(routes, method, reply);
    if (found == nullptr) return;
    Job job{reply, [run = found->run, &plugin, bytes = std::string(request)](detail::RawReply answer) {
              run(plugin, bytes, std::move(answer));
            }};
    if (!enqueue(std::move(job))) {
      reply->fail(Error(Code::kResourceExhausted, "Too many calls wait for the plugin's threads.", {}, 1000));
    }
  }

  const Host& host() const { return host_; }

 private:
  struct Job {
    detail::RawReply reply;
    std::function<void(detail::RawReply)> run;
  };

  // UNAVAILABLE says that surely nothing was done.
  static void refuse(const detail::RawReply& reply, const char* why) {
    reply->fail(Error(Code::kUnavailable, reply->call().method() + " was not begun: " + why + "."));
  }

  bool enqueue(Job job) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() + busy_ >= options_.threads + options_.queue) return false;
    jobs_.push_back(std::move(job));
    if (idle_ < jobs_.size() && threads_.size() < options_.threads) {
      threads_.emplace_back([this] { work(); });
      ++running_;
    } else {
      wake_.notify_one();
    }
    return true;
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      --idle_;
      if (jobs_.empty()) break;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      ++busy_;
      lock.unlock();
      const auto& call = job.reply->call();
      if (call.cancelled()) {
        refuse(job.reply, "the call was cancelled while it waited");
      } else if (call.deadline() && *call.deadline() <= host_.monotonic()) {
        refuse(job.reply, "its deadline passed while it waited for a thread");
      } else {
        job.run(std::move(job.reply));
      }
      job = Job();
      lock.lock();
      --busy_;
    }
    if (--running_ == 0 && stopped_) {
      // Joined on the strand, where it takes no time, for a thread cannot join itself.
      auto done = std::exchange(stopped_, nullptr);
      lock.unlock();
      host_.after(std::chrono::milliseconds(0), [this, done = std::move(done)] {
        join();
        done();
      });
    }
  }

  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  const Host host_;
  const BlockingOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::vector<std::thread> threads_;
};

template <class Contract>
using Blocking = typename Contract::BlockingForm;

}  // namespace paynamed
