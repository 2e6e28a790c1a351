// Domains: DomainWork as the daemon does it, by its plugins and its store.
//
// Threads: as DomainWork.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "domains/domain_work.hpp"
#include "domains/zone_listing.hpp"
#include "monitor/dns_questions.hpp"
#include "monitor/zone_watch.hpp"
#include "names/lint/report.hpp"
#include "pipeline/runtime.hpp"
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
  using Listing = std::shared_ptr<const ZoneListing>;
  struct Remembered {
    Listing listing;
    base::MonotonicTime read;
  };

  // The runtime that a domain's settings live in, and the domain.
  struct Configured {
    std::shared_ptr<const pipeline::Runtime> runtime;
    const config::Domain* domain = nullptr;
  };
  base::Result<Configured> configured(const std::string& tenant, const std::string& domain) const;
  EntryRules rules_of(const config::Domain& domain) const;
  base::Result<std::optional<OurName>> our_name(const std::string& tenant, const config::Domain& domain,
                                                const std::string& name) const;
  boost::asio::awaitable<base::Result<Listing>> listing_of(Configured of, bool anew);

  // --- drift (drift_repairs.cpp)
  base::Result<std::vector<state::NameRow>> names_of(const std::string& tenant,
                                                     const std::string& domain) const;
  boost::asio::awaitable<base::Result<Drift>> compare_with_zone(std::string tenant, std::string domain);
  boost::asio::awaitable<void> ask_servers(Drift& drift) const;
  boost::asio::awaitable<base::Result<base::Uuid>> begin_repair(std::string tenant, DriftItem item,
                                                                std::string correlation_id);

  // --- checks (domain_check.cpp)
  boost::asio::awaitable<Findings> check_provider(Configured of, const monitor::ZoneFacts* facts) const;
  boost::asio::awaitable<Findings> check_for_wallets(std::string tenant, std::string domain,
                                                     const monitor::ZoneFacts& facts) const;

  const Dependencies with_;
  const ZoneReader reader_;
  std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;  // by domain; guarded by mutex_
};

}  // namespace paynamed::domains
