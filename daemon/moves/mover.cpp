#include "moves/mover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>

#include "base/id.hpp"
#include "moves/target_check.hpp"
#include "pipeline/record_holders.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::MovePhase;
using state::MoveRow;

namespace {

constexpr base::Duration kIdle{3'600'000};

// What is wrong names names of all tenants, and the instances are the operator's.
constexpr std::string_view kOperator = "default";
json::object shown_to_others(const json::object& data) {
  json::object shown;
  for (const char* member : {"domain", "phase"}) {
    if (const json::value* value = data.if_contains(member)) shown[member] = *value;
  }
  return shown;
}

}  // namespace

Mover::Mover(Settings settings, Services services)
    : settings_(settings), services_(std::move(services)), changed_(services_.plugins.clock) {}

asio::awaitable<void> Mover::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const auto seen = changed_.count();
    const base::Duration wait = co_await step_all();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return;
    co_await changed_.wait(seen, wait);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return;
  }
}

asio::awaitable<base::Duration> Mover::step_all() {
  const auto moves = services_.store.open_moves();
  if (!moves) {
    services_.log.error("moves of domains could not be read", {{"why", moves.error()}});
    co_return settings_.again;
  }
  base::Duration wait = kIdle;
  for (const MoveRow& row : *moves) {
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
    if (!row.pause.empty()) continue;
    // What nobody thought of in one move must not end the others.
    try {
      wait = std::min(wait, co_await step(row));
    } catch (const std::exception& error) {
      services_.log.error("a step of a move failed in a way nobody thought of; it is tried again",
                          {{"domain", row.domain}, {"why", error.what()}});
      wait = std::min(wait, settings_.again);
    }
  }
  co_return wait;
}

std::optional<std::string> Mover::zone_of(const std::string& domain) const {
  const auto runtime = services_.plugins.runtime();
  const config::Domain* configured = runtime->config.find_domain(domain);
  if (configured == nullptr) return std::nullopt;
  return configured->zone + ".";
}

std::vector<state::MoveNews> Mover::news(const std::string& domain, std::string_view type,
                                         json::object data) const {
  const auto runtime = services_.plugins.runtime();
  const config::Domain* configured = runtime->config.find_domain(domain);
  std::vector<state::MoveNews> news;
  if (configured == nullptr) return news;
  data["domain"] = domain;
  for (const auto& tenant : configured->tenants) {
    state::NewEvent event;
    event.type = type;
    event.subject = domain;
    event.time = services_.plugins.clock.wall();
    event.id = base::Uuid::v7(event.time, services_.random);
    event.data = json::serialize(tenant.value == kOperator ? data : shown_to_others(data));
    news.push_back({tenant.value, {std::move(event)}});
  }
  return news;
}

base::Status Mover::port_53_refusal() const {
  if (services_.plugins.runtime()->config.dns.port_53_open) return {};
  return base::failed_precondition(
      "a move asks the servers of the zone and of its parent, which this host cannot where port 53 is "
      "blocked; "
      "let it out and set [dns] port_53 = \"open\"");
}

