// Lanes: shares the slots for runs at work among groups of runs, so that one group whose calls hang until
// their timeout cannot hold all of them.
//
// A lane may take a slot as long as it would not have more than are left then: alone it gets half of all, and
// however many lanes are stuck, a newcomer finds as many free as each of them holds.
//
// Threads: not safe; guarded by its owner.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "base/id.hpp"

namespace paynamed::pipeline {

class Lanes {
 public:
  class Lane {
    friend class Lanes;
    std::size_t at_work_ = 0;
    std::deque<base::Uuid> waiting_;
  };

  explicit Lanes(std::size_t slots) : slots_(slots) {}

  // The lane of this name; it stays where it is.
  Lane& named(const std::string& name) { return lanes_[name]; }

  // A slot for the run now, or it waits in its lane: true when it has one.
  bool take(Lane& lane, const base::Uuid& run);
  void give_back(Lane& lane);
  // The next run that waited and has a slot now; lanes take turns. Ask until there is none.
  std::optional<base::Uuid> next();
  // Nobody waits any more.
  void clear();

  std::size_t at_work() const { return at_work_; }

 private:
  bool may_take(const Lane& lane) const { return lane.at_work_ < slots_ - at_work_; }

  const std::size_t slots_;
  std::size_t at_work_ = 0;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::list<Lane*> turns_;  // lanes where runs wait, the next to be asked first
};

}  // namespace paynamed::pipeline
