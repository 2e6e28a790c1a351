// Replacement: one TXT set of a name put in the place of exactly what is expected there, or taken away.
// Deleting the old set with all that it has and creating the new one in one batch is a compare-and-set, for
// Route 53 takes both or neither.
//
// Threads: on the strand.
#pragma once

#include <memory>
#include <optional>

#include "change_queue.hpp"
#include "known_sets.hpp"
#include "record_reader.hpp"

namespace paynamed::route53 {

// One hosted zone at work.
struct Zone {
  Zone(const Host& host, Api& api, const HostedZone& zone, const BatchLimits& limits)
      : id(zone.id),
        name(zone.name),
        reader(host, api, zone.id, limits.gather),
        queue(host, api, zone.id, zone.name, limits) {}

  const std::string id;
  const std::string name;  // in Route 53's form
  RecordReader reader;
  ChangeQueue queue;
  KnownSets known;
};

class Replacement : public std::enable_shared_from_this<Replacement> {
 public:
  struct Wish {
    std::string name;                   // in Route 53's form
    std::vector<std::string> expected;  // the values that stand there; none: no TXT set
    std::optional<std::string> value;   // none: taken away
    std::uint32_t ttl_seconds = 0;
  };
  struct Done {
    std::string change_id;
    bool changed = false;
  };
  using Then = std::function<void(Result<Done>)>;

  // ABORTED when something else stands there, FAILED_PRECONDITION when it is what cannot be replaced.
  static void run(std::shared_ptr<Zone> zone, Wish wish, const Call& call, Then then);

  Replacement(std::shared_ptr<Zone> zone, Wish wish, const Call& call, Then then)
      : zone_(std::move(zone)), wish_(std::move(wish)), call_(call), then_(std::move(then)) {}

 private:
  void start();
  void look();
  void examine(const std::vector<RecordSet>& sets);
  void submit(const RecordSet* old);
  void on_outcome(const ChangeOutcome& outcome);
  void on_rejected(const Rejected& rejected);
  RecordSet wanted() const;
  bool stands_already(const RecordSet* found, const std::vector<std::string>& values) const;
  [[nodiscard]] Error conflict(const std::vector<std::string>& values) const;

  std::shared_ptr<Zone> zone_;
  Wish wish_;
  Call call_;
  Then then_;
  int rejections_ = 0;
};

// The joined values of a set; nothing when one is not of the form that TXT values have.
std::optional<std::vector<std::string>> joined_values(const RecordSet& set);

}  // namespace paynamed::route53
