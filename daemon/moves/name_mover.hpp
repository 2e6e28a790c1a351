// NameMover: what a move does with the names themselves, one after the other: puts their records on the new
// instance, and later takes them from the one that they leave. Each function is one pass over all names of
// the domain and can be ended at any point: what was begun is in the store before it is done.
//
// Nothing is locked. Runs go on meanwhile and write to both instances (pipeline/record_holders.hpp); what a
// pass found of a name counts only if the name still is as it was, decided in the batch that writes it, and
// no name is touched whose run is open.
//
// Threads: one coroutine at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "moves/provider.hpp"
#include "moves/services.hpp"

namespace paynamed::moves {

class NameMover {
 public:
  // `zone` is with its dot; `generation` becomes a part of the keys of its calls.
  NameMover(const Services& services, const state::MoveRow& move, const std::string& zone,
            std::uint32_t generation);

  struct Pass {
    bool complete = false;              // nothing is left to do
    bool progressed = false;            // something was done
    std::vector<std::string> problems;  // what a person has to mend
    base::Status trouble;               // why it ended early; it can be tried again
  };

  // Every record stands on the new instance, in place of nothing or of itself.
  boost::asio::awaitable<Pass> copy();
  // Every name is held by the new instance, and its record is gone from the old one. A record that somebody
  // changed there is left.
  boost::asio::awaitable<Pass> withdraw();
  // What stands on the new instance because of the move is gone from there.
  boost::asio::awaitable<Pass> take_back();

 private:
  using Names = std::vector<state::MovingName>;
  struct Left {
    std::string name;
    std::string value;
  };

  using Due = std::function<bool(const state::MovingName&)>;
  using Work = boost::asio::awaitable<void> (NameMover::*)(Names names, Pass& pass);
  // Gives the names that the old instance holds and that are due to `work`, some at a time; those that a run
  // is at work on have to wait. Whether none was due.
  boost::asio::awaitable<bool> sweep(Due due, Work work, Pass& pass);
  boost::asio::awaitable<void> copy_some(Names names, Pass& pass);
  boost::asio::awaitable<void> withdraw_some(Names names, Pass& pass);
  boost::asio::awaitable<void> take_back_some(Names names, Pass& pass);
  // Takes records from `provider` that are marked as leaving.
  boost::asio::awaitable<void> finish_leaving(const Provider& provider, Pass& pass);
  boost::asio::awaitable<void> take_away(const Provider& provider, std::vector<Left> names, Pass& pass);
  // Copies that were begun for names that have no record any more are marked as leaving.
  boost::asio::awaitable<bool> give_up_copies(Pass& pass);
  boost::asio::awaitable<std::vector<bool>> record(std::vector<state::MoveNameUpdate> updates, Pass& pass);
  boost::asio::awaitable<bool> earlier_runs_ended(Pass& pass) const;
  std::string key_of(const std::string& name, std::string_view what, const std::string& value,
                     std::uint32_t ttl) const;
  static bool ended(const Pass& pass) { return !pass.trouble.ok() || pass.problems.size() >= kMostProblems; }

  static constexpr std::size_t kMostProblems = 20;

  const Services& services_;
  const state::MoveRow move_;
  const std::uint32_t generation_;
  const Provider from_;
  const Provider to_;
};

}  // namespace paynamed::moves