Result<state::NewMove> Mover::wanted(const pipeline::Runtime& runtime, const MoveRequest& request) const {
  const config::Domain* domain = runtime.config.find_domain(request.domain);
  if (domain == nullptr) {
    return base::fail(base::not_found(
        fmt::format("there is no domain {}; GET /v1/domains lists those of this key", request.domain)));
  }
  const auto from = pipeline::instance_of_domain(&services_.store, *domain);
  if (!from) return base::fail(from.error());
  // New names and the next start follow the last move alone.
  if (*from != domain->dns.value) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} was moved to '{}', and the configuration still says dns = \"{}\"; write dns = \"{}\" into "
        "[domains.\"{}\"] and reload, then it can be moved on",
        request.domain, *from, domain->dns.value, *from, request.domain)));
  }
  const config::Plugin* target = runtime.config.find_plugin(request.to);
  if (target == nullptr || target->retired) {
    return base::fail(base::invalid_argument(
        target == nullptr ? fmt::format("there is no [plugins.{}]; add it to the configuration", request.to)
                          : fmt::format("[plugins.{}] is retired; it gets no new work", request.to)));
  }
  if (request.to == *from) {
    return base::fail(
        base::invalid_argument(fmt::format("{} is held by '{}' already", request.domain, request.to)));
  }
  if (const base::Status refusal = port_53_refusal(); !refusal.ok()) return base::fail(refusal);
  Details details;
  for (const std::string& text : request.accept) {
    if (text != "unlisted") {
      const auto name = parse_set_name(text);
      if (!name) return base::fail(name.error());
      details.accept.push_back(name->to_string());
    } else {
      details.accept.push_back(text);
    }
  }
  for (const std::string& text : request.servers) {
    const auto endpoint = net::parse_endpoint(text, services_.port());
    if (!endpoint) return base::fail(endpoint.error());
    details.servers.push_back(endpoint->to_string());
  }
  state::NewMove move;
  move.time = services_.plugins.clock.wall();
  move.id = base::Uuid::v7(move.time, services_.random);
  move.domain = request.domain;
  move.from = *from;
  move.to = request.to;
  move.details = to_text(details);
  return move;
}

asio::awaitable<Result<Plan>> Mover::plan(MoveRequest request) {
  const auto move = wanted(*services_.plugins.runtime(), request);
  if (!move) co_return base::fail(move.error());
  MoveRow row;
  row.domain = move->domain;
  row.from = move->from;
  row.to = move->to;
  Plan plan;
  plan.from = row.from;
  plan.to = row.to;
  plan.zone = zone_of(request.domain).value_or("");
  const auto counts = services_.store.move_counts(row);
  if (!counts) co_return base::fail(counts.error());
  plan.names = counts->names;
  const Details details = details_from(move->details);
  TargetCheck check{services_, row, plan.zone, details};
  plan.findings = co_await check.look_at_zone();
  co_return plan;
}

asio::awaitable<Result<MoveRow>> Mover::begin(MoveRequest request) {
  // No reload takes an instance away that the move was just promised.
  const auto leased = co_await services_.lease();
  auto move = wanted(*leased, request);
  if (!move) co_return base::fail(move.error());
  json::object data{{"from", move->from}, {"to", move->to}};
  move->news = news(move->domain, "domain.move_started", std::move(data));
  auto row = co_await services_.store.start_move(*std::move(move));
  if (row) {
    services_.log.info("a move of a domain was started",
                       {{"domain", row->domain}, {"from", row->from}, {"to", row->to}});
  }
  changed_.notify();
  co_return row;
}

Result<MoveRow> Mover::open_move(const std::string& domain) const {
  const auto moves = services_.store.moves_of(domain, 1);
  if (!moves) return base::fail(moves.error());
  if (moves->empty() || moves->front().finished) {
    return base::fail(base::not_found(fmt::format("{} is not being moved", domain)));
  }
  return moves->front();
}

asio::awaitable<Result<MoveRow>> Mover::resume(std::string domain) {
  const auto row = open_move(domain);
  if (!row) co_return base::fail(row.error());
  if (row->pause.empty()) {
    co_return base::fail(base::failed_precondition(
        fmt::format("the move of {} goes on by itself; nothing waits for you", domain)));
  }
  Details details = details_from(row->details);
  details.problems.clear();
  // What was refused is asked for anew, not answered again as the same request.
  ++details.generation;
  // What a verification found missing is copied first.
  const MovePhase phase = row->phase == MovePhase::kVerifying ? MovePhase::kCopying : row->phase;
  const auto done = co_await change(*row, phase, details);
  if (!done) co_return base::fail(done.error());
  changed_.notify();
  co_return open_move(domain);
}

