#include "process/dns_checks.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "names/lint/lint.hpp"
#include "names/proof/encode_chain.hpp"
#include "names/proof/payment_proof.hpp"
#include "process/dns_settings.hpp"

namespace paynamed::process {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using pipeline::AuthoritativeReport;
using pipeline::ValidationReport;
using Verdict = pipeline::ValidationReport::Verdict;

namespace {

// Finding the servers of a zone takes some questions down the tree, a validation some more.
constexpr base::Duration kFindServers{10'000};
constexpr base::Duration kValidate{15'000};
constexpr base::Duration kProve{20'000};
// The monitor has time, but many names.
constexpr base::Duration kMonitorFinds{5'000};
constexpr base::Duration kMonitorProves{10'000};

Verdict verdict_of(names::Security security) {
  switch (security) {
    case names::Security::kSecure:
      return Verdict::kSecure;
    case names::Security::kInsecure:
      return Verdict::kInsecure;
    case names::Security::kBogus:
      return Verdict::kBogus;
    case names::Security::kIndeterminate:
      break;
  }
  return Verdict::kIndeterminate;
}

// Where no authoritative server can be asked none holds a run up.
AuthoritativeReport not_asked() {
  AuthoritativeReport report;
  report.everywhere = true;
  report.sentence = "authoritative servers were not asked: port 53 is blocked here ([dns] port_53)";
  json::object row;
  row["verdict"] = names::to_string(names::AddressVerdict::kNotChecked);
  row["explanation"] = report.sentence;
  report.details = json::serialize(json::array{std::move(row)});
  return report;
}

state::Proof stored_form(const names::PaymentProof& verified, std::vector<std::uint8_t> leaf,
                         std::vector<std::uint8_t> trunk, base::WallTime made) {
  return {verified.uri,
          std::move(leaf),
          std::move(trunk),
          made,
          verified.proof.valid_from,
          verified.proof.expires,
          static_cast<std::uint32_t>(verified.proof.max_cache_ttl.count())};
}

}  // namespace

Result<std::unique_ptr<DnsChecks>> DnsChecks::create(const config::Dns& settings, const config::Tls& tls,
                                                     asio::any_io_executor executor, base::Clock& clock,
                                                     base::Random& random) {
  Parts parts;
  auto policy = net::TlsPolicy::create(tls.ca_file);
  if (!policy) return base::fail(policy.error());
  parts.transport =
      std::make_shared<const net::ResolverTransport>(executor, clock, random, *std::move(policy));
  names::ValidatorSettings of_validator = validator_settings(settings);
  if (!settings.port_53_open) {
    net::DnsRelay::Settings of_relay;
    for (const net::DnsResolver& each : resolvers_of(settings)) {
      if (each.kind != net::DnsResolver::Kind::kPlain) of_relay.resolvers.push_back(each);
    }
    of_relay.query_timeout = settings.query_timeout;
    // All of them may be tried for one question.
    of_validator.forwarder_timeout =
        settings.query_timeout * static_cast<std::int64_t>(of_relay.resolvers.size() + 1);
    auto relay = net::DnsRelay::start(executor, clock, parts.transport, std::move(of_relay));
    if (!relay) return base::fail(relay.error());
    parts.relay = *std::move(relay);
    of_validator.forwarder = parts.relay->endpoint();
  }
  auto validator = names::Validator::create(std::move(of_validator), clock);
  if (!validator) return base::fail(validator.error());
  parts.validator = *std::move(validator);
  auto anchors = names::read_trust_anchors(settings.trust_anchor);
  if (!anchors) return base::fail(anchors.error());
  parts.anchors = *std::move(anchors);
  return std::unique_ptr<DnsChecks>{new DnsChecks{settings, clock, random, std::move(parts)}};
}

DnsChecks::DnsChecks(const config::Dns& settings, base::Clock& clock, base::Random& random, Parts parts)
    : transport_(clock, random),
      authoritative_(transport_, clock, authoritative_settings(settings)),
      resolver_transport_(std::move(parts.transport)),
      resolver_list_(resolvers_of(settings)),
      resolvers_(*resolver_transport_, clock, resolver_list_, settings.query_timeout),
      quorum_(quorum_of(settings.resolver_quorum)),
      query_timeout_(settings.query_timeout),
      port_53_open_(settings.port_53_open),
      relay_(std::move(parts.relay)),
      validator_(std::move(parts.validator)),
      anchors_(std::move(parts.anchors)),
      prover_(*validator_, anchors_, clock, &signatures_),
      clock_(clock) {}

asio::awaitable<Result<AuthoritativeReport>> DnsChecks::check_authoritatives(base::Name name,
                                                                             std::string value) const {
  if (!port_53_open_) co_return not_asked();
  std::optional<std::string> wanted = std::move(value);
  const auto report = co_await authoritative_.ask(name.owner_name(), std::move(wanted), kFindServers);
  if (!report) co_return base::fail(report.error());

  AuthoritativeReport answer;
  answer.everywhere = report->everywhere();
  answer.sentence = report->summary();
  json::array details;
  for (const names::AddressReport& each : report->addresses) {
    answer.have += each.as_wanted ? 1 : 0;
    answer.asked += each.verdict == names::AddressVerdict::kNotChecked ? 0 : 1;
    json::object row;
    row["server"] = each.server;
    row["address"] = each.address;
    row["verdict"] = names::to_string(each.verdict);
    row["explanation"] = each.sentence;
    if (!each.carrier_note.empty()) row["note"] = each.carrier_note;
    row["latency_ms"] = each.latency.count();
    details.push_back(std::move(row));
  }
  answer.details = json::serialize(details);
  co_return answer;
}

asio::awaitable<std::optional<pipeline::ResolverSummary>> DnsChecks::check_resolvers(
    base::Name name, std::string value) const {
  if (resolvers_.empty()) co_return std::nullopt;
  const auto reports = co_await resolvers_.check(name.owner_name(), std::move(value));
  pipeline::ResolverSummary summary;
  summary.enough = names::is_enough(reports, quorum_);
  summary.sentence = names::summary_of(reports);
  json::array details;
  for (const names::ResolverReport& each : reports) {
    if (each.verdict != names::ResolverVerdict::kHasIt) {
      summary.cached_seconds = std::max(summary.cached_seconds, each.cached_seconds);
    }
    json::object row;
    row["resolver"] = each.resolver;
    row["verdict"] = names::to_string(each.verdict);
    row["explanation"] = each.sentence;
    row["cached_seconds"] = each.cached_seconds;
    row["says_validated"] = each.says_validated;
    row["latency_ms"] = each.latency.count();
    details.push_back(std::move(row));
  }
  summary.details = json::serialize(details);
  co_return summary;
}

asio::awaitable<Result<pipeline::ProvenRecord>> DnsChecks::prove_record(base::Name name) const {
  auto made = co_await prover_.prove(name.owner_name(), kProve);
  if (!made) co_return base::fail(made.error());
  const names::VerifiedProof& verified = made->verified.proof;
  auto facts = names::read_chain_facts(made->chain(), verified);
  if (!facts) co_return base::fail(facts.error());
  pipeline::ProvenRecord record;
  record.lint = names::lint({name, verified, *facts, clock_.wall()});
  record.proof = stored_form(made->verified, std::move(made->leaf), std::move(made->trunk), clock_.wall());
  co_return record;
}

Result<names::LintReport> DnsChecks::lint(const base::Name& name, const state::Proof& proof) const {
  std::vector<std::uint8_t> chain = proof.leaf;
  chain.insert(chain.end(), proof.trunk.begin(), proof.trunk.end());
  names::ChainOptions options;
  options.now = clock_.wall();
  const auto verified = names::verify_proof(chain, name.owner_name(), net::DnsType::kTxt, anchors_, options);
  if (!verified) return base::fail(verified.error());
  const auto facts = names::read_chain_facts(chain, *verified);
  if (!facts) return base::fail(facts.error());
  return names::lint({name, *verified, *facts, options.now});
}

asio::awaitable<Result<state::Proof>> DnsChecks::prove_for_caller(base::Name name,
                                                                  base::Duration most) const {
  return prove(name.owner_name(), most);
}

asio::awaitable<Result<state::Proof>> DnsChecks::prove(std::string owner, base::Duration most) const {
  auto made = co_await prover_.prove(std::move(owner), most);
  if (!made) co_return base::fail(made.error());
  co_return stored_form(made->verified, std::move(made->leaf), std::move(made->trunk), clock_.wall());
}

monitor::DnsQuestions DnsChecks::questions_of_monitor() const {
  monitor::DnsQuestions questions;
  questions.ask = [this](net::Endpoint server, net::DnsQuestion question, net::DnsCarrier carrier) {
    return transport_.query(std::move(server), std::move(question), query_timeout_, carrier);
  };
  questions.ask_resolver = [this](std::size_t resolver, net::DnsQuestion question) {
    return resolver_transport_->query(resolver_list_.at(resolver), std::move(question), query_timeout_);
  };
  questions.servers_of = [this](std::string owner) {
    return authoritative_.servers_of(std::move(owner), kMonitorFinds);
  };
  questions.prove = [this](std::string owner) { return prove(std::move(owner), kMonitorProves); };
  questions.domain_security = [this](std::string domain) {
    return validator_->domain_security(std::move(domain), kMonitorProves);
  };
  questions.join = [this](const std::string& owner, const std::vector<net::DnsRecord>& leaf,
                          const std::vector<std::uint8_t>& trunk) -> Result<state::Proof> {
    auto encoded = names::encode_chain(leaf);
    if (!encoded) return base::fail(encoded.error());
    std::vector<std::uint8_t> chain = *encoded;
    chain.insert(chain.end(), trunk.begin(), trunk.end());
    names::ChainOptions options;
    options.now = clock_.wall();
    options.memory = &signatures_;
    const auto verified = names::verify_payment_proof(chain, owner, anchors_, options);
    if (!verified) return base::fail(verified.error());
    return stored_form(*verified, *std::move(encoded), trunk, clock_.wall());
  };
  return questions;
}

asio::awaitable<Result<ValidationReport>> DnsChecks::validate_domain(std::string domain) const {
  // Many registrations of one domain begin in the same moment.
  auto security =
      co_await validator_->domain_security(std::move(domain), kValidate, names::Freshness::kRecent);
  if (!security) co_return base::fail(security.error());
  ValidationReport report;
  report.verdict = verdict_of(security->security);
  if (!security->exists && security->security == names::Security::kSecure)
    report.verdict = Verdict::kInsecure;
  report.why = security->sentence;
  co_return report;
}

}  // namespace paynamed::process
