#include "moves/name_mover.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/name.hpp"
#include "names/hash.hpp"
#include "net/parallel.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
using state::MoveNameState;
using state::MoveNameUpdate;
using state::MovingName;

namespace {

// Names in one transaction, and calls in flight.
constexpr std::size_t kBatch = 32;
constexpr std::uint32_t kPage = 500;

std::string owner_of(const std::string& name) {
  const auto parsed = base::Name::parse(name);
  return parsed ? parsed->owner_name() : std::string{};
}

bool is_leaving(const std::optional<MoveNameState>& state) {
  return state && (*state == MoveNameState::kLeaving || *state == MoveNameState::kLeft ||
                   *state == MoveNameState::kKept);
}

void add_problem(NameMover::Pass& pass, const Provider& provider, const std::string& name,
                 const base::Status& status) {
  pass.problems.push_back(fmt::format("{} in '{}': {}", name, provider.instance(), status.message()));
}

}  // namespace

NameMover::NameMover(const Services& services, const state::MoveRow& move, const std::string& zone,
                     std::uint32_t generation)
    : services_(services),
      move_(move),
      generation_(generation),
      from_(services, move.from, zone),
      to_(services, move.to, zone) {}

// The same key goes with the same request, whatever became of the name meanwhile.
std::string NameMover::key_of(const std::string& name, std::string_view what, const std::string& value,
                              std::uint32_t ttl) const {
  const std::string text = fmt::format("{} {}", ttl, value);
  const auto digest = names::sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return fmt::format("{}/{}/{}/{}-{:02x}{:02x}{:02x}{:02x}", move_.id.to_string(), name, what, generation_,
                     digest[0], digest[1], digest[2], digest[3]);
}

asio::awaitable<std::vector<bool>> NameMover::record(std::vector<MoveNameUpdate> updates, Pass& pass) {
  if (updates.empty()) co_return std::vector<bool>{};
  const std::size_t count = updates.size();
  auto done = co_await services_.store.record_move_names(move_.key, move_.phase, std::move(updates));
  if (done) co_return *std::move(done);
  pass.trouble = done.error();
  co_return std::vector<bool>(count, false);
}

asio::awaitable<bool> NameMover::earlier_runs_ended(Pass& pass) const {
  const auto runs = services_.store.earlier_runs(move_);
  if (runs) co_return *runs == 0;
  pass.trouble = runs.error();
  co_return false;
}

asio::awaitable<bool> NameMover::sweep(Due due, Work work, Pass& pass) {
  bool none_was_due = true;
  std::string after;
  for (bool more = true; more && !ended(pass);) {
    const auto page = services_.store.moving_names(move_, after, kPage);
    if (!page) {
      pass.trouble = page.error();
      co_return false;
    }
    more = page->size() == kPage;
    if (more) after = page->back().name;
    Names batch;
    for (const MovingName& name : *page) {
      if (name.dns_instance != move_.from || !due(name)) continue;
      none_was_due = false;
      if (name.busy) continue;
      batch.push_back(name);
      if (batch.size() < kBatch) continue;
      Names some = std::exchange(batch, {});
      co_await (this->*work)(std::move(some), pass);
      if (ended(pass)) co_return false;
    }
    if (!batch.empty()) co_await (this->*work)(std::move(batch), pass);
  }
  co_return none_was_due;
}

asio::awaitable<NameMover::Pass> NameMover::copy() {
  Pass pass;
  // First: a run that ends while names are read may leave its name on a page that was read before.
  const bool runs_ended = co_await earlier_runs_ended(pass);
  const bool none_given_up = co_await give_up_copies(pass);
  co_await finish_leaving(to_, pass);
  const Due is_not_there = [](const MovingName& name) {
    return name.state != MoveNameState::kCopied && name.state != MoveNameState::kFound;
  };
  const bool all_there = co_await sweep(is_not_there, &NameMover::copy_some, pass);
  pass.complete = runs_ended && none_given_up && all_there && pass.trouble.ok() && pass.problems.empty();
  co_return pass;
}

