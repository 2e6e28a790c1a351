#include "api/order_body.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/body.hpp"
#include "payments/price.hpp"

namespace paynamed::api {
namespace {

// BOLT 11: a field has at most 1023 groups of five bits.
constexpr std::size_t kMaxMemoBytes = 639;
constexpr std::size_t kMaxReferenceBytes = 256;
constexpr std::size_t kMaxDecimalBytes = 32;
constexpr std::uint64_t kDefaultExpiresIn = 3'600;
constexpr std::uint64_t kMinExpiresIn = 60;
constexpr std::uint64_t kMaxExpiresIn = 366 * 86'400;

tl::unexpected<base::Status> refuse(std::string message) {
  return base::fail(base::invalid_argument(std::move(message)));
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

Result<state::Price> read_price(const Body& body) {
  state::Price price;
  struct Member {
    const char* name;
    std::size_t most;
    std::string* into;
  };
  for (const Member& each :
       {Member{"currency", 3, &price.currency}, Member{"amount", kMaxDecimalBytes, &price.amount},
        Member{"rate", kMaxDecimalBytes, &price.rate},
        Member{"rate_source", kMaxReferenceBytes, &price.rate_source}}) {
    auto text = body.text(each.name, each.most);
    if (!text) return base::fail(text.error());
    *each.into = *std::move(text);
  }
  return price;
}

// What is given must be whole and readable, also where amount_msat counts.
Result<void> check_price(const state::Price& price) {
  const bool says_something = !price.amount.empty() || !price.rate.empty() || !price.rate_source.empty();
  if (price.currency.empty()) {
    if (!says_something) return {};
    return refuse("'amount', 'rate' and 'rate_source' need a 'currency'; add it, or leave them out");
  }
  if (!is_currency(price.currency))
    return refuse("'currency' must be three capital letters (ISO 4217), as EUR");
  if (price.amount.empty()) return refuse("'currency' needs an 'amount'; add it, or leave it out");
  if (price.rate.empty() && !price.rate_source.empty())
    return refuse("'rate_source' needs a 'rate'; add it, or leave it out");
  for (const auto& [name, text] : {std::pair{"amount", &price.amount}, std::pair{"rate", &price.rate}}) {
    if (text->empty() || payments::is_decimal(*text)) continue;
    return refuse(fmt::format(
        "'{}' must be a decimal with at most 18 digits, 8 of them after the point, as a text", name));
  }
  return {};
}

Result<std::uint64_t> read_amount(const Body& body, const state::Price& price) {
  auto msat = body.amount_msat("amount_msat");
  if (!msat || *msat != 0) return msat;
  if (price.currency.empty())
    return refuse("an order needs 'amount_msat', or 'currency', 'amount' and 'rate'; add them");
  if (price.rate.empty())
    return refuse("without 'amount_msat' the 'amount' needs a 'rate'; add one of the two");
  return payments::msat_of(price.amount, price.rate);
}

Result<std::uint32_t> read_expires_in(const Body& body) {
  auto expires_in = body.positive("expires_in");
  if (!expires_in) return base::fail(expires_in.error());
  const std::uint64_t seconds = *expires_in == 0 ? kDefaultExpiresIn : *expires_in;
  if (seconds < kMinExpiresIn || seconds > kMaxExpiresIn) {
    return refuse(
        fmt::format("'expires_in' must be between {} and {} seconds", kMinExpiresIn, kMaxExpiresIn));
  }
  return static_cast<std::uint32_t>(seconds);
}

Result<void> read_methods(const Body& body, state::OrderTerms& terms) {
  auto methods = body.texts("methods", 2, 16);
  if (!methods) return base::fail(methods.error());
  if (!body.has("methods")) return {};
  const auto asks_for = [&](std::string_view method) { return std::ranges::count(*methods, method); };
  const auto bolt11 = asks_for("bolt11");
  const auto bolt12 = asks_for("bolt12");
  if (bolt11 + bolt12 != std::ssize(*methods) || bolt11 > 1 || bolt12 > 1 || methods->empty())
    return refuse("'methods' must be a list of bolt11, bolt12 or both, each once");
  terms.bolt11 = bolt11 == 1;
  terms.bolt12 = bolt12 == 1;
  return {};
}

}  // namespace

Result<state::OrderTerms> read_order_terms(std::string_view text) {
  auto body = Body::parse(text);
  if (!body) return base::fail(body.error());
  auto known = body->only({"amount_msat", "currency", "amount", "rate", "rate_source", "memo", "reference",
                           "expires_in", "methods"});
  if (!known) return base::fail(known.error());
  state::OrderTerms terms;
  auto price = read_price(*body);
  if (!price) return base::fail(price.error());
  if (auto good = check_price(*price); !good) return base::fail(good.error());
  auto amount = read_amount(*body, *price);
  if (!amount) return base::fail(amount.error());
  auto memo = body->text("memo", kMaxMemoBytes);
  if (!memo) return base::fail(memo.error());
  auto reference = body->text("reference", kMaxReferenceBytes);
  if (!reference) return base::fail(reference.error());
  auto expires_in = read_expires_in(*body);
  if (!expires_in) return base::fail(expires_in.error());
  if (auto good = read_methods(*body, terms); !good) return base::fail(good.error());
  terms.amount_msat = *amount;
  terms.price = *std::move(price);
  terms.memo = *std::move(memo);
  terms.reference = *std::move(reference);
  terms.expires_in_seconds = *expires_in;
  return terms;
}

}  // namespace paynamed::api
