#include "payments/price.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>

#include "state/payments.hpp"

namespace paynamed::payments {
namespace {

// 18 digits, 10^8 and 10^11 multiplied need 124 bits.
using Wide = boost::multiprecision::uint256_t;

constexpr std::size_t kMostDigits = 18;
constexpr std::size_t kMostDecimals = 8;
constexpr std::uint64_t kMsatInBitcoin = 100'000'000'000;

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// `digits` divided by `scale`, a power of ten.
struct Decimal {
  std::uint64_t digits = 0;
  std::uint64_t scale = 1;
};

std::optional<Decimal> parse(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view rest = point == text.npos ? std::string_view{} : text.substr(point + 1);
  if (!is_digits(whole) || (point != text.npos && !is_digits(rest))) return std::nullopt;
  if (whole.size() > 1 && whole[0] == '0') return std::nullopt;
  if (rest.size() > kMostDecimals || whole.size() + rest.size() > kMostDigits) return std::nullopt;
  Decimal decimal;
  for (const char c : whole) decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(c - '0');
  for (const char c : rest) {
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(c - '0');
    decimal.scale *= 10;
  }
  return decimal;
}

base::Status no_decimal(std::string_view what) {
  return base::invalid_argument(fmt::format(
      "'{}' must be a decimal above 0 with at most 18 digits, 8 of them after the point, as a text", what));
}

}  // namespace

bool is_decimal(std::string_view text) {
  const auto decimal = parse(text);
  return decimal && decimal->digits > 0;
}

base::Result<std::uint64_t> msat_of(std::string_view amount_text, std::string_view rate_text) {
  const auto amount = parse(amount_text);
  if (!amount || amount->digits == 0) return base::fail(no_decimal("amount"));
  const auto rate = parse(rate_text);
  if (!rate || rate->digits == 0) return base::fail(no_decimal("rate"));
  const Wide dividend = Wide{amount->digits} * rate->scale * kMsatInBitcoin;
  const Wide divisor = Wide{rate->digits} * amount->scale;
  const Wide msat = (dividend + divisor - 1) / divisor;
  if (msat > state::kMostMsat) {
    return base::fail(
        base::invalid_argument("'amount' at this 'rate' is more than all bitcoin; look at both"));
  }
  return static_cast<std::uint64_t>(msat);
}

}  // namespace paynamed::payments
