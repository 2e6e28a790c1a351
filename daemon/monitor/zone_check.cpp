#include "monitor/zone_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "monitor/counted_question.hpp"
#include "net/parallel.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
using base::Code;
using base::Result;
using net::DnsRcode;
using net::DnsType;
using Verdict = ZoneServerReport::Verdict;

namespace {

// DS and NS, each by UDP and, cut off, by TCP.
constexpr double kQuestionsToAParent = 4;

std::vector<std::string> lanes_of(const std::vector<ServerAddress>& servers) {
  std::vector<std::string> lanes{kAbove};
  for (const ServerAddress& each : servers) lanes.push_back(each.address.to_string());
  return lanes;
}

std::optional<std::uint32_t> serial_in(const net::DnsAnswer& answer, const std::string& zone) {
  if (answer.rcode != DnsRcode::kNoError || !answer.authoritative) return std::nullopt;
  for (const net::DnsRecord& record : answer.answer) {
    if (record.type == DnsType::kSoa && record.owner == zone) return net::soa_serial(record);
  }
  return std::nullopt;
}

// Of a server that gave no SOA record.
void judge_refusal(const CountedAnswer& counted, const std::string& zone, ZoneServerReport& report) {
  const std::string who = fmt::format("{} at {}", report.server, report.address);
  if (counted.answer) {
    report.verdict = Verdict::kLame;
    const bool denies = counted.answer->rcode != DnsRcode::kNoError;
    report.sentence =
        denies ? fmt::format(
                     "{} answers {} for {}; set the zone up there, or take the server out of the "
                     "delegation at the registrar",
                     who, net::to_string(counted.answer->rcode), zone)
               : fmt::format(
                     "{} does not serve {} with authority (lame delegation); set the zone up there, or "
                     "take the server out of the delegation at the registrar",
                     who, zone);
    return;
  }
  const Code code = counted.trouble.code();
  const bool is_malformed = code == Code::kDataLoss;
  const bool is_silent = code == Code::kDeadlineExceeded || code == Code::kUnavailable;
  report.verdict = is_malformed ? Verdict::kLame : is_silent ? Verdict::kSilent : Verdict::kNotAsked;
  report.sentence = fmt::format("{}: {}{}", who, counted.trouble.message(),
                                is_silent ? "; or take it out of the delegation at the registrar" : "");
}

}  // namespace

struct ZoneCheck::ServerAnswers {
  ZoneServerReport report;
  std::optional<net::DnsAnswer> soa;
  std::optional<net::DnsAnswer> keys;
  std::optional<std::vector<std::string>> name_servers;
};

struct ZoneCheck::ParentAnswers {
  std::optional<std::vector<DelegationSigner>> ds;
  std::optional<std::vector<std::string>> delegation;
  std::optional<SignatureTimes> signature;
};

ZoneCheck::ZoneCheck(Settings settings, DnsQuestions questions, QueryBudget& budget, base::Clock& clock)
    : settings_(settings), questions_(std::move(questions)), budget_(budget), clock_(clock) {}

asio::awaitable<Result<ZoneFacts>> ZoneCheck::look(std::string domain) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Addresses before;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = servers_.find(domain); known != servers_.end()) before = known->second;
  }
  const auto found = co_await find_servers(domain + ".", std::move(before));
  if (!found) co_return base::fail(found.error());
  {
    const std::lock_guard lock(mutex_);
    servers_[domain] = found->servers;
  }
  ZoneFacts facts;
  facts.zone = found->zone;
  co_await ask_parent(facts, found->servers);
  co_await ask_servers(facts, found->servers);
  co_await validate(facts, domain, found->servers);
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    co_return base::fail(base::cancelled("the monitor is stopping"));
  co_return facts;
}

asio::awaitable<Result<ZoneCheck::Parent>> ZoneCheck::find_servers(std::string name, Addresses before) {
  auto hold = co_await budget_.hold(lanes_of(before));
  if (!hold) co_return base::fail(hold.error());
  if (const auto quiet = co_await budget_.quiet(*hold, kQuestionsOfASearch); !quiet.ok())
    co_return base::fail(quiet);
  const auto found = co_await questions_.servers_of(std::move(name));
  if (!found) co_return base::fail(found.error());
  Parent result{found->zone, {}, clock_.monotonic()};
  std::vector<std::string> not_held;
  for (const names::ZoneServer& server : found->servers) {
    for (const auto& address : server.addresses) {
      result.servers.push_back({server.name, {address, settings_.port}, {}});
      const net::Endpoint& found_at = result.servers.back().address;
      if (std::ranges::find(before, found_at, &ServerAddress::address) == before.end())
        not_held.push_back(found_at.to_string());
    }
  }
  budget_.pay(not_held, kQuestionsOfASearch);
  co_return result;
}

