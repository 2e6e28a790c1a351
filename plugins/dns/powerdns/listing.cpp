#include "listing.hpp"

#include <algorithm>
#include <charconv>
#include <paynamed/error.hpp>
#include <tuple>

namespace paynamed::powerdns {
namespace {

constexpr std::uint32_t kUsualLimit = 500;
constexpr std::uint32_t kMostLimit = 5'000;

// "<how many of its records were given> <name>".
struct Place {
  std::size_t given = 0;
  std::string name;
};

Place place_of(const std::string& page) {
  Place place;
  if (page.empty()) return place;
  const char* end = page.data() + page.size();
  const auto [rest, failed] = std::from_chars(page.data(), end, place.given);
  if (failed != std::errc() || rest == end || *rest != ' ') {
    throw Error(Code::kInvalidArgument, "The page is none that was given; begin with the first.");
  }
  place.name.assign(rest + 1, end);
  return place;
}

}  // namespace

ListedZone listed(std::vector<RRset> rrsets) {
  ListedZone records;
  for (RRset& rrset : rrsets) {
    for (std::string& content : rrset.contents) {
      records.push_back({rrset.name, rrset.type, std::move(content), rrset.ttl_seconds, rrset.comment});
    }
  }
  std::sort(records.begin(), records.end(), [](const ListedRecord& left, const ListedRecord& right) {
    return std::tie(left.name, left.type, left.content) < std::tie(right.name, right.type, right.content);
  });
  return records;
}

ListedPage page_of(const ListedZone& zone, const std::string& page, std::uint32_t limit,
                   const std::function<bool(const ListedRecord&)>& take) {
  const std::size_t most = limit == 0 ? kUsualLimit : std::min(limit, kMostLimit);
  const Place from = place_of(page);
  ListedPage result;
  std::size_t of_name = 0;  // records of the present name so far
  std::size_t given = 0;    // those of the last one on the page
  std::string_view name;
  for (auto at = std::ranges::lower_bound(zone, from.name, {}, &ListedRecord::name); at != zone.end(); ++at) {
    if (!take(*at)) continue;
    of_name = at->name == name ? of_name + 1 : 1;
    name = at->name;
    if (at->name == from.name && of_name <= from.given) continue;
    if (result.records.size() == most) {
      result.next = std::to_string(given) + " " + result.records.back()->name;
      break;
    }
    given = of_name;
    result.records.push_back(&*at);
  }
  return result;
}

}  // namespace paynamed::powerdns
