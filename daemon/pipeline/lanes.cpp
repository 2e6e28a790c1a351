#include "pipeline/lanes.hpp"

namespace paynamed::pipeline {
namespace {

constexpr std::size_t index_of(Lanes::Kind kind) {
  return static_cast<std::size_t>(kind);
}
constexpr std::size_t kInteractive = index_of(Lanes::Kind::kInteractive);
constexpr std::size_t kBulk = index_of(Lanes::Kind::kBulk);
// A group may have so many times as much at work as is left.
constexpr std::size_t kGroup = 3;

}  // namespace

Lanes::Lane& Lanes::named(const std::string& name, const std::string& group) {
  Lane& lane = lanes_[group + '\n' + name];
  lane.group_ = &groups_[group];
  return lane;
}

bool Lanes::may_take(const Lane& lane, Kind kind) const {
  const auto at_work = [&](const Lane& of) {
    return of.at_work_[kInteractive] + (kind == Kind::kBulk ? of.at_work_[kBulk] : 0);
  };
  const std::size_t kept = kind == Kind::kBulk ? kept_for_interactive_ : 0;
  const std::size_t free = slots_ - at_work_;
  const std::size_t left = free > kept ? free - kept : 0;
  return at_work(lane) < left && (lane.group_ == nullptr || at_work(*lane.group_) < kGroup * left);
}

void Lanes::begin(Lane& lane, Kind kind) {
  ++lane.at_work_[index_of(kind)];
  if (lane.group_ != nullptr) ++lane.group_->at_work_[index_of(kind)];
  ++at_work_;
}

bool Lanes::take(Lane& lane, const base::Uuid& run, Kind kind, Progress progress) {
  auto& waiting = lane.waiting_[index_of(kind)];
  const bool behind = progress == Progress::kBegun ? !waiting.begun.empty() : !waiting.empty();
  const bool others_first = behind || (kind == Kind::kBulk && !lane.waiting_[kInteractive].empty());
  if (!others_first && may_take(lane, kind)) {
    begin(lane, kind);
    return true;
  }
  if (waiting.empty()) turns_[index_of(kind)].push_back(&lane);
  (progress == Progress::kBegun ? waiting.begun : waiting.fresh).push_back(run);
  return false;
}

void Lanes::give_back(Lane& lane, Kind kind) {
  --lane.at_work_[index_of(kind)];
  if (lane.group_ != nullptr) --lane.group_->at_work_[index_of(kind)];
  --at_work_;
}

std::optional<base::Uuid> Lanes::next() {
  if (const auto interactive = next(Kind::kInteractive)) return interactive;
  return next(Kind::kBulk);
}

std::optional<base::Uuid> Lanes::next(Kind kind) {
  auto& turns = turns_[index_of(kind)];
  for (auto turn = turns.begin(); turn != turns.end(); ++turn) {
    Lane& lane = **turn;
    if (!may_take(lane, kind)) continue;
    auto& waiting = lane.waiting_[index_of(kind)];
    auto& first = waiting.begun.empty() ? waiting.fresh : waiting.begun;
    const base::Uuid run = first.front();
    first.pop_front();
    if (waiting.empty()) {
      turns.erase(turn);
    } else {
      turns.splice(turns.end(), turns, turn);
    }
    begin(lane, kind);
    return run;
  }
  return std::nullopt;
}

void Lanes::clear() {
  for (const Kind kind : {Kind::kInteractive, Kind::kBulk}) {
    auto& turns = turns_[index_of(kind)];
    for (Lane* lane : turns) lane->waiting_[index_of(kind)] = {};
    turns.clear();
  }
}

}  // namespace paynamed::pipeline
