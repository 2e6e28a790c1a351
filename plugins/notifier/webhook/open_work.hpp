// OpenWork: held by whatever has a reply to give, so that a stop waits for it.
//
// Threads: everything on the strand.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace paynamed::webhook {

class OpenWork {
 public:
  OpenWork() : work_(std::make_shared<Work>()) {}

  struct Work {
    std::function<void()> done;
    bool ended = false;  // nothing new may be begun
    ~Work() {
      if (done) done();
    }
  };
  using Part = std::shared_ptr<const Work>;
  // Only before end().
  Part part() const { return work_; }
  // Calls `done` when every part has gone. No part can be had any more.
  void end(std::function<void()> done) {
    work_->done = std::move(done);
    work_->ended = true;
    work_.reset();
  }

 private:
  std::shared_ptr<Work> work_;
};

}  // namespace paynamed::webhook
