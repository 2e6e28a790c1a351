// What Mover does in each phase.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "moves/mover.hpp"
#include "moves/name_mover.hpp"
#include "moves/target_check.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
using state::MovePhase;
using state::MoveRow;

namespace {

Addresses addresses_in(const std::vector<std::string>& texts) {
  Addresses addresses;
  for (const std::string& text : texts) {
    if (const auto endpoint = net::parse_endpoint(text, 53)) addresses.insert(endpoint->address);
  }
  return addresses;
}

void keep(const Findings& findings, Details& details) {
  details.to_servers = findings.to_servers;
  details.to_names = findings.to_names;
  details.to_ds = findings.to_ds;
  details.notes = findings.notes;
  details.ttls.merge(findings.ttls);
  details.seen_at_to = details.seen_at_to || findings.delegated_to;
  if (details.from_servers.empty()) details.from_servers = findings.from_servers;
  details.trouble.clear();
}

// A change at the parent that is undone before anybody looked would go unseen, and caches keep it for its
// TTL: where that is short, so is the time between two looks.
base::Duration between_looks(base::Duration most, const Details& details) {
  return std::clamp(base::Duration{details.ttls.parent_ns * 250LL}, base::Duration{1'000}, most);
}

std::string text_of(const Addresses& addresses) {
  std::vector<std::string> texts;
  for (const auto& each : addresses) texts.push_back(each.to_string());
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

asio::awaitable<base::Duration> Mover::step(MoveRow row) {
  Details details = details_from(row.details);
  if (!zone_of(row.domain)) {
    const base::Status gone = base::unavailable(
        fmt::format("the domain {} is no longer in the configuration; put it back", row.domain));
    co_return co_await trouble(row, std::move(details), gone);
  }
  // A reload may have said so since it began.
  if (const base::Status refusal = port_53_refusal(); !refusal.ok())
    co_return co_await trouble(row, std::move(details), refusal);
  switch (row.phase) {
    case MovePhase::kPlanned:
      co_return co_await step_planned(row, std::move(details));
    case MovePhase::kCopying:
      co_return co_await step_copying(row, std::move(details));
    case MovePhase::kVerifying:
      co_return co_await step_verifying(row, std::move(details));
    case MovePhase::kDual:
      co_return co_await step_dual(row, std::move(details));
    case MovePhase::kDraining:
      co_return co_await step_draining(row, std::move(details));
    case MovePhase::kWithdrawing:
      co_return co_await step_withdrawing(row, std::move(details));
    case MovePhase::kUndoing:
      co_return co_await step_undoing(row, std::move(details));
    case MovePhase::kFinished:
    case MovePhase::kUndone:
      break;
  }
  co_return settings_.poll;
}

asio::awaitable<base::Duration> Mover::step_planned(const MoveRow& row, Details details) {
  TargetCheck check{services_, row, *zone_of(row.domain), details};
  auto findings = co_await check.look_at_zone();
  if (!findings.trouble.ok()) co_return co_await trouble(row, std::move(details), findings.trouble);
  keep(findings, details);
  if (!findings.problems.empty()) {
    auto problems = lasting(row, std::move(findings.problems));
    if (problems.empty()) co_return settings_.second;
    co_return co_await pause(row, std::move(details), std::move(problems));
  }
  seen_once_.erase(row.key);
  const auto done = co_await change(row, MovePhase::kCopying, details);
  co_return done ? base::Duration{0} : settings_.again;
}

asio::awaitable<base::Duration> Mover::step_copying(const MoveRow& row, Details details) {
  NameMover names{services_, row, *zone_of(row.domain), details.generation};
  auto pass = co_await names.copy();
  if (!pass.problems.empty()) co_return co_await pause(row, std::move(details), std::move(pass.problems));
  if (!pass.trouble.ok()) co_return co_await trouble(row, std::move(details), pass.trouble);
  details.trouble.clear();
  const auto done = co_await change(row, pass.complete ? MovePhase::kVerifying : row.phase, details);
  co_return !done                    ? settings_.again
  : pass.complete || pass.progressed ? base::Duration{0}
                                     : settings_.waiting;
}

asio::awaitable<base::Duration> Mover::step_verifying(const MoveRow& row, Details details) {
  TargetCheck check{services_, row, *zone_of(row.domain), details};
  auto findings = co_await check.look_at_everything();
  if (!findings.trouble.ok()) co_return co_await trouble(row, std::move(details), findings.trouble);
  keep(findings, details);
  if (findings.problems.empty()) {
    seen_once_.erase(row.key);
    const auto done = co_await change(row, MovePhase::kDual, details);
    co_return done ? base::Duration{0} : settings_.again;
  }
  auto problems = lasting(row, std::move(findings.problems));
  if (problems.empty()) co_return settings_.second;
  co_return co_await pause(row, std::move(details), std::move(problems));
}

std::vector<std::string> Mover::lasting(const MoveRow& row, std::vector<std::string> problems) {
  const std::vector<std::string> before = std::exchange(seen_once_[row.key], problems);
  std::erase_if(problems, [&](const std::string& problem) {
    return std::ranges::find(before, problem) == before.end();
  });
  if (!problems.empty()) seen_once_.erase(row.key);
  return problems;
}

asio::awaitable<Mover::Look> Mover::look_at_parent(const MoveRow& row, Details& details) {
  Look look;
  const auto delegation = co_await look_at_delegation(services_, zone_of(row.domain).value_or(""));
  if (!delegation) {
    look.trouble = delegation.error();
    co_return look;
  }
  details.delegation = delegation->sentences();
  SeenTtls seen;
  for (const ParentAnswer& each : delegation->answers) {
    seen.parent_ns = std::max({seen.parent_ns, each.ns_ttl, each.glue_ttl});
    seen.ds = std::max(seen.ds, each.ds_ttl);
    if (!each.told_ds || details.to_ds.empty()) continue;
    const auto texts = ds_texts(each);
    const bool known = std::ranges::any_of(texts, [&](const std::string& text) {
      return std::ranges::find(details.to_ds, text) != details.to_ds.end();
    });
    if (!known) {
      look.pause = fmt::format(
          "{} has no DS record any more that stands for a key of the new servers; put it back ({})",
          each.server, fmt::join(details.to_ds, "; "));
    }
  }
  details.ttls.merge(seen);
  const Addresses targets = addresses_in(details.to_servers);
  const Addresses left = addresses_in(details.from_servers);
  Addresses strangers = delegation->addresses();
  std::erase_if(strangers, [&](const auto& each) { return targets.contains(each) || left.contains(each); });
  if (!strangers.empty()) {
    look.pause = fmt::format(
        "{} is delegated to servers that belong to neither '{}' nor '{}' ({}); let the parent name the "
        "servers "
        "of one of both",
        row.domain, row.from, row.to, text_of(strangers));
  }
  details.seen_at_to = details.seen_at_to || delegation->names_any_of(targets);
  look.arrived = delegation->is_all_at(details.going_back ? left : targets);
  look.back = delegation->names_any_of(details.going_back ? targets : left);
  if (!delegation->complete() && !look.back) {
    look.trouble = base::unavailable(fmt::format("not every server of {} tells the delegation: {}",
                                                 delegation->parent, fmt::join(details.delegation, "; ")));
  }
  co_return look;
}

asio::awaitable<bool> Mover::still_named(const MoveRow& row, Details& details) {
  const std::string zone = *zone_of(row.domain);
  bool named = false;
  for (const std::string& text : details.going_back ? details.to_servers : details.from_servers) {
    const auto server = net::parse_endpoint(text, services_.port());
    if (!server) continue;
    net::DnsQuestion question{zone, net::DnsType::kNs, false};
    const auto answer = co_await services_.ask(*server, std::move(question));
    // A server that does not answer teaches nobody; one that may answer again does.
    if (!answer) {
      named = true;
      continue;
    }
    for (const net::DnsRecord& record : answer->answer) {
      if (record.type != net::DnsType::kNs || record.owner != zone) continue;
      std::uint32_t& seen = details.going_back ? details.ttls.zone_ns_to : details.ttls.zone_ns_from;
      seen = std::max(seen, record.ttl);
      const auto name = net::target_name(record);
      const bool is_target = name && std::ranges::find(details.to_names, *name) != details.to_names.end();
      named = named || is_target == details.going_back;
    }
  }
  co_return named;
}

asio::awaitable<base::Duration> Mover::step_dual(const MoveRow& row, Details details) {
  const Look look = co_await look_at_parent(row, details);
  if (!look.pause.empty()) {
    std::vector<std::string> why{look.pause};
    co_return co_await pause(row, std::move(details), std::move(why));
  }
  if (!look.trouble.ok()) co_return co_await trouble(row, std::move(details), look.trouble);
  details.trouble.clear();
  if (!look.arrived) {
    const auto done = co_await change(row, row.phase, details);
    co_return done ? between_looks(settings_.poll, details) : settings_.again;
  }
  const bool named = co_await still_named(row, details);
  const auto wait = details.ttls.longest(details.going_back, named);
  details.drain_since = services_.plugins.clock.wall();
  details.drain_until = *details.drain_since + std::chrono::seconds{wait.seconds};
  details.drain_because = wait.because;
  const auto done = co_await change(row, MovePhase::kDraining, details);
  co_return done ? base::Duration{0} : settings_.again;
}

asio::awaitable<base::Duration> Mover::step_draining(const MoveRow& row, Details details) {
  const Look look = co_await look_at_parent(row, details);
  if (!look.pause.empty()) {
    std::vector<std::string> why{look.pause};
    co_return co_await pause(row, std::move(details), std::move(why));
  }
  if (look.back) {
    details.drain_since.reset();
    details.drain_until.reset();
    const auto done = co_await change(row, MovePhase::kDual, details);
    co_return done ? between_looks(settings_.poll, details) : settings_.again;
  }
  if (!look.trouble.ok()) co_return co_await trouble(row, std::move(details), look.trouble);
  details.trouble.clear();
  const bool named = co_await still_named(row, details);
  const auto wait = details.ttls.longest(details.going_back, named);
  const base::WallTime now = services_.plugins.clock.wall();
  const base::WallTime since = details.drain_since.value_or(now);
  details.drain_since = since;
  if (const auto until = since + std::chrono::seconds{wait.seconds};
      until > details.drain_until.value_or(since)) {
    details.drain_until = until;
    details.drain_because = wait.because;
  }
  const base::WallTime until = details.drain_until.value_or(now);
  if (look.arrived && now >= until) {
    if (!details.going_back) co_return co_await leave_old_servers(row, std::move(details));
    const auto done = co_await change(row, MovePhase::kUndoing, details);
    co_return done ? base::Duration{0} : settings_.again;
  }
  const auto done = co_await change(row, row.phase, details);
  if (!done) co_return settings_.again;
  const auto left = std::chrono::ceil<base::Duration>(until - now);
  co_return std::clamp(left, base::Duration{100}, between_looks(settings_.poll, details));
}

asio::awaitable<base::Duration> Mover::leave_old_servers(const MoveRow& row, Details details) {
  TargetCheck check{services_, row, *zone_of(row.domain), details};
  auto findings = co_await check.look_at_names();
  if (!findings.trouble.ok()) co_return co_await trouble(row, std::move(details), findings.trouble);
  if (!findings.problems.empty()) {
    auto problems = lasting(row, std::move(findings.problems));
    if (problems.empty()) co_return settings_.second;
    co_return co_await pause(row, std::move(details), std::move(problems));
  }
  seen_once_.erase(row.key);
  const auto done = co_await change(row, MovePhase::kWithdrawing, details);
  co_return done ? base::Duration{0} : settings_.again;
}

asio::awaitable<base::Duration> Mover::step_withdrawing(const MoveRow& row, Details details) {
  NameMover names{services_, row, *zone_of(row.domain), details.generation};
  auto pass = co_await names.withdraw();
  if (!pass.problems.empty()) co_return co_await pause(row, std::move(details), std::move(pass.problems));
  if (!pass.trouble.ok()) co_return co_await trouble(row, std::move(details), pass.trouble);
  details.trouble.clear();
  const auto done = co_await change(row, pass.complete ? MovePhase::kFinished : row.phase, details);
  co_return !done ? settings_.again : pass.progressed ? base::Duration{0} : settings_.waiting;
}

asio::awaitable<base::Duration> Mover::step_undoing(const MoveRow& row, Details details) {
  NameMover names{services_, row, *zone_of(row.domain), details.generation};
  auto pass = co_await names.take_back();
  if (!pass.problems.empty()) co_return co_await pause(row, std::move(details), std::move(pass.problems));
  if (!pass.trouble.ok()) co_return co_await trouble(row, std::move(details), pass.trouble);
  details.trouble.clear();
  const auto done = co_await change(row, pass.complete ? MovePhase::kUndone : row.phase, details);
  co_return !done ? settings_.again : pass.progressed ? base::Duration{0} : settings_.waiting;
}

}  // namespace paynamed::moves
