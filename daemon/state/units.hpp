// Units: what one caller wants to have written, checked as far as that is possible without the file.
//
// Threads: value types; functions are pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "state/fact.hpp"
#include "state/moves.hpp"
#include "state/nodes.hpp"
#include "state/store.hpp"

namespace paynamed::state {

struct AcceptUnit {
  NewRun run;
  std::vector<Fact> facts;  // of run.events, in their order
};

struct RecordUnit {
  RunUpdate update;
  std::vector<Fact> facts;
};

struct AppendUnit {
  std::string tenant;
  std::vector<NewEvent> events;
  std::vector<Fact> facts;
  std::optional<Standing> standing = {};
};

struct ProofUnit {
  std::string tenant;
  std::string name;
  Proof proof;
};

struct DomainUnit {
  DomainUpdate update;
  std::vector<std::vector<Fact>> facts;  // of update.news, in their order
};

// Events of moves, whoever writes them.
struct NewsUnit {
  std::vector<MoveNews> news;
  std::vector<std::vector<Fact>> facts;  // of the news, in their order
};

struct StartMoveUnit {
  NewMove move;
  NewsUnit news;
};

struct MoveUnit {
  MoveUpdate update;
  NewsUnit news;
};

struct MoveNamesUnit {
  MoveKey move = 0;
  MovePhase phase = MovePhase::kPlanned;
  std::vector<MoveNameUpdate> names;
  std::vector<std::optional<Fact>> facts;  // of their events
};

struct AddNodeUnit {
  NewNode node;
  Fact fact;
};

struct RemoveNodeUnit {
  std::string tenant;
  base::Uuid id;
  NewEvent event;
  Fact fact;
};

struct CredentialsUnit {
  NewCredentials credentials;
  Fact fact;
};

struct NodeLookUnit {
  NodeLook look;
  std::vector<NodeNews> news;
  std::vector<Fact> facts;  // of the news, in their order
};

// INTERNAL when an event contradicts docs/events.md or speaks of another name or run; INVALID_ARGUMENT when a
// text is too large.
base::Result<AcceptUnit> check(NewRun run);
base::Result<RecordUnit> check(RunUpdate update);
base::Result<AppendUnit> check(std::string tenant, std::vector<NewEvent> events);
// INTERNAL also when an event is not about the update's domain.
base::Result<DomainUnit> check(DomainUpdate update);
base::Result<StartMoveUnit> check(NewMove move);
base::Result<MoveUnit> check(MoveUpdate update);
base::Result<MoveNamesUnit> check(MoveKey move, MovePhase phase, std::vector<MoveNameUpdate> names);
base::Result<ProofUnit> check(std::string tenant, std::string name, Proof proof);
base::Result<AddNodeUnit> check(NewNode node);
base::Result<RemoveNodeUnit> check(std::string tenant, base::Uuid id, NewEvent event);
base::Result<CredentialsUnit> check(NewCredentials credentials);
base::Result<NodeLookUnit> check(NodeLook look, std::vector<NodeNews> news);

}  // namespace paynamed::state
