// Lanes: shares the slots for runs at work among groups of runs, so that one group whose calls hang until
// their timeout cannot hold all of them, and that runs somebody waits for need not wait for those of a bulk.
//
// An interactive run may take a slot as long as its lane would not have more of them than are left then:
// alone a lane gets half of all, and however many lanes are stuck, a newcomer finds as many free as each of
// them holds. A bulk run may do so as if a quarter of all slots did not exist, and only behind interactive
// ones. Lanes may be in a group (those of one domain), which in all gets three quarters of what a newcomer
// outside of it could count on, however many lanes it has. In a lane runs that have begun go before those
// that have not: what is begun comes to its end first.
//
// Threads: not safe; guarded by its owner.
#pragma once

#include <array>
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
  enum class Kind : std::size_t { kInteractive, kBulk };
  enum class Progress { kFresh, kBegun };

  class Lane {
    friend class Lanes;
    struct Waiting {
      std::deque<base::Uuid> begun;
      std::deque<base::Uuid> fresh;
      bool empty() const { return begun.empty() && fresh.empty(); }
    };
    std::array<std::size_t, 2> at_work_{};  // by kind
    std::array<Waiting, 2> waiting_{};      // the same
    Lane* group_ = nullptr;                 // counts what is at work in all of its lanes
  };

  explicit Lanes(std::size_t slots) : slots_(slots), kept_for_interactive_(slots / 4) {}

  // The lane of this name; it stays where it is.
  Lane& named(const std::string& name) { return lanes_[name]; }
  // The lane of this name in the group.
  Lane& named(const std::string& name, const std::string& group);

  // A slot for the run now, or it waits in its lane: true when it has one.
  bool take(Lane& lane, const base::Uuid& run, Kind kind = Kind::kInteractive,
            Progress progress = Progress::kFresh);
  void give_back(Lane& lane, Kind kind = Kind::kInteractive);
  // The next run that waited and has a slot now: interactive ones first, lanes take turns. Ask until there is
  // none.
  std::optional<base::Uuid> next();
  // Nobody waits any more.
  void clear();

  std::size_t at_work() const { return at_work_; }

 private:
  bool may_take(const Lane& lane, Kind kind) const;
  void begin(Lane& lane, Kind kind);
  std::optional<base::Uuid> next(Kind kind);

  const std::size_t slots_;
  const std::size_t kept_for_interactive_;
  std::size_t at_work_ = 0;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::map<std::string, Lane, std::less<>> groups_;
  std::array<std::list<Lane*>, 2> turns_;  // by kind: lanes where runs wait, the next to be asked first
};

}  // namespace paynamed::pipeline
