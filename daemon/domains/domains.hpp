// Domains: DomainWork as the daemon does it, by its plugins and its store.
//
// Threads: as DomainWork.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "domains/domain_work.hpp"
#include "domains/zone_listings.hpp"
#include "monitor/dns_questions.hpp"
#include "monitor/zone_watch.hpp"
#include "names/lint/report.hpp"
#include "pipeline/runtime.hpp"
#include "state/moves.hpp"
#include "state/store.hpp"

namespace paynamed::domains {

using CheckAuthoritatives = std::function<boost::asio::awaitable<base::Result<pipeline::AuthoritativeReport>>(
    base::Name, std::string value)>;

class Domains final : public DomainWork {
 public:
  // Outlives every call.
  struct Dependencies {
    base::Clock& clock;
    state::Store& store;
    state::MoveStore& moves;
    pipeline::CurrentRuntime runtime;
    CallPlugin call_plugin;
    base::Random& random;
    pipeline::Engine& engine;
    CheckAuthoritatives check_authoritatives;
    monitor::ZoneLook look_at_zone;
    // monitor::DnsQuestions::ask
    decltype(monitor::DnsQuestions::ask) ask;
    std::function<base::Result<names::LintReport>(const base::Name&, const state::Proof&)> lint_of;
  };
  explicit Domains(Dependencies dependencies);

  boost::asio::awaitable<base::Result<EntryPage>> entries(std::string tenant, std::string domain,
                                                          std::string after, std::uint32_t limit) override;
  boost::asio::awaitable<base::Result<pipeline::Command>> adoption(std::string tenant, base::Name name,
                                                                   std::string fingerprint,
                                                                   bool take_over) override;
  boost::asio::awaitable<base::Result<Drift>> drift(std::string tenant, std::string domain) override;
  boost::asio::awaitable<base::Result<RepairsBegun>> mend(std::string tenant, std::string domain,
                                                          std::string fingerprint, bool force,
                                                          std::string correlation_id) override;
  boost::asio::awaitable<base::Result<DomainReport>> check(std::string tenant, std::string domain) override;

 private:
  // The runtime that a domain's settings live in, the domain, and where its records are now.
  struct Configured {
    std::shared_ptr<const pipeline::Runtime> runtime;
    const config::Domain* domain = nullptr;
    ZonePlace place;
    std::optional<state::MoveRow> move;  // that is under way
  };
  base::Result<Configured> configured(const std::string& tenant, const std::string& domain) const;
  // FAILED_PRECONDITION while the domain is being moved: a name's record is here or there then.
  base::Result<Configured> unmoved(const std::string& tenant, const std::string& domain,
                                   std::string_view wanted) const;
  EntryRules rules_of(const config::Domain& domain) const;
  base::Result<std::optional<OurName>> our_name(const std::string& tenant, const config::Domain& domain,
                                                const std::string& name) const;
  boost::asio::awaitable<base::Result<ZoneListings::Listing>> listing_of(ZonePlace place, bool anew);

  // --- drift (drift_repairs.cpp)
  boost::asio::awaitable<base::Result<Drift>> compare_with_zone(std::string tenant, std::string domain,
                                                                std::string_view wanted);
  boost::asio::awaitable<base::Status> compare_names(Comparison& comparison, std::string tenant,
                                                     std::string domain) const;
  boost::asio::awaitable<void> compare_extras(Comparison& comparison, std::string tenant,
                                              Configured of) const;
  boost::asio::awaitable<void> ask_servers(Drift& drift, base::MonotonicTime end) const;
  boost::asio::awaitable<base::Result<base::Uuid>> begin_repair(std::string tenant, DriftItem item,
                                                                std::string correlation_id);

  // --- checks (domain_check.cpp)
  boost::asio::awaitable<Findings> check_provider(Configured of, const monitor::ZoneFacts* facts) const;
  boost::asio::awaitable<Findings> check_for_wallets(std::string tenant, std::string domain,
                                                     const monitor::ZoneFacts& facts) const;

  const Dependencies with_;
  const ZoneReader reader_;
  ZoneListings listings_;
};

}  // namespace paynamed::domains
