// What the store keeps of moves: the names of a domain go from one DNS instance to another while the DNS goes
// on to answer. Operational rows, but for the fact that a name is held by another instance (name.moved).
//
// Threads: value types; MoveStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::state {

using MoveKey = std::int64_t;

// kPlanned: nothing was changed yet. From kCopying to kDraining runs write to both instances. kDual waits for
// the delegation, kDraining for caches. From kWithdrawing on there is no way back.
enum class MovePhase {
  kPlanned,
  kCopying,
  kVerifying,
  kDual,
  kDraining,
  kWithdrawing,
  kFinished,
  kUndoing,
  kUndone,
};
std::string_view to_string(MovePhase phase);  // "planned", "copying" and so on
std::optional<MovePhase> move_phase_from(std::string_view text);
inline bool is_over(MovePhase phase) {
  return phase == MovePhase::kFinished || phase == MovePhase::kUndone;
}

struct MoveRow {
  MoveKey key = 0;
  base::Uuid id;
  std::string domain;
  std::string from;  // the instance that holds the records
  std::string to;
  MovePhase phase = MovePhase::kPlanned;
  std::string pause;    // why it waits for a person; empty while it goes on
  std::string details;  // JSON of whoever moves; opaque to the store
  base::WallTime started;
  base::WallTime updated;
  std::optional<base::WallTime> finished;
  RunKey last_run = 0;         // the largest key of a run when the phase began
  std::uint64_t revision = 1;  // counts changes; the compare-and-set token
};

// kCopying: about to be put on the new instance. kCopied: it stands there. kFound: it stood there before.
// kLeaving: about to be taken from the instance that it leaves, which no run writes to any more. kLeft: gone
// from there. kKept: something else stood there, and was left.
enum class MoveNameState { kCopying, kCopied, kFound, kLeaving, kLeft, kKept };

// A name of the domain with a record, whosever it is.
struct MovingName {
  std::string tenant;
  std::string name;
  std::string value;
  std::uint32_t ttl_seconds = 0;
  std::string dns_instance;
  bool busy = false;  // a run is at work on it
  std::optional<MoveNameState> state;
  std::string moved_value;  // what `state` is about
  base::WallTime updated;
};

// What is on its way of a name that may not have a record any more.
struct MoveNameRow {
  std::string name;
  MoveNameState state = MoveNameState::kCopying;
  std::string value;
  std::string reason;   // of kKept
  bool busy = false;    // a run is at work on the name
  std::string current;  // what the name's record is now; empty for none
};

struct MoveNews {
  std::string tenant;
  std::vector<NewEvent> events;
};

struct NewMove {
  base::Uuid id;
  std::string domain;
  std::string from;
  std::string to;
  std::string details;
  base::WallTime time;
  std::vector<MoveNews> news;
};

struct MoveUpdate {
  MoveKey move = 0;
  std::uint64_t expected_revision = 0;
  MovePhase phase = MovePhase::kPlanned;
  std::string pause;
  std::string details;
  base::WallTime time;
  std::vector<MoveNews> news;
};

// One name's step. With `standing` it is done only if the name has exactly this value, no open run, and
// `held_by` holds it.
struct MoveNameUpdate {
  std::string name;
  std::string value;
  MoveNameState state = MoveNameState::kCopying;
  std::string reason = {};
  bool standing = false;
  std::string held_by = {};            // any, when empty
  std::string tenant = {};             // of `event`
  std::optional<NewEvent> event = {};  // name.moved
};

// What a run has to know about its name.
struct MoveOfName {
  std::string from;
  std::string to;
  MovePhase phase = MovePhase::kPlanned;
  std::optional<MoveNameState> name;
};

class MoveStore {
 public:
  virtual ~MoveStore() = default;

  // ALREADY_EXISTS when the domain has an open move.
  virtual boost::asio::awaitable<base::Result<MoveRow>> start_move(NewMove move) = 0;
  // ABORTED when somebody else changed it. The row as it is then.
  virtual boost::asio::awaitable<base::Result<MoveRow>> update_move(MoveUpdate update) = 0;
  // All in one transaction; of each whether it was done. ABORTED when the move is not in `phase` any more.
  virtual boost::asio::awaitable<base::Result<std::vector<bool>>> record_move_names(
      MoveKey move, MovePhase phase, std::vector<MoveNameUpdate> names) = 0;

  virtual base::Result<std::vector<MoveRow>> open_moves() = 0;
  // Of a domain, the newest first.
  virtual base::Result<std::vector<MoveRow>> moves_of(std::string_view domain, std::uint32_t limit) = 0;
  virtual base::Result<std::optional<MoveOfName>> move_of_name(std::string_view domain,
                                                               std::string_view name) = 0;
  // The instance that holds the domain's records as finished moves left them, where the configuration still
  // says `configured`; `configured` itself when none did.
  virtual base::Result<std::string> instance_after_moves(std::string_view domain,
                                                         std::string_view configured) = 0;
  // Names with a record, in order, after `after`; of all tenants.
  virtual base::Result<std::vector<MovingName>> moving_names(const MoveRow& move, std::string_view after,
                                                             std::uint32_t limit) = 0;
  // Rows of the move in this state, in order of name, after `after`.
  virtual base::Result<std::vector<MoveNameRow>> move_names(MoveKey move, MoveNameState state,
                                                            std::string_view after, std::uint32_t limit) = 0;
  struct MoveCounts {
    std::uint64_t names = 0;         // with a record
    std::uint64_t held_by_to = 0;    // of them
    std::uint64_t by_state[6] = {};  // by MoveNameState
    std::uint64_t earlier_runs = 0;  // open runs of the domain from before the phase
  };
  virtual base::Result<MoveCounts> move_counts(const MoveRow& move) = 0;
  // As MoveCounts.
  virtual base::Result<std::uint64_t> earlier_runs(const MoveRow& move) = 0;
};

}  // namespace paynamed::state