asio::awaitable<Result<ZoneCheck::Parent>> ZoneCheck::parent_of(std::string zone, Addresses before) {
  const std::string name = net::parent_of(zone);
  if (auto known = known_parent(name)) {
    if (known->since + settings_.parent_for >= clock_.monotonic()) co_return *std::move(known);
    before.insert(before.end(), known->servers.begin(), known->servers.end());
  }
  auto found = co_await find_servers(name, std::move(before));
  if (found) remember_parent(name, *found);
  co_return found;
}

asio::awaitable<void> ZoneCheck::ask_parent(ZoneFacts& facts, Addresses servers_of_zone) {
  // Parent and zone may have servers in common.
  auto parent = co_await parent_of(facts.zone, std::move(servers_of_zone));
  if (!parent) co_return;
  facts.parent = parent->zone;
  Addresses servers;
  for (const ServerAddress& each : parent->servers) {
    if (!is_silent(each.address)) servers.push_back(each);
  }
  auto hold = co_await budget_.hold(lanes_of(servers));
  if (!hold) co_return;
  if (const auto quiet = co_await budget_.quiet(*hold, kQuestionsToAParent); !quiet.ok()) co_return;
  std::vector<asio::awaitable<ParentAnswers>> work;
  for (const ServerAddress& server : servers) work.push_back(ask_parent_server(facts.zone, server));
  const std::vector<ParentAnswers> answers = co_await net::in_parallel(std::move(work));

  std::vector<std::string> delegation;
  for (const ParentAnswers& each : answers) {
    if (each.signature) facts.signatures.push_back(*each.signature);
    if (each.delegation)
      delegation.insert(delegation.end(), each.delegation->begin(), each.delegation->end());
    if (!each.ds) continue;
    if (!facts.ds) {
      facts.ds = each.ds;
    } else if (*facts.ds != *each.ds) {
      facts.parents_agree = false;
      facts.ds->insert(facts.ds->end(), each.ds->begin(), each.ds->end());
    }
  }
  std::ranges::sort(delegation);
  delegation.erase(std::ranges::unique(delegation).begin(), delegation.end());
  if (!delegation.empty()) facts.delegation = std::move(delegation);
  if (!facts.ds) co_return;
  std::ranges::sort(*facts.ds);
  facts.ds->erase(std::ranges::unique(*facts.ds).begin(), facts.ds->end());
  if (facts.ds->size() > kMostRecords) facts.ds->resize(kMostRecords);
}

asio::awaitable<ZoneCheck::ParentAnswers> ZoneCheck::ask_parent_server(std::string zone,
                                                                       ServerAddress server) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ParentAnswers answers;
  net::DnsQuestion ds{zone, DnsType::kDs, false};
  const CountedAnswer said = co_await ask_held(questions_, server.address, std::move(ds));
  if (!said.answer) {
    if (said.trouble.code() == Code::kDeadlineExceeded) set_silent(server.address);
    co_return answers;
  }
  answers.ds = read_delegation_signers(*said.answer, zone);
  answers.signature = read_signature(*said.answer, zone, DnsType::kDs, {}, clock_.wall());
  if (answers.signature) answers.signature->of = "DS at " + server.to_string();
  net::DnsQuestion ns{zone, DnsType::kNs, false};
  const CountedAnswer referral = co_await ask_held(questions_, server.address, std::move(ns));
  if (referral.answer) answers.delegation = read_referral(*referral.answer, zone);
  co_return answers;
}

