// ChangeRun: one Publish or Withdraw from the first look to the last: look, write, look again, take away what
// came between.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <paynamed/call.hpp>
#include <string>

#include "lane.hpp"

namespace paynamed::cloudflare {

class ChangeRun : public std::enable_shared_from_this<ChangeRun> {
 public:
  // Whether it changed anything. ABORTED: what was expected does not stand there, and what is asked for
  // neither; UNKNOWN, DEADLINE_EXCEEDED: it may have been done, or was and another record stands beside it.
  // Others as Api::send(), and then nothing was changed.
  using Then = std::function<void(Result<bool>)>;

  // `owner` outlives it. Nothing happens before start().
  ChangeRun(Change change, Call call, const std::string& owner, Then then)
      : change_(std::move(change)), call_(std::move(call)), owner_(owner), then_(std::move(then)) {}

  const Call& call() const { return call_; }
  const std::string& name() const { return change_.name; }

  // `ended` is called once, when nothing of it is under way any more; that may be later than `then`.
  void start(Lane& lane, std::function<void()> ended);
  // What stands at the name was asked and not told yet.
  bool waits_for_answer() const { return asked_; }
  // Nobody waits any more: answers at once, and ends as soon as it can without leaving the name half changed.
  // `unchanged` is the answer where nothing was sent that changes the zone.
  void abandon(Error unchanged);

 private:
  void plan(const Result<Found>& found);
  void send(Writes writes);
  void hear(const Outcome& outcome);
  void look_again();
  void judge(const Result<Found>& found);
  void answer(Result<bool> result);
  void end();
  void end(Result<bool> result) {
    answer(std::move(result));
    end();
  }

  Change change_;
  Call call_;
  const std::string& owner_;
  Then then_;
  Lane* lane_ = nullptr;
  std::function<void()> ended_;
  bool asked_ = false;
  bool begun_ = false;  // something was sent that changes the zone
  bool abandoned_ = false;
  Written written_;
  int repairs_ = 0;
  std::optional<Error> lost_;  // to whom the name was left, once ours is taken away
};

}  // namespace paynamed::cloudflare
