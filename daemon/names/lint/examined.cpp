#include "names/lint/examined.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"

namespace paynamed::names {
namespace {

// BIP-321: what a record can be paid by, apart from the address in the body.
constexpr std::array<std::string_view, 9> kInstructions{"lno",  "lightning", "sp", "tsp", "pay",
                                                        "payt", "bc",        "tb", "bcrt"};

bool is_instruction(std::string_view key) {
  return std::find(kInstructions.begin(), kInstructions.end(), key) != kInstructions.end();
}

bool has_upper_case(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_upper);
}

std::int64_t seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

UriStyle style_of_uri(std::string_view uri) {
  UriStyle style;
  style.upper_case_scheme = has_upper_case(uri.substr(0, uri.find(':')));
  const std::size_t question = uri.find('?');
  if (question == uri.npos) return style;
  std::string_view query = uri.substr(question + 1);
  while (!query.empty()) {
    const std::size_t ampersand = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, ampersand);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view key = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(equals);
    style.upper_case_key = style.upper_case_key || has_upper_case(key);
    if (is_instruction(to_lower(key))) {
      style.upper_case_value = style.upper_case_value || has_upper_case(value);
      style.percent_encoded_value = style.percent_encoded_value || value.find('%') != value.npos;
    }
    query.remove_prefix(std::min(ampersand + 1, query.size()));
  }
  return style;
}

std::optional<std::uint64_t> Examined::first_expiry() const {
  std::optional<std::uint64_t> first;
  const auto consider = [&first](std::uint64_t end) { first = std::min(end, first.value_or(end)); };
  if (!payment) return first;
  for (const Offer& offer : payment->offers) {
    if (offer.absolute_expiry) consider(*offer.absolute_expiry);
  }
  for (const Invoice& invoice : payment->invoices) consider(invoice.expires_at());
  return first;
}

bool Examined::has_expired() const {
  const auto end = first_expiry();
  const std::int64_t now = seconds_of(subject.now);
  return end && now >= 0 && *end <= static_cast<std::uint64_t>(now);
}

bool Examined::has_offer_in_currency() const {
  return payment && std::any_of(payment->offers.begin(), payment->offers.end(),
                                [](const Offer& offer) { return offer.currency.has_value(); });
}

Examined examine(const LintSubject& subject) {
  Examined out{subject, 0, {}, {}, std::nullopt, {}};
  for (const std::string& value : subject.proof.values) {
    if (!is_payment_uri(value)) continue;
    if (out.instructions++ == 0) out.uri = value;
  }
  if (out.instructions != 1) return out;
  out.style = style_of_uri(out.uri);
  auto parsed = parse_payment_uri(out.uri);
  if (parsed) {
    out.payment = *std::move(parsed);
  } else {
    out.payment_error = parsed.error().message();
  }
  return out;
}

}  // namespace paynamed::names
