#include "listing.hpp"

#include <algorithm>
#include <utility>

namespace paynamed::cloudflare {
namespace {

// Between two pages.
constexpr std::chrono::minutes kKept{5};
constexpr std::uint32_t kUsualLimit = 500;
constexpr std::uint32_t kMostLimit = 5'000;

bool is_wanted(const std::string& name, const Listing::Wanted& wanted) {
  return name == wanted.below ? wanted.itself : name.ends_with("." + wanted.below);
}

}  // namespace

void Listing::page(RecordList& records, const Wanted& wanted, std::function<void(Result<Page>)> then) {
  const Key key{&records, wanted.type};
  const auto found = kept_.find(key);
  if (!wanted.page.empty() && found != kept_.end() && found->second.until > host_.monotonic()) {
    found->second.until = host_.monotonic() + kKept;
    auto page = cut(*found->second.records, wanted);
    if (page.next.empty()) kept_.erase(found);
    return then(std::move(page));
  }
  records.all(wanted.type, wanted.background,
              [this, key, wanted, then = std::move(then)](Result<std::vector<Record>> all) {
                if (!all.ok()) return then(all.error());
                std::stable_sort(all->begin(), all->end(),
                                 [](const Record& a, const Record& b) { return a.name < b.name; });
                auto page = cut(*all, wanted);
                if (!page.next.empty()) {
                  kept_[key] = {std::make_shared<const std::vector<Record>>(std::move(*all)),
                                host_.monotonic() + kKept};
                }
                then(std::move(page));
              });
}

// A page is named by the last owner of the one before, so that it can be found in a list that was read anew.
Listing::Page Listing::cut(const std::vector<Record>& records, const Wanted& wanted) {
  const std::size_t limit = wanted.limit == 0 ? kUsualLimit : std::min(wanted.limit, kMostLimit);
  auto at = std::upper_bound(records.begin(), records.end(), wanted.page,
                             [](const std::string& name, const Record& each) { return name < each.name; });
  if (wanted.page.empty()) at = records.begin();
  Page page;
  while (at != records.end()) {
    // All records of one owner, so that whoever reads a page knows all that stands there.
    const auto next =
        std::find_if(at, records.end(), [&](const Record& each) { return each.name != at->name; });
    if (is_wanted(at->name, wanted)) {
      const auto more = static_cast<std::size_t>(next - at);
      if (!page.records.empty() && page.records.size() + more > limit) {
        page.next = page.records.back().name;
        break;
      }
      page.records.insert(page.records.end(), at, next);
    }
    at = next;
  }
  return page;
}

}  // namespace paynamed::cloudflare
