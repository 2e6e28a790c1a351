#include "names/percent.hpp"

#include <cstddef>
#include <optional>

#include "names/ascii.hpp"
#include "names/utf8.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;

#ifdef PAYNAMED_PLANT_BUG_BIP321
constexpr std::size_t kEscapeCharacters = 2;  // planted: "%4" at the end is read past its end
#else
constexpr std::size_t kEscapeCharacters = 3;
#endif

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return std::nullopt;
}

}  // namespace

bool is_query_character(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?%";
  return is_lower(c) || is_upper(c) || is_digit(c) || kOthers.find(c) != kOthers.npos;
}

base::Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    std::optional<unsigned> high;
    std::optional<unsigned> low;
    if (text.size() - at >= kEscapeCharacters) {
      high = hex_digit(text.data()[at + 1]);
      low = hex_digit(text.data()[at + 2]);
    }
    if (!high || !low) return fail(invalid_argument("a '%' is not followed by two hexadecimal digits"));
    out += static_cast<char>(*high * 16 + *low);
    at += 3;
  }
  if (!is_utf8(out)) return fail(invalid_argument("the percent-decoded text is not valid UTF-8"));
  return out;
}

}  // namespace paynamed::names
