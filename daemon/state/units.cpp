#include "state/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::state {
namespace {

base::Result<void> check_size(std::string_view what, const std::string& text, std::size_t most) {
  if (text.size() <= most) return {};
  return base::fail(base::invalid_argument(
      fmt::format("{} has {} bytes and may have at most {}; make it smaller", what, text.size(), most)));
}

base::Result<std::vector<Fact>> read_facts(const std::vector<NewEvent>& events) {
  std::vector<Fact> facts;
  facts.reserve(events.size());
  for (const NewEvent& event : events) {
    if (auto fits = check_size("the event " + event.type, event.data, kMaxEventBytes); !fits) {
      return base::fail(fits.error());
    }
    auto fact = read_fact(event.type, event.version, event.data);
    if (!fact) return base::fail(fact.error());
    facts.push_back(std::move(*fact));
  }
  return facts;
}

base::Result<void> check_journal(const std::vector<JournalEntry>& journal) {
  for (const JournalEntry& entry : journal) {
    if (auto fits = check_size("a journal entry", entry.payload, kMaxTextBytes); !fits) return fits;
  }
  return {};
}

base::Result<void> check_proof(const Proof& proof) {
  if (proof.leaf.size() <= kMaxProofPartBytes && proof.trunk.size() <= kMaxProofPartBytes) return {};
  return base::fail(base::invalid_argument(fmt::format(
      "a part of a proof has more than {} bytes; shorten the way to the record", kMaxProofPartBytes)));
}

// Facts about moves change no read model; those that do have units of their own.
base::Result<NewsUnit> check_news(const std::vector<MoveNews>& news) {
  NewsUnit unit{news, {}};
  for (const MoveNews& each : news) {
    auto facts = read_facts(each.events);
    if (!facts) return base::fail(facts.error());
    for (const Fact& fact : *facts) {
      if (fact.kind == Fact::Kind::kOther) continue;
      return base::fail(base::internal(
          "news of a move were not stored, because an event speaks of something else; report this defect"));
    }
    unit.facts.push_back(*std::move(facts));
  }
  return unit;
}

}  // namespace

base::Result<AcceptUnit> check(NewRun run) {
  auto fits = check_size("the input of a run", run.input, kMaxTextBytes);
  if (fits) fits = check_size("the pipeline of a run", run.pipeline, kMaxTextBytes);
  if (fits) fits = check_size("the idempotency key", run.idempotency_key, 255);
  if (fits) fits = check_journal(run.journal);
  if (!fits) return base::fail(fits.error());
  auto facts = read_facts(run.events);
  if (!facts) return base::fail(facts.error());
  if (facts->empty() || facts->front().kind != Fact::Kind::kRunAccepted) {
    return base::fail(
        base::internal("a run was not accepted, because its first event is not run.accepted; report this "
                       "defect"));
  }
  const Fact& accepted = facts->front();
  if (accepted.run != run.id || accepted.verb != run.verb || accepted.name != run.name) {
    return base::fail(
        base::internal("a run was not accepted, because its run.accepted speaks of another run, verb or "
                       "name; report this defect"));
  }
  for (std::size_t i = 1; i < facts->size(); ++i) {
    if ((*facts)[i].kind == Fact::Kind::kRunAccepted) {
      return base::fail(
          base::internal("a run was not accepted, because it has run.accepted twice; report this "
                         "defect"));
    }
  }
  return AcceptUnit{std::move(run), std::move(*facts)};
}

base::Result<RecordUnit> check(RunUpdate update) {
  if (auto fits = check_journal(update.journal); !fits) return base::fail(fits.error());
  if (update.proof) {
    if (auto fits = check_proof(*update.proof); !fits) return base::fail(fits.error());
  }
  auto facts = read_facts(update.events);
  if (!facts) return base::fail(facts.error());
  for (const Fact& fact : *facts) {
    if (fact.kind == Fact::Kind::kRunAccepted) {
      return base::fail(
          base::internal("an update was not recorded, because it holds run.accepted; report this "
                         "defect"));
    }
  }
  return RecordUnit{std::move(update), std::move(*facts)};
}

base::Result<AppendUnit> check(std::string tenant, std::vector<NewEvent> events) {
  auto facts = read_facts(events);
  if (!facts) return base::fail(facts.error());
  for (const Fact& fact : *facts) {
    switch (fact.kind) {
      case Fact::Kind::kRunAccepted:
      case Fact::Kind::kRunPaused:
      case Fact::Kind::kRunResumed:
      case Fact::Kind::kRunCompensating:
      case Fact::Kind::kRunCompleted:
      case Fact::Kind::kRunCompensated:
        return base::fail(
            base::internal("events of no run were not stored, because one says what a run did; report "
                           "this defect"));
      default:
        break;
    }
  }
  return AppendUnit{std::move(tenant), std::move(events), std::move(*facts)};
}

