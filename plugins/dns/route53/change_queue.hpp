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

class ChangeQueue {
 public:
  using Then = std::function<void(ChangeOutcome)>;

  // A batch has at most `most` changes; one that nobody waits for at most `most_background`, so that it does
  // not wait long for the account's rate.
  ChangeQueue(Host host, Api& api, std::string zone_id, std::string zone, std::size_t most,
              std::size_t most_background)
      : host_(std::move(host)),
        api_(api),
        zone_id_(std::move(zone_id)),
        zone_(std::move(zone)),
        most_(most),
        most_background_(std::min(most, most_background)) {}

  // `changes` of one name, taken together or not at all. While they wait for their turn, a cancellation takes
  // them out.
  void submit(const std::string& name, std::vector<Change> changes, const Call& call, Then then);
  // What was not sent yet is told so; what was sent is answered when its answer comes.
  void stop();

 private:
  struct Item;
  using Items = std::vector<std::shared_ptr<Item>>;

  void pump();
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
  std::deque<std::shared_ptr<Item>> interactive_;
  std::deque<std::shared_ptr<Item>> background_;
  bool busy_ = false;  // a request is under way, or a pause after one
  bool background_waited_ = false;
  bool stopped_ = false;
  std::uint32_t failures_ = 0;  // in a row
};

}  // namespace paynamed::route53
