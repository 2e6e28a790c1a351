// Writer: sends the writes of several changes, many in one request where that is allowed. Cloudflare refuses
// a batch as a whole when one write in it is bad, so a refused batch is halved until the bad one stands
// alone.
//
// Threads: on the strand.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api.hpp"
#include "plan.hpp"

namespace paynamed::cloudflare {

// What became of one change's writes.
struct Outcome {
  enum class Kind {
    kDone,
    kRefused,  // nothing was changed, because of `error`
    kUnknown,  // it may have been done; `error` says why that is not known
    kLook,     // what stands at the name decides: it was there, or gone, already
  };
  Kind kind = Kind::kDone;
  std::optional<Error> error{};
};

class Writer {
 public:
  // All outlive it.
  Writer(Host host, Api& api, const Settings& settings, std::string zone_id)
      : host_(std::move(host)), api_(api), settings_(settings), zone_id_(std::move(zone_id)) {}

  // Does each change's writes as one, and calls `then` once with the outcomes in the same order.
  using Then = std::function<void(std::vector<Outcome>)>;
  void write(std::vector<Writes> changes, bool background, Then then);

 private:
  using Group = std::vector<std::size_t>;  // of changes that go into one request
  struct Round;
  void send_next(const std::shared_ptr<Round>& round);
  void send(const std::shared_ptr<Round>& round, Group group);
  void hear(const std::shared_ptr<Round>& round, const Group& group, const Result<Answer>& answer);
  void hear_refusal(const std::shared_ptr<Round>& round, const Group& group, const Answer& answer);
  Request batch_of(const Round& round, const Group& group) const;
  Request single_of(const Write& write) const;

  Host host_;
  Api& api_;
  const Settings& settings_;
  std::string zone_id_;
};

}  // namespace paynamed::cloudflare
