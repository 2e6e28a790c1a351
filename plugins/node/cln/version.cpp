#include "version.hpp"

#include <charconv>

namespace paynamed::cln {
namespace {

constexpr int kLeastYear = 24;
constexpr int kLeastMonth = 11;

}  // namespace

bool is_supported(const std::string& version) {
  const auto* at = version.data();
  const auto* end = at + version.size();
  if (at == end || *at != 'v') return false;
  int year = 0;
  const auto first = std::from_chars(at + 1, end, year);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
  int month = 0;
  const auto second = std::from_chars(first.ptr + 1, end, month);
  if (second.ec != std::errc()) return false;
  return year > kLeastYear || (year == kLeastYear && month >= kLeastMonth);
}

}  // namespace paynamed::cln
