#include "zone_pages.hpp"

#include <algorithm>
#include <utility>

namespace paynamed::rfc2136 {
namespace {

constexpr std::chrono::minutes kKeep{1};
// Of one page; a reply has to fit the daemon's limit.
constexpr std::size_t kMostPageBytes = 4U << 20;

}  // namespace

std::shared_ptr<const ZonePages::Zone> ZonePages::copy_of(const std::string& zone, bool first,
                                                          const Fetch& fetch) {
  if (!first) {
    const std::lock_guard lock(mutex_);
    if (copy_ && zone_ == zone && host_.monotonic() < fetched_ + kKeep) return copy_;
  }
  auto fetched = std::make_shared<const Zone>(fetch());
  const std::lock_guard lock(mutex_);
  zone_ = zone;
  copy_ = fetched;
  fetched_ = host_.monotonic();
  return fetched;
}

ZonePages::Page ZonePages::page(const std::string& zone, const std::string& after, std::size_t limit,
                                const Fetch& fetch,
                                const std::function<bool(const TransferredRecord&)>& wanted) {
  Page page{copy_of(zone, after.empty(), fetch), {}, {}};
  auto at = std::ranges::upper_bound(*page.zone, after, {}, &TransferredRecord::owner);
  std::size_t bytes = 0;
  for (; at != page.zone->end(); ++at) {
    if (!wanted(*at)) continue;
    const bool is_full = page.records.size() >= limit || bytes >= kMostPageBytes;
    if (is_full && at->owner != page.records.back()->owner) {
      page.next = page.records.back()->owner;
      return page;
    }
    bytes += at->owner.size() + at->rdata.size();
    page.records.push_back(&*at);
  }
  const std::lock_guard lock(mutex_);
  if (copy_ == page.zone) copy_.reset();
  return page;
}

}  // namespace paynamed::rfc2136