asio::awaitable<void> ZoneCheck::ask_servers(ZoneFacts& facts, const Addresses& servers) {
  std::vector<asio::awaitable<ServerAnswers>> work;
  for (const ServerAddress& server : servers) work.push_back(ask_server(facts.zone, server));
  const std::vector<ServerAnswers> answers = co_await net::in_parallel(std::move(work));
  for (const ServerAnswers& each : answers) facts.servers.push_back(each.report);

  // The newest version of the zone says what it is like.
  const ServerAnswers* newest = nullptr;
  for (const ServerAnswers& each : answers) {
    if (!each.report.serial || !each.keys) continue;
    if (newest == nullptr || is_older_serial(*newest->report.serial, *each.report.serial)) newest = &each;
  }
  std::vector<std::uint16_t> entry_tags;
  if (newest != nullptr) {
    std::vector<DelegationSigner> none;
    facts.keys.emplace();
    match_keys(facts.zone, read_keys(*newest->keys, facts.zone), facts.ds ? *facts.ds : none, *facts.keys);
    facts.name_servers = newest->name_servers;
    for (const SigningKey& key : *facts.keys) {
      if (key.has_ds) entry_tags.push_back(key.key_tag);
    }
  }
  const auto now = clock_.wall();
  for (const ServerAnswers& each : answers) {
    const std::string where = fmt::format(" at {} at {}", each.report.server, each.report.address);
    const auto add = [&](const std::optional<net::DnsAnswer>& answer, DnsType type,
                         const std::vector<std::uint16_t>& tags) {
      if (!answer) return;
      auto times = read_signature(*answer, facts.zone, type, tags, now);
      if (!times) return;
      times->of += where;
      facts.signatures.push_back(*std::move(times));
    };
    add(each.soa, DnsType::kSoa, {});
    add(each.keys, DnsType::kDnskey, entry_tags);
  }
}

asio::awaitable<ZoneCheck::ServerAnswers> ZoneCheck::ask_server(std::string zone, ServerAddress server) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ServerAnswers answers;
  answers.report.server = server.server;
  answers.report.address = server.address.to_string();
  net::DnsQuestion soa{zone, DnsType::kSoa, false};
  CountedAnswer said = co_await ask_counted(budget_, questions_, server.address, std::move(soa));
  if (said.answer) answers.report.serial = serial_in(*said.answer, zone);
  if (!answers.report.serial) {
    judge_refusal(said, zone, answers.report);
    co_return answers;
  }
  answers.report.verdict = Verdict::kServes;
  answers.soa = std::move(said.answer);
  net::DnsQuestion keys{zone, DnsType::kDnskey, false};
  said = co_await ask_counted(budget_, questions_, server.address, std::move(keys));
  const bool tells = said.answer && said.answer->rcode == DnsRcode::kNoError && said.answer->authoritative;
  if (tells) answers.keys = std::move(said.answer);
  net::DnsQuestion ns{zone, DnsType::kNs, false};
  said = co_await ask_counted(budget_, questions_, server.address, std::move(ns));
  if (said.answer) answers.name_servers = read_name_servers(*said.answer, zone);
  co_return answers;
}

asio::awaitable<void> ZoneCheck::validate(ZoneFacts& facts, std::string domain, const Addresses& servers) {
  auto hold = co_await budget_.hold(lanes_of(servers));
  if (!hold) co_return;
  if (const auto quiet = co_await budget_.quiet(*hold, kQuestionsOfAProof); !quiet.ok()) co_return;
  auto security = co_await questions_.domain_security(std::move(domain));
  if (security) {
    facts.security = *std::move(security);
  } else {
    facts.why_no_security = security.error().message();
  }
}

std::optional<ZoneCheck::Parent> ZoneCheck::known_parent(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto known = parents_.find(name);
  if (known == parents_.end()) return std::nullopt;
  return known->second;
}

void ZoneCheck::remember_parent(const std::string& name, const Parent& parent) {
  const std::lock_guard lock(mutex_);
  // Top level domains, as a rule: few. Where they are not, all are found again.
  if (parents_.size() >= settings_.most_parents) parents_.clear();
  parents_.insert_or_assign(name, parent);
}

bool ZoneCheck::is_silent(const net::Endpoint& server) const {
  const std::lock_guard lock(mutex_);
  const auto known = silent_.find(server.to_string());
  return known != silent_.end() && known->second > clock_.monotonic();
}

void ZoneCheck::set_silent(const net::Endpoint& server) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  std::erase_if(silent_, [now](const auto& entry) { return entry.second <= now; });
  silent_[server.to_string()] = now + settings_.silent_parent_for;
}

}  // namespace paynamed::monitor
