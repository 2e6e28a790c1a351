// The comparison of TargetCheck: every set of records, and every name.
#include <fmt/format.h>

#include <algorithm>

#include "base/name.hpp"
#include "moves/target_check.hpp"
#include "net/parallel.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
using net::DnsType;

namespace {

// Questions in flight; the servers are the operator's own, and busy.
constexpr std::size_t kAtOnce = 32;
constexpr std::size_t kMostProblems = 50;
constexpr std::uint32_t kPage = 500;

std::string owner_of(const std::string& name) {
  const auto parsed = base::Name::parse(name);
  return parsed ? parsed->owner_name() : std::string{};
}

void add_all(std::vector<std::string>& problems, const std::vector<std::vector<std::string>>& more) {
  for (const auto& each : more) {
    for (const std::string& text : each) {
      if (problems.size() < kMostProblems) problems.push_back(text);
    }
  }
}

}  // namespace

void TargetCheck::read_ours(Findings& findings) {
  std::string after;
  for (;;) {
    const auto page = services_.store.moving_names(move_, after, kPage);
    if (!page) {
      findings.trouble = page.error();
      return;
    }
    for (const state::MovingName& name : *page) owned_.insert(owner_of(name.name));
    if (page->size() < kPage) return;
    after = page->back().name;
  }
}

bool TargetCheck::is_cut_off(const SetName& name) const {
  if (cuts_.contains(name.owner)) return name.type != DnsType::kDs;
  for (std::string at = net::parent_of(name.owner); net::is_at_or_below(at, zone_) && at != zone_;
       at = net::parent_of(at)) {
    if (cuts_.contains(at)) return true;
  }
  return false;
}

std::string TargetCheck::signature_problem(const net::DnsAnswer& answer, const SetName& name) const {
  if (keys_.empty()) return {};
  return why_not_signed(answer.answer, name.owner, name.type, zone_, keys_, services_.plugins.clock.wall());
}

asio::awaitable<void> TargetCheck::compare_sets(Findings& findings) {
  if (!from_sets_) co_return;
  std::vector<asio::awaitable<std::vector<std::string>>> work;
  for (const auto& [name, data] : *from_sets_) {
    const bool is_ours = name.type == DnsType::kTxt && owned_.contains(name.owner);
    if (is_of_the_server(name, zone_) || is_ours || is_accepted(name)) continue;
    ++findings.sets_compared;
    if (is_cut_off(name)) {
      if (!to_sets_) continue;
      const auto other = to_sets_->find(name);
      const std::string how = difference(&data, other == to_sets_->end() ? nullptr : &other->second);
      if (!how.empty()) add_all(findings.problems, {{fmt::format("{} {}", name.to_string(), how)}});
      continue;
    }
    work.push_back(compare_set(name, data));
    if (work.size() < kAtOnce) continue;
    auto some = std::exchange(work, {});
    add_all(findings.problems, co_await net::in_parallel(std::move(some)));
  }
  add_all(findings.problems, co_await net::in_parallel(std::move(work)));
  if (!to_sets_) co_return;
  for (const auto& [name, data] : *to_sets_) {
    const bool is_ours = name.type == DnsType::kTxt && owned_.contains(name.owner);
    if (is_of_the_server(name, zone_) || is_ours || is_accepted(name) || from_sets_->contains(name)) continue;
    add_all(findings.problems, {{fmt::format("{} {}", name.to_string(), difference(nullptr, &data))}});
  }
}

asio::awaitable<std::vector<std::string>> TargetCheck::compare_set(SetName name, RecordData wanted) {
  std::vector<std::string> problems;
  for (const net::Endpoint& server : servers_) {
    const Answer said = co_await ask(server, name.owner, name.type);
    if (!said.trouble.ok()) {
      problems.push_back(
          fmt::format("{} at {}: {}", name.to_string(), server.to_string(), said.trouble.message()));
      continue;
    }
    ZoneSets found;
    for (const net::DnsRecord& record : said.answer.answer) {
      if (record.owner == name.owner && record.type == name.type) add_record(found, record);
    }
    const auto set = found.find(name);
    std::string how = difference(&wanted, set == found.end() ? nullptr : &set->second);
    if (how.empty()) how = signature_problem(said.answer, name);
    if (!how.empty())
      problems.push_back(fmt::format("{} at {} {}", name.to_string(), server.to_string(), how));
  }
  co_return problems;
}

asio::awaitable<void> TargetCheck::compare_names(Findings& findings) {
  std::string after;
  for (;;) {
    const auto page = services_.store.moving_names(move_, after, kPage);
    if (!page) {
      findings.trouble = page.error();
      co_return;
    }
    std::vector<asio::awaitable<std::vector<std::string>>> work;
    for (const state::MovingName& name : *page) {
      if (name.busy || (name.dns_instance != move_.from && name.dns_instance != move_.to)) continue;
      findings.ttls.largest = std::max(findings.ttls.largest, name.ttl_seconds);
      if (findings.ttls.largest == name.ttl_seconds) findings.ttls.largest_set = "the records of names";
      ++findings.names_compared;
      work.push_back(compare_name(name));
      if (work.size() < kAtOnce) continue;
      auto some = std::exchange(work, {});
      add_all(findings.problems, co_await net::in_parallel(std::move(some)));
    }
    add_all(findings.problems, co_await net::in_parallel(std::move(work)));
    if (page->size() < kPage) co_return;
    after = page->back().name;
  }
}

asio::awaitable<std::vector<std::string>> TargetCheck::compare_name(state::MovingName name) {
  std::vector<std::string> problems;
  const SetName set{owner_of(name.name), DnsType::kTxt};
  for (const net::Endpoint& server : servers_) {
    const Answer said = co_await ask(server, set.owner, set.type);
    std::string how;
    if (!said.trouble.ok()) {
      how = said.trouble.message();
    } else {
      std::size_t records = 0;
      for (const net::DnsRecord& record : said.answer.answer) {
        if (record.owner != set.owner || record.type != DnsType::kTxt) continue;
        ++records;
        if (net::txt_value(record.rdata) != name.value) {
          how = "has another value";
        } else if (record.ttl != name.ttl_seconds) {
          how = fmt::format("has TTL {} in place of {}", record.ttl, name.ttl_seconds);
        }
      }
      if (records != 1) how = records == 0 ? "is missing" : "has several records";
      if (how.empty()) how = signature_problem(said.answer, set);
    }
    if (!how.empty()) problems.push_back(fmt::format("{} at {} {}", name.name, server.to_string(), how));
  }
  co_return problems;
}

}  // namespace paynamed::moves
