#include "version.hpp"

#include <charconv>
#include <utility>

namespace paynamed::cln {
namespace {

// Year and month.
using Release = std::pair<int, int>;

constexpr Release kNone{0, 0};
constexpr Release kOffersByDefault{24, 11};
constexpr Release kFrontingNodes{26, 4};

Release release_of(const std::string& version) {
  const auto* at = version.data();
  const auto* end = at + version.size();
  if (at == end || *at != 'v') return kNone;
  int year = 0;
  const auto first = std::from_chars(at + 1, end, year);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return kNone;
  int month = 0;
  const auto second = std::from_chars(first.ptr + 1, end, month);
  return second.ec == std::errc() ? Release(year, month) : kNone;
}

}  // namespace

bool is_supported(const std::string& version) {
  return release_of(version) >= kOffersByDefault;
}

bool has_fronting_nodes(const std::string& version) {
  return release_of(version) >= kFrontingNodes;
}

}  // namespace paynamed::cln
