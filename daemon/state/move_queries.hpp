// MoveQueries: the read side of moves.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/moves.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace paynamed::state {

class MoveQueries {
 public:
  explicit MoveQueries(Connection& connection);

  // As MoveStore.
  base::Result<std::vector<MoveRow>> open_moves();
  base::Result<std::vector<MoveRow>> moves_of(std::string_view domain, std::uint32_t limit);
  base::Result<std::optional<MoveOfName>> move_of_name(std::string_view domain, std::string_view name);
  base::Result<std::string> instance_after_moves(std::string_view domain, std::string_view configured);
  // Between which instances the last finished move of the domain went.
  base::Result<std::optional<DomainUse::Move>> last_finished(std::string_view domain);
  base::Result<std::vector<MovingName>> moving_names(const MoveRow& move, std::string_view after,
                                                     std::uint32_t limit);
  base::Result<std::vector<MoveNameRow>> move_names(MoveKey move, MoveNameState state, std::string_view after,
                                                    std::uint32_t limit);
  base::Result<MoveStore::MoveCounts> move_counts(const MoveRow& move);
  base::Result<std::uint64_t> earlier_runs(const MoveRow& move);

 private:
  Statement open_;
  Statement of_domain_;
  Statement of_name_;
  Statement last_finished_;
  Statement moving_names_;
  Statement names_in_state_;
  Statement count_names_;
  Statement count_states_;
  Statement count_earlier_runs_;
};

}  // namespace paynamed::state
