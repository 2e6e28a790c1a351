// ZoneQueue: everything that is asked of one zone. Changes of one name follow each other; those of different
// names go together, and what somebody waits for never stands behind bulk work.
//
// Threads: on the strand.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "change_run.hpp"
#include "lane.hpp"

namespace paynamed::cloudflare {

class ZoneQueue {
 public:
  // All outlive it.
  ZoneQueue(const Host& host, Api& api, const Settings& settings, const std::string& zone_id);

  // All records at the name. Fails as Api::send(); UNAVAILABLE when the call is over first.
  void read(const std::string& name, const Call& call, std::function<void(const Result<Found>&)> then);
  // As ChangeRun. RESOURCE_EXHAUSTED with retry_after_ms when its turn did not come in time; UNAVAILABLE when
  // Cloudflare did not answer in time or fails.
  void change(Change change, const Call& call, ChangeRun::Then then);

  RecordList& records() { return records_; }

 private:
  void start(const std::shared_ptr<ChangeRun>& run);
  void ended(const std::string& name);
  void give_up(ChangeRun& run);
  Lane& lane_of(const Call& call) { return call.background() ? background_ : interactive_; }
  std::uint32_t next_turn_ms();

  Host host_;
  Api& api_;
  const Settings& settings_;
  RecordList records_;
  Writer writer_;
  Lane interactive_;
  Lane background_;
  // By name; the first of each is at work.
  std::unordered_map<std::string, std::deque<std::shared_ptr<ChangeRun>>> runs_;
  std::chrono::nanoseconds last_turn_{
      0};  // the last that was given to one who comes again, on the monotonic clock
};

}  // namespace paynamed::cloudflare