base::Result<DomainUnit> check(DomainUpdate update) {
  for (const auto* text : {&update.zone, &update.registration}) {
    if (!*text) continue;
    if (auto fits = check_size("what was found of a domain", **text, kMaxTextBytes); !fits)
      return base::fail(fits.error());
  }
  DomainUnit unit;
  for (const DomainUpdate::News& news : update.news) {
    auto facts = read_facts(news.events);
    if (!facts) return base::fail(facts.error());
    for (const Fact& fact : *facts) {
      if (fact.domain != update.domain || update.domain.empty()) {
        return base::fail(
            base::internal(fmt::format("news of {} were not stored, because an event speaks of something "
                                       "else; report this defect",
                                       update.domain)));
      }
    }
    unit.facts.push_back(*std::move(facts));
  }
  unit.update = std::move(update);
  return unit;
}

base::Result<StartMoveUnit> check(NewMove move) {
  if (auto fits = check_size("the details of a move", move.details, kMaxTextBytes); !fits)
    return base::fail(fits.error());
  auto news = check_news(move.news);
  if (!news) return base::fail(news.error());
  return StartMoveUnit{std::move(move), *std::move(news)};
}

base::Result<MoveUnit> check(MoveUpdate update) {
  if (auto fits = check_size("the details of a move", update.details, kMaxTextBytes); !fits)
    return base::fail(fits.error());
  auto news = check_news(update.news);
  if (!news) return base::fail(news.error());
  return MoveUnit{std::move(update), *std::move(news)};
}

base::Result<MoveNamesUnit> check(MoveKey move, MovePhase phase, std::vector<MoveNameUpdate> names) {
  MoveNamesUnit unit{move, phase, {}, {}};
  for (const MoveNameUpdate& name : names) {
    std::optional<Fact> fact;
    if (name.event) {
      auto facts = read_facts({*name.event});
      if (!facts) return base::fail(facts.error());
      if (facts->front().kind != Fact::Kind::kNameMoved || facts->front().name != name.name) {
        return base::fail(base::internal(
            "a step of a move was not recorded, because its event speaks of something else; report this "
            "defect"));
      }
      fact = facts->front();
    }
    unit.facts.push_back(std::move(fact));
  }
  unit.names = std::move(names);
  return unit;
}

base::Result<ProofUnit> check(std::string tenant, std::string name, Proof proof) {
  if (auto fits = check_proof(proof); !fits) return base::fail(fits.error());
  return ProofUnit{std::move(tenant), std::move(name), std::move(proof)};
}

base::Result<AddNodeUnit> check(NewNode node) {
  auto fits = check_size("the idempotency key", node.idempotency_key, 255);
  if (!fits) return base::fail(fits.error());
  auto facts = read_facts({node.event});
  if (!facts) return base::fail(facts.error());
  const Fact& fact = facts->front();
  if (fact.kind != Fact::Kind::kNodeAdded || fact.added_node != node.node.id ||
      fact.node_instance != node.node.place.instance || fact.node != node.node.place.reference) {
    return base::fail(base::internal(
        "a node was not added, because its event speaks of something else; report this defect"));
  }
  AddNodeUnit unit{std::move(node), fact};
  return unit;
}

base::Result<RemoveNodeUnit> check(std::string tenant, base::Uuid id, NewEvent event) {
  auto facts = read_facts({event});
  if (!facts) return base::fail(facts.error());
  const Fact& fact = facts->front();
  if (fact.kind != Fact::Kind::kNodeRemoved || fact.added_node != id) {
    return base::fail(base::internal(
        "a node was not removed, because its event speaks of something else; report this defect"));
  }
  return RemoveNodeUnit{std::move(tenant), id, std::move(event), fact};
}

base::Result<CredentialsUnit> check(NewCredentials credentials) {
  auto facts = read_facts({credentials.event});
  if (!facts) return base::fail(facts.error());
  const Fact& fact = facts->front();
  const bool fits =
      fact.kind == Fact::Kind::kNodeCredentialsChanged && fact.added_node == credentials.id &&
      fact.secrets.size() == credentials.secrets.size() &&
      std::ranges::equal(fact.secrets, credentials.secrets, [](const std::string& name, const auto& secret) {
        return secret.handle.ends_with("/" + name);
      });
  if (!fits) {
    return base::fail(base::internal(
        "the credentials of a node were not changed, because their event speaks of something else; report "
        "this defect"));
  }
  CredentialsUnit unit{std::move(credentials), fact};
  return unit;
}

base::Result<NodeLookUnit> check(NodeLook look, std::vector<NodeNews> news) {
  std::vector<Fact> facts;
  for (const NodeNews& each : news) {
    auto read = read_facts({each.event});
    if (!read) return base::fail(read.error());
    const Fact& fact = read->front();
    const bool is_news = fact.kind == Fact::Kind::kNodeReachable || fact.kind == Fact::Kind::kNodeUnreachable;
    if (!is_news || fact.node_instance != look.place.instance || fact.node != look.place.reference) {
      return base::fail(base::internal(
          "a look at a node was not recorded, because its news are of something else; report this defect"));
    }
    facts.push_back(fact);
  }
  return NodeLookUnit{std::move(look), std::move(news), std::move(facts)};
}

}  // namespace paynamed::state
