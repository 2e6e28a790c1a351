#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "names/lint/rules.hpp"
#include "names/payment.hpp"

namespace paynamed::names {
namespace {

using std::chrono::seconds;

// As PublicationRules has it: how long before its end an instruction should be replaced.
constexpr seconds kExpiryMargin{3600};

Severity severity_of(const Warning& warning) {
  // What a payer may stumble over; the rest is a matter of taste.
  return warning.code == "lightning_invoice" || warning.code == "few_wallets" ||
                 warning.code == "proof_of_payment"
             ? Severity::kWarning
             : Severity::kNote;
}

// BIP-353: the record, its TTL included, ends before the instruction does.
void lint_expiry(const Examined& examined, Findings& out) {
  const auto end = examined.first_expiry();
  const auto last = std::chrono::floor<seconds>(base::WallTime::max().time_since_epoch()).count();
  if (!end || *end > static_cast<std::uint64_t>(last)) return;
  const base::WallTime expires{seconds{static_cast<std::int64_t>(*end)}};
  const std::string when = base::to_rfc3339(expires);
  const auto left = std::chrono::floor<seconds>(expires - examined.subject.now);
  const seconds ttl = examined.subject.facts.ttl;
  if (examined.has_expired()) {
    out.push_back({"expired", Severity::kError,
                   fmt::format("an instruction in the record expired at {}; publish a new one", when)});
  } else if (left <= ttl) {
    out.push_back({"expires_in_caches", Severity::kError,
                   fmt::format("an instruction in the record expires at {}, and caches may keep the record "
                               "until then and longer (TTL {} s); publish a new one now",
                               when, ttl.count())});
  } else if (left < ttl + kExpiryMargin) {
    out.push_back(
        {"expires_soon", Severity::kWarning,
         fmt::format("an instruction in the record expires at {}; publish a new one before", when)});
  } else {
    out.push_back(
        {"expires", Severity::kNote,
         fmt::format("an instruction in the record expires at {}; publish a new one in time", when)});
  }
}

void lint_style(const UriStyle& style, Findings& out) {
  if (style.percent_encoded_value) {
    out.push_back({"percent_encoded", Severity::kError,
                   "a payment instruction is percent-encoded, and wallets take it as it stands; publish it "
                   "without encoding"});
  }
  if (style.upper_case_scheme || style.upper_case_key || style.upper_case_value) {
    out.push_back({"upper_case", Severity::kWarning,
                   "the record has upper-case letters, which BIP-321 allows and some wallets do not know; "
                   "publish it in lower case"});
  }
}

void lint_offer(const Offer& offer, const base::Name& name, Findings& out) {
  if (offer.currency) {
    out.push_back(
        {"offer_currency", Severity::kWarning,
         fmt::format("the offer asks for an amount in {}, which many wallets cannot convert; use an "
                     "offer in bitcoin or without an amount",
                     *offer.currency)});
  } else if (offer.amount) {
    out.push_back(
        {"offer_amount", Severity::kNote,
         "the offer asks every payer for the same amount; use one without an amount if payers shall "
         "choose"});
  }
  // Without paths payers find the node by its id, which the issuer_id then is (BOLT 12, "Requirements For
  // Offers").
  if (offer.paths.empty()) {
    out.push_back(
        {"names_node", Severity::kWarning,
         "the offer names the node itself, so that everybody can look up its channels; use one with "
         "blinded paths"});
  }
  if (offer.issuer && issuer_contradicts(*offer.issuer, name)) {
    out.push_back(
        {"issuer_mismatch", Severity::kWarning,
         fmt::format("the issuer text in the offer names another address than {}, which payers see; "
                     "use an offer that fits the name",
                     name.text())});
  }
}

void lint_network(const PaymentUri& payment, Findings& out) {
  if (payment.networks.contains(Network::kBitcoin)) return;
  out.push_back(
      {"test_network", Severity::kNote,
       fmt::format("the record is for {}, where no real money moves; only wallets set to it can pay",
                   to_string(payment.networks))});
}

}  // namespace

void lint_payment(const Examined& examined, Findings& out) {
  if (examined.instructions != 1) {
    out.push_back({"instructions", Severity::kError,
                   fmt::format("there are {} TXT records that begin with \"bitcoin:\", and wallets must use "
                               "none of them (BIP-353); publish exactly one",
                               examined.instructions)});
    return;
  }
  lint_style(examined.style, out);
  if (!examined.payment) {
    out.push_back({"payment_uri", Severity::kError,
                   fmt::format("wallets must refuse the record: {}", examined.payment_error)});
    return;
  }
  for (const Warning& warning : examined.payment->warnings) {
    out.push_back({warning.code, severity_of(warning), warning.message});
  }
  lint_expiry(examined, out);
  for (const Offer& offer : examined.payment->offers) lint_offer(offer, examined.subject.name, out);
  lint_network(*examined.payment, out);
}

}  // namespace paynamed::names
