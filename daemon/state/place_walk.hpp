// The distinct places of an index that begins with instance and node, by one step into it a place: reading
// all its rows would take as long as there are rows.
//
// Threads: as the statement.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "state/nodes.hpp"
#include "state/rows.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// `next`: the first place after (?1, ?2), of two columns.
inline base::Result<std::vector<NodePlace>> walk_places(Statement& next) {
  std::vector<NodePlace> places;
  NodePlace last;
  for (;;) {
    auto found =
        at_most_one<NodePlace>(next, next.first(last.instance, last.reference), [](const Statement& row) {
          return NodePlace{std::string{row.text(0)}, std::string{row.text(1)}};
        });
    if (!found) return base::fail(found.error());
    if (!*found) return places;
    last = **found;
    places.push_back(**std::move(found));
  }
}

}  // namespace paynamed::state
