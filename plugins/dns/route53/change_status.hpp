// ChangeStatus: whether changes have reached all servers of Route 53. Many names share a batch and so a
// change: what was learned of it is remembered, and asked again not before a while. That it is pending at
// first needs no question.
//
// Threads: on the strand.
#pragma once

#include <deque>
#include <map>

#include "api.hpp"

namespace paynamed::route53 {

class ChangeStatus {
 public:
  enum class State { kPending, kInSync, kUnknown };
  using Then = std::function<void(Result<State>)>;

  ChangeStatus(Host host, Api& api) : host_(std::move(host)), api_(api) {}

  // Route 53 has just taken the change: it is pending for a moment, and nobody asks.
  void submitted(const std::string& change_id);
  // kUnknown: Route 53 does not know the change (any more).
  void find(const std::string& change_id, const Call& call, Then then);

 private:
  struct Known {
    State state = State::kPending;
    std::chrono::nanoseconds ask_from{};
    bool asking = false;
    std::vector<Then> waiting{};
  };
  void finish(const std::string& change_id, Result<State> result);
  void make_room();

  Host host_;
  Api& api_;
  std::map<std::string, Known> known_;
  std::deque<std::string> order_;
};

}  // namespace paynamed::route53
