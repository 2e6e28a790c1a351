#include "zone_pages.hpp"

#include <algorithm>

namespace paynamed::rfc2136 {
namespace {

// Of one page; a reply has to fit the daemon's limit.
constexpr std::size_t kMostPageBytes = 4U << 20;

}  // namespace

ZonePages::Page ZonePages::page(const Wanted& wanted, const Copies::Fetch& fetch,
                                const std::function<bool(const TransferredRecord&)>& take) {
  Page page{copies_.get(wanted.zone, !wanted.after.empty(), wanted.patience, fetch), {}, {}};
  auto at = std::ranges::upper_bound(*page.zone, wanted.after, {}, &TransferredRecord::owner);
  std::size_t bytes = 0;
  for (; at != page.zone->end(); ++at) {
    if (!take(*at)) continue;
    const bool is_full = page.records.size() >= wanted.limit || bytes >= kMostPageBytes;
    if (is_full && at->owner != page.records.back()->owner) {
      page.next = page.records.back()->owner;
      return page;
    }
    bytes += at->owner.size() + at->rdata.size();
    page.records.push_back(&*at);
  }
  return page;
}

}  // namespace paynamed::rfc2136
