#include "pipeline/lanes.hpp"

namespace paynamed::pipeline {

bool Lanes::take(Lane& lane, const base::Uuid& run) {
  if (lane.waiting_.empty() && may_take(lane)) {
    ++lane.at_work_;
    ++at_work_;
    return true;
  }
  if (lane.waiting_.empty()) turns_.push_back(&lane);
  lane.waiting_.push_back(run);
  return false;
}

void Lanes::give_back(Lane& lane) {
  --lane.at_work_;
  --at_work_;
}

std::optional<base::Uuid> Lanes::next() {
  for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
    Lane& lane = **turn;
    if (!may_take(lane)) continue;
    const base::Uuid run = lane.waiting_.front();
    lane.waiting_.pop_front();
    if (lane.waiting_.empty()) {
      turns_.erase(turn);
    } else {
      turns_.splice(turns_.end(), turns_, turn);
    }
    ++lane.at_work_;
    ++at_work_;
    return run;
  }
  return std::nullopt;
}

void Lanes::clear() {
  for (Lane* lane : turns_) lane->waiting_.clear();
  turns_.clear();
}

}  // namespace paynamed::pipeline
