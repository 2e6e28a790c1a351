// DomainWork: what people ask of a whole domain: which names its zone has, which of them differ from what
// this daemon says, whether it is fit for payment names. Nothing here changes a zone; what changes something
// is a run.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domains/domain_report.hpp"
#include "domains/drift.hpp"
#include "domains/zone_entry.hpp"
#include "pipeline/engine.hpp"

namespace paynamed::domains {

struct EntryPage {
  std::vector<ZoneEntry> entries;  // in order of owner
  std::string next;                // the owner to go on behind; empty on the last page
  std::uint64_t total = 0;         // owners in the zone
  bool shows_aliases = false;      // else the provider lists TXT records alone
};

// Errors of all: NOT_FOUND for a domain that is not configured or not the tenant's, and as ZoneReader.
class DomainWork {
 public:
  virtual ~DomainWork() = default;

  // What stands in the zone at payment names, behind `after`. The zone is read anew for the first page and
  // remembered for a minute for the others.
  virtual boost::asio::awaitable<base::Result<EntryPage>> entries(std::string tenant, std::string domain,
                                                                  std::string after, std::uint32_t limit) = 0;

  // The source of a command that adopts what stands at the name: the value, and exactly what it was read
  // from. FAILED_PRECONDITION when it has another fingerprint than `fingerprint` (unless that is empty),
  // cannot be adopted, or only by taking over and `take_over` is false, or while the domain is being moved.
  // ALREADY_EXISTS when the name is ours.
  virtual boost::asio::awaitable<base::Result<pipeline::Command>> adoption(std::string tenant,
                                                                           base::Name name,
                                                                           std::string fingerprint,
                                                                           bool take_over) = 0;

  // What of the tenant's names is otherwise in the zone. The servers of the zone are asked about the first
  // 200. FAILED_PRECONDITION while the domain is being moved.
  virtual boost::asio::awaitable<base::Result<Drift>> drift(std::string tenant, std::string domain) = 0;
  // Begins repairs for what the plan of this fingerprint says, as far as there is room. FAILED_PRECONDITION
  // when the plan is another one by now, or too much to do without `force`, or while the domain is being
  // moved.
  virtual boost::asio::awaitable<base::Result<RepairsBegun>> mend(std::string tenant, std::string domain,
                                                                  std::string fingerprint, bool force,
                                                                  std::string correlation_id) = 0;

  // Whether the domain is fit for payment names. What cannot be asked is a finding, not an error.
  virtual boost::asio::awaitable<base::Result<DomainReport>> check(std::string tenant,
                                                                   std::string domain) = 0;
};

}  // namespace paynamed::domains
