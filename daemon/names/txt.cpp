#include "names/txt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/ascii.hpp"

namespace paynamed::names {

using base::fail;
using base::invalid_argument;
using base::Result;

std::size_t txt_rdata_bytes(std::size_t value_bytes) {
  const std::size_t strings = (value_bytes + kMaxTxtStringBytes - 1) / kMaxTxtStringBytes;
  return value_bytes + std::max<std::size_t>(strings, 1);
}

Result<TxtStrings> split_txt(std::string_view value) {
  if (value.size() > kMaxTxtRdataBytes || txt_rdata_bytes(value.size()) > kMaxTxtRdataBytes) {
    return fail(invalid_argument(
        fmt::format("the text of {} bytes does not fit into a TXT record; shorten it", value.size())));
  }
  TxtStrings strings;
  do {
    strings.emplace_back(value.substr(0, kMaxTxtStringBytes));
    value.remove_prefix(strings.back().size());
  } while (!value.empty());
  return strings;
}

std::string join_txt(std::span<const std::string> strings) {
  std::string out;
  for (const std::string& string : strings) out += string;
  return out;
}

Result<std::string> pick_payment_record(std::span<const TxtStrings> records) {
  std::size_t found = 0;
  std::string picked;
  for (const TxtStrings& strings : records) {
    // The prefix itself may be split over strings.
    std::string text = join_txt(strings);
    if (!starts_with_ignoring_case(text, "bitcoin:")) continue;
    ++found;
    picked = std::move(text);
  }
  if (found == 0) return fail(base::not_found("no TXT record at the name begins with \"bitcoin:\""));
  if (found > 1) {
    return fail(invalid_argument(fmt::format(
        "{} TXT records at the name begin with \"bitcoin:\"; wallets use none unless there is exactly one",
        found)));
  }
  return picked;
}

}  // namespace paynamed::names
