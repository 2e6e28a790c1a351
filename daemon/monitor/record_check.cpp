#include "monitor/record_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "net/parallel.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
using base::Code;
using base::Result;
using Says = RecordAnswer::Says;
using Verdict = Finding::Verdict;

namespace {

// How many addresses a look tries until one says something.
constexpr std::size_t kMostTries = 3;
constexpr base::Duration kJustNow{30'000};
// How long a zone is left alone that nobody answers for.
constexpr base::Duration kSilentFor{60'000};

Finding wrong(std::string code, std::string sentence) {
  return {Verdict::kWrong, std::move(code), std::move(sentence), {}};
}

Finding unknown(std::string sentence) {
  return {Verdict::kUnknown, {}, std::move(sentence), {}};
}

std::vector<std::string> lanes_of(const std::vector<ServerAddress>& servers) {
  std::vector<std::string> lanes{kAbove};
  for (const ServerAddress& each : servers) lanes.push_back(each.lane());
  return lanes;
}

// What trouble on the way to an answer says about the name.
Finding judge_trouble(const base::Status& status, const char* code) {
  if (status.code() == Code::kNotFound) return wrong("absent", status.message());
  if (status.code() == Code::kFailedPrecondition) return wrong(code, status.message());
  return unknown(status.message());
}

}  // namespace

struct RecordCheck::Subject {
  std::string domain;
  std::string owner;
  std::string value;
  // What was found out before this is not taken for true.
  base::MonotonicTime not_before;
};

RecordCheck::RecordCheck(Settings settings, DnsQuestions questions, QueryBudget& budget, base::Clock& clock)
    : settings_(settings), questions_(std::move(questions)), clock_(clock), budget_(budget) {}

asio::awaitable<Finding> RecordCheck::look(state::WatchedName name, Depth depth) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto parsed = base::Name::parse(name.name);
  if (!parsed) co_return unknown(parsed.error().message());
  const auto now = clock_.monotonic();
  const base::Duration known_for =
      depth == Depth::kAll ? std::min(kJustNow, settings_.zone_for) : settings_.zone_for;
  const Subject subject{parsed->domain(), parsed->owner_name(), name.value, now - known_for};

  const ZoneNotes notes = zones_.notes_of(subject.domain);
  if (notes.silent && notes.silent->since > now - std::min(kSilentFor, settings_.zone_for))
    co_return unknown(notes.silent->value);
  const auto servers = co_await servers_of(subject);
  if (!servers) {
    Finding trouble = judge_trouble(servers.error(), "not_delegated");
    if (trouble.verdict == Verdict::kUnknown)
      zones_.set_silent(subject.domain, trouble.sentence, clock_.monotonic());
    co_return trouble;
  }
  Answers answers;
  if (depth == Depth::kOne) {
    answers = co_await ask_one(subject, *servers);
  } else {
    answers = co_await ask_all(subject, *servers);
  }
  RecordAnswer* good = nullptr;
  RecordAnswer* bad = nullptr;
  for (RecordAnswer& answer : answers) {
    if (answer.says == Says::kWrong && bad == nullptr) bad = &answer;
    if (answer.says == Says::kHasIt) good = &answer;
  }
  const bool one_is_enough = !settings_.resolvers.empty();
  if (bad != nullptr && !(one_is_enough && good != nullptr))
    co_return wrong(std::move(bad->code), std::move(bad->sentence));
  if (good == nullptr) {
    Finding trouble =
        unknown(answers.empty() ? fmt::format("{} has no server with an address", subject.domain)
                                : answers.back().sentence);
    if (std::ranges::all_of(answers, &RecordAnswer::was_asked))
      zones_.set_silent(subject.domain, trouble.sentence, clock_.monotonic());
    co_return trouble;
  }
  co_return co_await prove(subject, std::move(good->signed_record), *servers);
}

asio::awaitable<Result<std::vector<ServerAddress>>> RecordCheck::servers_of(const Subject& subject) {
  std::vector<ServerAddress> before;
  for (std::size_t i = 0; i < settings_.resolvers.size(); ++i)
    before.push_back({settings_.resolvers[i], {}, i});
  if (!before.empty()) co_return before;
  const auto known = [&]() -> bool {
    ZoneNotes notes = zones_.notes_of(subject.domain);
    if (!notes.servers) return false;
    before = std::move(notes.servers->value);
    return notes.servers->since >= subject.not_before;
  };
  if (known()) co_return before;
  auto hold = co_await budget_.hold(lanes_of(before));
  if (!hold) co_return base::fail(hold.error());
  // Somebody else may have looked meanwhile.
  if (known()) co_return before;
  if (const auto quiet = co_await budget_.quiet(*hold, kQuestionsOfASearch); !quiet.ok())
    co_return base::fail(quiet);
  const auto found = co_await questions_.servers_of(subject.owner);
  if (!found) co_return base::fail(found.error());
  std::vector<ServerAddress> servers;
  for (const names::ZoneServer& server : found->servers) {
    for (const auto& address : server.addresses)
      servers.push_back({server.name, {address, settings_.port}, {}});
  }
  zones_.set_servers(subject.domain, servers, clock_.monotonic());
  co_return servers;
}

asio::awaitable<RecordCheck::Answers> RecordCheck::ask_one(const Subject& subject,
                                                           const std::vector<ServerAddress>& servers) {
  Answers answers;
  if (servers.empty()) co_return answers;
  const std::size_t turn = zones_.take_turn(subject.domain).turn;
  for (std::size_t i = 0; i < std::min(kMostTries, servers.size()); ++i) {
    answers.push_back(co_await ask(subject, servers[(turn + i) % servers.size()]));
    if (answers.back().says != Says::kNothing) break;
  }
  co_return answers;
}

asio::awaitable<RecordCheck::Answers> RecordCheck::ask_all(const Subject& subject,
                                                           const std::vector<ServerAddress>& servers) {
  std::vector<asio::awaitable<RecordAnswer>> work;
  work.reserve(servers.size());
  for (const ServerAddress& server : servers) work.push_back(ask(subject, server));
  co_return co_await net::in_parallel(std::move(work));
}

// One question; another one when nothing came or the answer was cut off.
asio::awaitable<RecordAnswer> RecordCheck::ask(const Subject& subject, ServerAddress server) {
  co_await asio::this_coro::throw_if_cancelled(false);
  RecordAnswer nothing;
  nothing.was_asked = false;
  base::Status trouble;
  bool was_cut = false;
  for (const net::DnsCarrier carrier : {net::DnsCarrier::kUdpOnce, net::DnsCarrier::kTcp}) {
    trouble = co_await budget_.take(server.lane());
    if (!trouble.ok()) break;
    nothing.was_asked = true;
    net::DnsQuestion question{subject.owner, net::DnsType::kTxt, false};
    auto asked = server.resolver ? ask_resolver(subject, *server.resolver)
                                 : questions_.ask(server.address, std::move(question), carrier);
    const auto answer = co_await std::move(asked);
    if (!answer) {
      trouble = answer.error();
      if (was_cut) {
        nothing.sentence = fmt::format(
            "{} has an answer for {} that is too long for UDP, and nothing comes by TCP ({}); open TCP port "
            "{} "
            "there",
            server.to_string(), subject.owner, trouble.message(), server.address.port);
        co_return nothing;
      }
      if (server.resolver || trouble.code() != Code::kDeadlineExceeded) break;
    } else if (!answer->truncated) {
      co_return judge_answer(*answer, server.to_string(), subject.owner, subject.value,
                             server.resolver.has_value());
    } else {
      was_cut = true;
    }
  }
  nothing.sentence = fmt::format("{}: {}", server.server, trouble.message());
  co_return nothing;
}

asio::awaitable<Result<net::DnsAnswer>> RecordCheck::ask_resolver(const Subject& subject,
                                                                  std::size_t resolver) {
  net::DnsQuestion question{subject.owner, net::DnsType::kTxt, true};
  question.checking_disabled = true;  // what is wrong with the signatures is ours to say
  return questions_.ask_resolver(resolver, std::move(question));
}

asio::awaitable<Finding> RecordCheck::prove(const Subject& subject, std::vector<net::DnsRecord> record,
                                            const std::vector<ServerAddress>& servers) {
  if (auto proven = prove_with_known(subject, record)) co_return *std::move(proven);
  auto hold = co_await budget_.hold(lanes_of(servers));
  if (!hold) co_return unknown(hold.error().message());
  // While it waited another look may have proven the keys anew, or found that they cannot be.
  if (auto proven = prove_with_known(subject, record)) co_return *std::move(proven);
  const ZoneNotes notes = zones_.notes_of(subject.domain);
  if (notes.broken && notes.broken->since >= clock_.monotonic() - std::min(kJustNow, settings_.zone_for))
    co_return wrong("not_proven", notes.broken->value);
  if (const auto quiet = co_await budget_.quiet(*hold, kQuestionsOfAProof); !quiet.ok())
    co_return unknown(quiet.message());
  co_return co_await prove_anew(subject);
}

std::optional<Finding> RecordCheck::prove_with_known(const Subject& subject,
                                                     const std::vector<net::DnsRecord>& record) {
  const ZoneNotes notes = zones_.notes_of(subject.domain);
  if (!notes.trunk || notes.trunk->since < subject.not_before) return std::nullopt;
  auto proof = questions_.join(subject.owner, record, notes.trunk->value);
  if (!proof || proof->value != subject.value) return std::nullopt;
  return Finding{Verdict::kFine, {}, {}, *std::move(proof)};
}

asio::awaitable<Finding> RecordCheck::prove_anew(const Subject& subject) {
  auto proof = co_await questions_.prove(subject.owner);
  if (proof) {
    zones_.set_trunk(subject.domain, proof->trunk, clock_.monotonic());
    if (proof->value != subject.value) {
      co_return wrong("other_value",
                      fmt::format("the servers of {} do not agree about {}; look whether all of them "
                                  "are up to date",
                                  subject.domain, subject.owner));
    }
    co_return Finding{Verdict::kFine, {}, {}, *std::move(proof)};
  }
  if (proof.error().code() == Code::kFailedPrecondition) {
    // When nothing of the zone can be proven, its other names need not be tried one by one.
    const auto domain = co_await questions_.domain_security(subject.domain);
    if (domain && !domain->usable() && domain->security != names::Security::kIndeterminate)
      zones_.set_broken(subject.domain, domain->sentence, clock_.monotonic());
  }
  co_return judge_trouble(proof.error(), "not_proven");
}

}  // namespace paynamed::monitor
