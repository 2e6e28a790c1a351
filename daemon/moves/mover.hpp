// Mover: takes the moves of domains from phase to phase, and starts, resumes and undoes them.
//
// Where a move stands is in the store, and nothing else is: whatever is interrupted is taken up where it was.
//
//   planned -> copying -> verifying -> dual <-> draining -> withdrawing -> finished
//      from each before withdrawing: (dual -> draining ->) undoing -> undone
//
// Threads: run() is one coroutine, to be ended by cancelling it; the other functions may be called on any
// executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "moves/details.hpp"
#include "moves/services.hpp"
#include "moves/views.hpp"

namespace paynamed::moves {

class Mover {
 public:
  struct Settings {
    base::Duration poll{15'000};    // between two looks at the delegation
    base::Duration again{5'000};    // after trouble
    base::Duration second{3'000};   // before a difference counts
    base::Duration waiting{1'000};  // for runs that are open
  };
  Mover(Settings settings, Services services);

  // Until it is cancelled.
  boost::asio::awaitable<void> run();
  // It looks whether there is something to do, or whether it was cancelled: a wait does not end by itself
  // then.
  void wake() { changed_.notify(); }
  // One step of every open move; how long to wait for the next one.
  boost::asio::awaitable<base::Duration> step_all();

  // Errors of all: NOT_FOUND the domain is not configured; INVALID_ARGUMENT the instance is not, holds the
  // domain already or is retired, or an entry of `accept` or `servers` cannot be read; FAILED_PRECONDITION
  // port 53 is blocked.
  //
  // Checks all that can be checked before, changes nothing.
  boost::asio::awaitable<base::Result<Plan>> plan(MoveRequest request);
  // ALREADY_EXISTS: the domain is being moved.
  boost::asio::awaitable<base::Result<state::MoveRow>> begin(MoveRequest request);
  // FAILED_PRECONDITION: nothing waits for a person.
  boost::asio::awaitable<base::Result<state::MoveRow>> resume(std::string domain);
  // FAILED_PRECONDITION: records are being taken from the old instance already.
  boost::asio::awaitable<base::Result<state::MoveRow>> undo(std::string domain);
  // The newest move of the domain; nothing when there never was one.
  base::Result<std::optional<MoveView>> show(const std::string& domain);

 private:
  base::Result<state::NewMove> wanted(const pipeline::Runtime& runtime, const MoveRequest& request) const;
  // OK, or why nobody here can be asked.
  base::Status port_53_refusal() const;
  base::Result<state::MoveRow> open_move(const std::string& domain) const;
  std::optional<std::string> zone_of(const std::string& domain) const;
  std::vector<state::MoveNews> news(const std::string& domain, std::string_view type,
                                    boost::json::object data) const;

  boost::asio::awaitable<base::Duration> step(state::MoveRow row);
  boost::asio::awaitable<base::Duration> step_planned(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_copying(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_verifying(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_dual(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_draining(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_withdrawing(const state::MoveRow& row, Details details);
  boost::asio::awaitable<base::Duration> step_undoing(const state::MoveRow& row, Details details);

  // What a look at the parent says of the way that the move goes.
  struct Look {
    base::Status trouble;
    std::string pause;     // why a person has to see to it
    bool arrived = false;  // every server of the parent names only the servers that it goes to
    bool back = false;     // one names servers that it leaves
  };
  boost::asio::awaitable<Look> look_at_parent(const state::MoveRow& row, Details& details);
  // The NS set that the servers which the zone leaves give out, for the countdown.
  boost::asio::awaitable<bool> still_named(const state::MoveRow& row, Details& details);

  // The wait is over: what was written to both meanwhile is asked at the new servers before the old lose it.
  boost::asio::awaitable<base::Duration> leave_old_servers(const state::MoveRow& row, Details details);
  // Those of the problems that the look before saw, too.
  std::vector<std::string> lasting(const state::MoveRow& row, std::vector<std::string> problems);

  // Writes where the move stands, if that changed; what is written by somebody else meanwhile stays.
  boost::asio::awaitable<base::Result<void>> change(const state::MoveRow& row, state::MovePhase phase,
                                                    const Details& details, std::string pause = {});
  boost::asio::awaitable<base::Duration> trouble(const state::MoveRow& row, Details details,
                                                 const base::Status& status);
  boost::asio::awaitable<base::Duration> pause(const state::MoveRow& row, Details details,
                                               std::vector<std::string> problems);

  const Settings settings_;
  const Services services_;
  base::Broadcast changed_;
  // Problems of the last look at the names, by move: a name that was just being changed is none.
  std::map<state::MoveKey, std::vector<std::string>> seen_once_;
};

}  // namespace paynamed::moves