asio::awaitable<void> NameMover::copy_some(Names names, Pass& pass) {
  std::vector<MoveNameUpdate> intents;
  for (const MovingName& name : names)
    intents.push_back({name.name, name.value, MoveNameState::kCopying, {}, true, move_.from, {}, {}});
  const auto begun = co_await record(std::move(intents), pass);
  if (!pass.trouble.ok()) co_return;
  std::vector<asio::awaitable<Provider::Written>> calls;
  Names asked;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!begun[i]) continue;
    const MovingName& name = names[i];
    calls.push_back(to_.publish(owner_of(name.name), name.value, name.ttl_seconds,
                                key_of(name.name, "copy", name.value, name.ttl_seconds)));
    asked.push_back(name);
  }
  const auto answers = co_await net::in_parallel(std::move(calls));

  std::vector<MoveNameUpdate> outcomes;
  std::vector<std::size_t> conflicts;  // in `outcomes`
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const MovingName& name = asked[i];
    const Provider::Written& answer = answers[i];
    if (answer.status.ok()) {
      // What a copy that was begun before finds may be what that put there, and what a run wrote since the
      // move began is on both instances.
      const bool stood =
          !answer.changed && name.state != MoveNameState::kCopying && name.updated <= move_.started;
      outcomes.push_back({name.name,
                          name.value,
                          stood ? MoveNameState::kFound : MoveNameState::kCopied,
                          {},
                          true,
                          move_.from,
                          {},
                          {}});
    } else if (answer.status.code() == base::Code::kAborted) {
      conflicts.push_back(i);
    } else if (answer.stuck || needs_a_person(answer.status.code())) {
      add_problem(pass, to_, name.name, answer.status);
    } else {
      pass.trouble = answer.status;
    }
  }
  pass.progressed = pass.progressed || !outcomes.empty();
  Pass of_outcomes;
  co_await record(std::move(outcomes), of_outcomes);
  // A run may have been there first; then its record is right and the name's turn comes again.
  std::vector<MoveNameUpdate> checks;
  for (const std::size_t i : conflicts) {
    checks.push_back({asked[i].name, asked[i].value, MoveNameState::kCopying, {}, true, move_.from, {}, {}});
  }
  const auto stands = co_await record(std::move(checks), of_outcomes);
  for (std::size_t i = 0; i < conflicts.size(); ++i) {
    if (stands[i]) add_problem(pass, to_, asked[conflicts[i]].name, answers[conflicts[i]].status);
  }
  if (!of_outcomes.trouble.ok()) pass.trouble = of_outcomes.trouble;
}

asio::awaitable<bool> NameMover::give_up_copies(Pass& pass) {
  bool none_left = true;
  std::string after;
  for (;;) {
    const auto page = services_.store.move_names(move_.key, MoveNameState::kCopying, after, kPage);
    if (!page) {
      pass.trouble = page.error();
      co_return false;
    }
    std::vector<MoveNameUpdate> updates;
    for (const state::MoveNameRow& row : *page) {
      if (!row.current.empty()) continue;
      none_left = false;
      // A run that registers the name again is to end first.
      if (!row.busy) updates.push_back({row.name, row.value, MoveNameState::kLeaving, {}, false, {}, {}, {}});
    }
    co_await record(std::move(updates), pass);
    if (page->size() < kPage || !pass.trouble.ok()) co_return none_left;
    after = page->back().name;
  }
}

asio::awaitable<NameMover::Pass> NameMover::withdraw() {
  Pass pass;
  const bool runs_ended = co_await earlier_runs_ended(pass);
  co_await finish_leaving(from_, pass);
  const Due every_one = [](const MovingName&) { return true; };
  const bool all_gone = co_await sweep(every_one, &NameMover::withdraw_some, pass);
  pass.complete = runs_ended && all_gone && pass.trouble.ok() && pass.problems.empty();
  co_return pass;
}

asio::awaitable<void> NameMover::withdraw_some(Names names, Pass& pass) {
  // Nothing goes from the old instance that the new one has not.
  std::vector<asio::awaitable<base::Result<std::vector<std::string>>>> reads;
  for (const MovingName& name : names) reads.push_back(to_.read(owner_of(name.name)));
  const auto found = co_await net::in_parallel(std::move(reads));
  std::vector<MoveNameUpdate> updates;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const MovingName& name = names[i];
    if (!found[i]) {
      if (needs_a_person(found[i].error().code())) {
        add_problem(pass, to_, name.name, found[i].error());
      } else {
        pass.trouble = found[i].error();
      }
      continue;
    }
    if (*found[i] != std::vector<std::string>{name.value}) {
      pass.problems.push_back(
          fmt::format("{} in '{}': its record is not there as it should be", name.name, to_.instance()));
      continue;
    }
    boost::json::object data{{"name", name.name}, {"dns_instance", move_.to}};
    state::NewEvent event;
    event.type = "name.moved";
    event.subject = name.name;
    event.time = services_.plugins.clock.wall();
    event.id = base::Uuid::v7(event.time, services_.random);
    event.data = boost::json::serialize(data);
    updates.push_back({name.name,
                       name.value,
                       MoveNameState::kLeaving,
                       {},
                       true,
                       move_.from,
                       name.tenant,
                       std::move(event)});
  }
  std::vector<Left> leaving;
  for (const MoveNameUpdate& each : updates) leaving.push_back({each.name, each.value});
  const auto done = co_await record(std::move(updates), pass);
  std::vector<Left> ours;
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    if (done[i]) ours.push_back(std::move(leaving[i]));
  }
  co_await take_away(from_, std::move(ours), pass);
}

