// ChangeQueue: the changes of one hosted zone. Route 53 works on one request of a zone at a time; whatever
// queues meanwhile goes out as one batch, what somebody waits for first. A batch is taken whole or not at
// all: when one of its changes is bad the others go out again without it.
//
// Threads: on the strand.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <set>

#include "api.hpp"

namespace paynamed::route53 {

// What became of the change of one name.
struct Rejected {
  std::vector<std::string> messages;  // of InvalidChangeBatch, about this name; nothing was changed
};
using ChangeOutcome = std::variant<ChangeInfo, Rejected, Error>;

struct BatchLimits {
  std::size_t most = 1;  // changes of a batch
  std::size_t most_background =
      1;  // the same where nobody waits, so that it is not long at the account's rate
  // What nobody waits for is gathered so long after the request before, for each request is one of few.
  std::chrono::nanoseconds gather{0};
};

class ChangeQueue {
 public:
  using Then = std::function<void(ChangeOutcome)>;

  ChangeQueue(Host host, Api& api, std::string zone_id, std::string zone, const BatchLimits& limits)
      : host_(std::move(host)),
        api_(api),
        zone_id_(std::move(zone_id)),
        zone_(std::move(zone)),
        most_(limits.most),
        most_background_(std::min(limits.most, limits.most_background)),
        gather_(limits.gather) {}

  // `changes` of one name, taken together or not at all. While they wait for their turn, a cancellation takes
  // them out.
  void submit(const std::string& name, std::vector<Change> changes, const Call& call, Then then);
  // What was not sent yet is told so; what was sent is answered when its answer comes.
  void stop();

 private:
  struct Item;
  using Items = std::vector<std::shared_ptr<Item>>;

  void pump();
  bool gathers();
  Items choose();
  void send(Items batch);
  void on_outcome(const Items& batch, Api::Outcome outcome);
  void on_failure(const Items& batch, const Failure& failure);
  void on_rejected(const Items& batch, const Refusal& refusal);
  void put_back(const Items& batch);
  void put_back_later(const Items& batch, const Failure& failure);

  Host host_;
  Api& api_;
  std::string zone_id_;
  std::string zone_;
  std::size_t most_;
  std::size_t most_background_;
  std::chrono::nanoseconds gather_;
  std::chrono::nanoseconds next_background_{0};  // not before, on the monotonic clock
  bool wakes_ = false;                           // a timer pumps at that time
  std::deque<std::shared_ptr<Item>> interactive_;
  std::deque<std::shared_ptr<Item>> background_;
  bool busy_ = false;  // a request is under way, or a pause after one
  bool background_waited_ = false;
  bool stopped_ = false;
  std::uint32_t failures_ = 0;  // in a row
};

}  // namespace paynamed::route53