asio::awaitable<Result<MoveRow>> Mover::undo(std::string domain) {
  const auto row = open_move(domain);
  if (!row) co_return base::fail(row.error());
  Details details = details_from(row->details);
  MovePhase phase = MovePhase::kUndoing;
  switch (row->phase) {
    case MovePhase::kPlanned:
      phase = MovePhase::kUndone;
      break;
    case MovePhase::kCopying:
    case MovePhase::kVerifying:
    case MovePhase::kDual:
    case MovePhase::kDraining: {
      if (details.going_back) co_return *row;
      const Look look = co_await look_at_parent(*row, details);
      // Who looked at the parent may ask the new servers for as long as anybody may ask the old ones.
      if (!look.trouble.ok()) co_return base::fail(look.trouble);
      if (details.seen_at_to) {
        details.going_back = true;
        details.drain_since.reset();
        details.drain_until.reset();
        phase = MovePhase::kDual;
      }
      break;
    }
    case MovePhase::kUndoing:
      co_return *row;
    case MovePhase::kWithdrawing:
    case MovePhase::kFinished:
    case MovePhase::kUndone:
      co_return base::fail(base::failed_precondition(fmt::format(
          "records are being taken from '{}' already; when that is done, move {} back", row->from, domain)));
  }
  details.problems.clear();
  ++details.generation;
  const auto done = co_await change(*row, phase, details);
  if (!done) co_return base::fail(done.error());
  changed_.notify();
  auto moves = services_.store.moves_of(domain, 1);
  if (!moves) co_return base::fail(moves.error());
  co_return moves->front();
}

Result<std::optional<MoveView>> Mover::show(const std::string& domain) {
  auto moves = services_.store.moves_of(domain, 1);
  if (!moves) return base::fail(moves.error());
  if (moves->empty()) return std::nullopt;
  MoveView view;
  view.row = std::move(moves->front());
  view.details = details_from(view.row.details);
  auto counts = services_.store.move_counts(view.row);
  if (!counts) return base::fail(counts.error());
  view.counts = *counts;
  return view;
}

asio::awaitable<Result<void>> Mover::change(const MoveRow& row, MovePhase phase, const Details& details,
                                            std::string pause) {
  state::MoveUpdate update;
  update.move = row.key;
  update.expected_revision = row.revision;
  update.phase = phase;
  update.pause = pause;
  update.details = to_text(details);
  update.time = services_.plugins.clock.wall();
  if (phase == row.phase && pause == row.pause && update.details == row.details) co_return Result<void>{};
  if (phase != row.phase || pause != row.pause) {
    json::object data{{"from", row.from}, {"to", row.to}, {"phase", state::to_string(phase)}};
    if (!pause.empty()) data["paused"] = pause;
    const char* type = phase == MovePhase::kFinished ? "domain.move_finished"
                       : phase == MovePhase::kUndone ? "domain.move_undone"
                                                     : "domain.move_progress";
    update.news = news(row.domain, type, std::move(data));
    services_.log.info(
        "a move of a domain goes on",
        {{"domain", row.domain}, {"phase", std::string{state::to_string(phase)}}, {"paused", pause}});
  }
  const auto done = co_await services_.store.update_move(std::move(update));
  if (!done) co_return base::fail(done.error());
  co_return Result<void>{};
}

asio::awaitable<base::Duration> Mover::trouble(const MoveRow& row, Details details,
                                               const base::Status& status) {
  if (details.trouble != status.message()) {
    services_.log.warning("a move of a domain cannot go on now; it is tried again",
                          {{"domain", row.domain}, {"why", status}});
  }
  details.trouble = status.message();
  const auto done = co_await change(row, row.phase, details);
  if (!done)
    services_.log.warning("a move was not recorded", {{"domain", row.domain}, {"why", done.error()}});
  co_return settings_.again;
}

asio::awaitable<base::Duration> Mover::pause(const MoveRow& row, Details details,
                                             std::vector<std::string> problems) {
  std::string why = problems.size() == 1 ? problems.front()
                                         : fmt::format("{} things have to be mended, the first: {}",
                                                       problems.size(), problems.front());
  details.problems = std::move(problems);
  details.trouble.clear();
  const auto done = co_await change(row, row.phase, details, std::move(why));
  if (!done)
    services_.log.warning("a move was not recorded", {{"domain", row.domain}, {"why", done.error()}});
  co_return settings_.again;
}

}  // namespace paynamed::moves