asio::awaitable<void> NameMover::finish_leaving(const Provider& provider, Pass& pass) {
  while (!ended(pass)) {
    const auto page = services_.store.move_names(move_.key, MoveNameState::kLeaving, {}, kBatch);
    if (!page) {
      pass.trouble = page.error();
      co_return;
    }
    if (page->empty()) co_return;
    std::vector<Left> names;
    for (const state::MoveNameRow& row : *page) names.push_back({row.name, row.value});
    const std::size_t problems = pass.problems.size();
    co_await take_away(provider, std::move(names), pass);
    if (pass.problems.size() > problems) co_return;
  }
}

asio::awaitable<void> NameMover::take_away(const Provider& provider, std::vector<Left> names, Pass& pass) {
  if (names.empty()) co_return;
  std::vector<asio::awaitable<Provider::Written>> calls;
  for (const Left& left : names) {
    calls.push_back(
        provider.withdraw(owner_of(left.name), left.value, key_of(left.name, "withdraw", left.value, 0)));
  }
  const auto answers = co_await net::in_parallel(std::move(calls));
  std::vector<MoveNameUpdate> outcomes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const base::Status& status = answers[i].status;
    if (status.ok()) {
      outcomes.push_back({names[i].name, names[i].value, MoveNameState::kLeft, {}, false, {}, {}, {}});
    } else if (status.code() == base::Code::kAborted) {
      outcomes.push_back(
          {names[i].name, names[i].value, MoveNameState::kKept, status.message(), false, {}, {}, {}});
    } else if (answers[i].stuck || needs_a_person(status.code())) {
      add_problem(pass, provider, names[i].name, status);
    } else {
      pass.trouble = status;
    }
  }
  pass.progressed = pass.progressed || !outcomes.empty();
  Pass of_outcomes;
  co_await record(std::move(outcomes), of_outcomes);
  if (!of_outcomes.trouble.ok()) pass.trouble = of_outcomes.trouble;
}

asio::awaitable<NameMover::Pass> NameMover::take_back() {
  Pass pass;
  const bool runs_ended = co_await earlier_runs_ended(pass);
  const bool none_given_up = co_await give_up_copies(pass);
  co_await finish_leaving(to_, pass);
  const Due stands_there = [](const MovingName& name) { return !is_leaving(name.state); };
  const bool all_back = co_await sweep(stands_there, &NameMover::take_back_some, pass);
  pass.complete = runs_ended && none_given_up && all_back && pass.trouble.ok() && pass.problems.empty();
  co_return pass;
}

asio::awaitable<void> NameMover::take_back_some(Names names, Pass& pass) {
  std::vector<MoveNameUpdate> updates;
  std::vector<Left> leaving;
  for (const MovingName& name : names) {
    // What stood there before the move is not the move's to take.
    const bool stood = name.state == MoveNameState::kFound && name.moved_value == name.value;
    updates.push_back({name.name,
                       name.value,
                       stood ? MoveNameState::kKept : MoveNameState::kLeaving,
                       stood ? "it stood there before the move" : "",
                       true,
                       move_.from,
                       {},
                       {}});
    leaving.push_back({name.name, stood ? std::string{} : name.value});
  }
  const auto done = co_await record(std::move(updates), pass);
  std::vector<Left> ours;
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    if (done[i] && !leaving[i].value.empty()) ours.push_back(std::move(leaving[i]));
    pass.progressed = pass.progressed || done[i];
  }
  co_await take_away(to_, std::move(ours), pass);
}

}  // namespace paynamed::moves
